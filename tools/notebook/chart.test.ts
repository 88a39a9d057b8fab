import { expect, test } from "vitest";
import { chart, line } from "./chart.js";

type Trace = { name: string; xaxis: string; showlegend: boolean; line: { color: string } };
type Axis = { type?: string; range?: number[]; dtick?: number | string; tickvals?: number[] };

test("lines of one name share colour and legend across panels", () => {
  const line = (name: string) => ({ name, x: [0, 2], y: [1, 2] });
  const { data } = chart([
    { title: "up", x: "right", lines: [line("a"), line("b")] },
    { title: "down", x: "right", lines: [line("b")] },
  ]);
  const [, first, second] = data as Trace[];
  expect([first.name, first.xaxis, first.showlegend]).toEqual(["b", "x1", true]);
  expect([second.name, second.xaxis, second.showlegend]).toEqual(["b", "x2", false]);
  expect(second.line.color).toBe(first.line.color);
});

test("axes end where the lines do; logarithmic ones are marked at counts, at twice and five times, or at powers", () => {
  const axes = (x: number[], y: number[]) => {
    const { layout } = chart({ title: "t", x: "x", log: "xy", lines: [{ name: "a", x, y }] });
    return [layout["xaxis1"], layout["yaxis1"]] as [Axis, Axis];
  };
  const [counts, twice] = axes([1, 10, 100], [1, 2, 90]);
  expect(counts).toMatchObject({ type: "log", range: [0, 2], tickvals: [1, 10, 100] });
  expect(twice).toMatchObject({ type: "log", dtick: "D2" });
  const [measured, decades] = axes([0.5, 3000], [1e-9, 1e12]);
  expect(measured.tickvals).toBeUndefined();
  expect(measured.dtick).toBe(1);
  expect(decades.dtick).toBe(3);
});

test("seeds are marked each, other numbers as plotly likes", () => {
  const ticks = (x: number[]): number[] | undefined => {
    const { layout } = chart({ title: "t", x: "seed", lines: [{ name: "a", x, y: x }] });
    return (layout["xaxis1"] as Axis).tickvals;
  };
  expect(ticks([3, 1, 2, 2])).toEqual([1, 2, 3]);
  expect(ticks([0.97, 1.03, 1.97])).toEqual([1, 2]);
  expect(ticks([1, 2, 4])).toBeUndefined();
  expect(ticks([0.5, 1.5])).toBeUndefined();
  expect(ticks(Array.from({ length: 20 }, (_, i) => i))).toBeUndefined();
});

test("a line goes through rows, by columns or functions, and leaves out rows without a number", () => {
  const rows = [{ samples: 10, return: 1 }, { samples: 20 }, { samples: 30, return: 3 }] as {
    samples: number;
    return?: number;
  }[];
  expect(line("a", rows, "samples", "return", { dash: "dash" })).toEqual({
    name: "a",
    x: [10, 30],
    y: [1, 3],
    dash: "dash",
  });
  const half = line(
    "b",
    rows,
    (_, i) => i,
    ({ samples }) => samples / 2,
  );
  expect([half.x, half.y]).toEqual([
    [0, 1, 2],
    [5, 10, 15],
  ]);
});
