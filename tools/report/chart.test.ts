import { expect, test } from "vitest";
import { axisOfNames, drawChart, type Mark, type Panel } from "./chart.js";

const mark = (name: string, more: Partial<Mark> = {}): Mark => ({ name, look: 0, x: [1, 2], y: [3, 5], ...more });
const panel = (...marks: Mark[]): Panel => ({ x: "length, m", heading: "panel", marks });
const traces = (panels: readonly Panel[], options = {}) =>
  drawChart(panels, options).data as { [key: string]: unknown }[];

test("a name has one entry in the legend over all panels, which is there from so many names on", () => {
  const panels = [panel(mark("a"), mark("b")), panel(mark("b"), mark("a", { x: [1], y: [1] }))];
  expect(traces(panels).map(({ name, xaxis, showlegend, mode }) => [name, xaxis, showlegend, mode])).toEqual([
    ["a", "x1", true, "lines"],
    ["b", "x1", true, "lines"],
    ["b", "x2", false, "lines"],
    ["a", "x2", false, "lines+markers"], // a line of one point is not seen
  ]);
  expect([2, 3].map((legendFrom) => drawChart(panels, { legendFrom }).layout["showlegend"])).toEqual([true, false]);
});

test("an interval is an area behind its line, or a bar along either axis", () => {
  const interval = { low: [2, 4], high: [4, 7] };
  const [area, line] = traces([panel(mark("a", interval))]);
  expect(area).toMatchObject({ x: [1, 2, 2, 1], y: [4, 7, 4, 2], fill: "toself", showlegend: false });
  expect(line).toMatchObject({ x: [1, 2], y: [3, 5] });
  const [upwards] = traces([panel(mark("a", { ...interval, interval: "y bars" }))]);
  expect(upwards).toMatchObject({ error_y: { array: [1, 2], arrayminus: [1, 1], symmetric: false } });
  const [across] = traces([panel(mark("a", { low: [0, 1], high: [2, 4], interval: "x bars" }))]);
  expect(across).toMatchObject({ error_x: { array: [1, 2], arrayminus: [1, 1] } });
});

test("the mouse is told numbers with the axis' unit, the name and what stands behind it", () => {
  const [{ hovertemplate }] = traces([panel(mark("a", { note: "at its end" }))]);
  expect(hovertemplate).toBe("%{y:.4~g}<br>%{x:.4~g} m<extra>a, at its end</extra>");
});

test("an empty panel says so without numbers at its axes, and a rule stands across one", () => {
  const { data, layout } = drawChart([
    { ...panel(), empty: "no run yet" },
    { ...panel(mark("a")), rule: 1.5 },
  ]);
  expect(layout["xaxis1"]).toMatchObject({ showticklabels: false, title: { text: "" } });
  expect(layout["annotations"]).toContainEqual(expect.objectContaining({ text: "no run yet", xref: "x1 domain" }));
  expect(layout["shapes"]).toEqual([expect.objectContaining({ xref: "x2", x0: 1.5, x1: 1.5, yref: "y2 domain" })]);
  expect(data).toHaveLength(2); // plotly draws axes where there is a trace
});

test("names stand from the top down, in the first panel of a row", () => {
  expect(axisOfNames(["a", "b"], 1, 3)).toMatchObject({
    ticktext: ["a", "b"],
    range: [1.5, -0.5],
    showticklabels: false,
  });
  const written = (count: number) => Array.from({ length: count }, (_, k) => (axisOfNames(["a"], k, count) as { showticklabels: boolean }).showticklabels); // prettier-ignore
  expect(written(4)).toEqual([true, false, true, false]);
  expect(written(6)).toEqual([true, false, false, true, false, false]);
});

test("names are text: what plotly would take for a link or an entity is shown as it is written", () => {
  const hostile = '<a href="javascript:alert(1)">R&amp;D</a>';
  const figure = drawChart([{ ...panel({ name: hostile, look: 0, x: [0, 1], y: [0, 1] }), heading: hostile }], { legendFrom: 1 }); // prettier-ignore
  const text = JSON.stringify(figure);
  expect(text).not.toContain("<a ");
  expect(text.split("&lt;a href=").length - 1).toBe(4); // name, group, hover, heading
  expect(text).toContain("R&amp;amp;D");
});
