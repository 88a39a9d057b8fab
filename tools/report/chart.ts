/** Charts by what is in them: panels with axes, and marks (lines with areas, points with bars) in each, as plotly's JSON. */
import {
  asText,
  type Axes,
  colourOf,
  columnsOf,
  type Figure,
  lineStyle,
  panelLayout,
  place,
  shadeOf,
} from "./panels.js";

/** What curves of runs are drawn against: the axis, and how many samples or seconds make one of its units. */
export const PROGRESS = {
  samples: { axis: { x: "environment steps, million", format: ".3f" }, unit: 1e6 },
  wall: { axis: { x: "time, minutes", format: ".1f" }, unit: 60 },
} as const;

/** Points in their order, [points] each, of something that has a name. */
export type Mark = {
  /** Marks of one name have one entry in the legend. */
  name: string;
  /** Number of its colour and dashes, from 0; marks of one name should have one look. */
  look: number;
  /** Places to the right, in the unit of the axis. */
  x: ArrayLike<number>;
  /** Places upwards. */
  y: ArrayLike<number>;
  /** Lower bounds of an interval at each point; with `high`. */
  low?: ArrayLike<number>;
  /** Upper bounds of it. */
  high?: ArrayLike<number>;
  /** How the interval is drawn: as an area around a line, or as a bar through each point. Default: area. */
  interval?: "area" | "x bars" | "y bars";
  /** Default: a line, or a point where there is one alone. */
  mode?: "lines" | "markers" | "lines+markers";
  /** In place of the look's. */
  dash?: string;
  /** Of the line, in CSS pixels (default 2). */
  width?: number;
  /** Of the points, one of plotly's (default circle). */
  symbol?: string;
  /** Of the points, in CSS pixels (default 7). */
  size?: number;
  /** Stands behind the name where the mouse is on a point. */
  note?: string;
};

/** One place in a chart, with what is drawn there. */
export type Panel = Axes & {
  /** Drawn in their order, the last one on top. */
  marks: readonly Mark[];
  /** Written into it where it has no mark. */
  empty?: string;
  /** Where a dotted line stands across it. */
  rule?: number;
};

/** How high a figure is, and when it has a legend. */
export type ChartOptions = {
  /** How high a row of panels is, in CSS pixels. */
  rowHeight?: number;
  /** So many names at least have a legend (default 2); each has one entry. */
  legendFrom?: number;
};

/**
 * Panels in rows of up to three, under one legend, as a figure.
 * @param panels in their order, from left to right, then down @param options height of a row and when there is a legend
 */
export function drawChart(panels: readonly Panel[], { rowHeight, legendFrom = 2 }: ChartOptions = {}): Figure {
  const names = [...new Set(panels.flatMap(({ marks }) => marks.map(({ name }) => name)))];
  const legend = names.length >= legendFrom ? names : [];
  const entered = new Set<string>();
  const data = panels.flatMap(({ marks }, k) => {
    if (marks.length === 0) return [{ type: "scatter", ...place(k), x: [], y: [], showlegend: false }]; // or it has no axes
    return marks.flatMap((mark) => {
      const first = !entered.has(mark.name);
      entered.add(mark.name);
      return tracesOf(mark, k, panels[k], first);
    });
  });
  const layout = panelLayout(panels.map(withoutScale), { rowHeight, legend });
  const shapes = panels.flatMap(({ rule }, k) => (rule === undefined ? [] : [ruleAt(rule, k)]));
  const texts = panels.flatMap(({ marks, empty }, k) => (marks.length > 0 || !empty ? [] : [centred(empty, k)]));
  return { data, layout: { ...layout, shapes, annotations: [...(layout["annotations"] as object[]), ...texts] } };
}

/** A logarithmic axis, marked at powers of ten. */
export const LOGARITHMIC = { type: "log", dtick: 1, tickformat: "~g" };

/**
 * A vertical axis of names from the top down, written in the first panel k of each row.
 * @param names from the top down @param k number of the panel, from 0 @param count how many panels there are
 */
export const axisOfNames = (names: readonly string[], k: number, count: number): object => ({
  tickvals: [...names.keys()],
  ticktext: names.map(asText),
  range: [names.length - 0.5, -0.5],
  zeroline: false,
  showticklabels: k % columnsOf(count) === 0,
});

/** An empty panel has no numbers at its axes. */
const withoutScale = (panel: Panel): Axes =>
  panel.marks.length > 0 || panel.empty === undefined ? panel : { ...panel, x: "", xaxis: BARE, yaxis: BARE };
const BARE = { showticklabels: false, showgrid: false, zeroline: false, ticks: "" };

/** The area of a mark, if it has one, and its line or points. */
function tracesOf(mark: Mark, k: number, axes: Axes, showlegend: boolean): object[] {
  const { look, interval = "area", mode = mark.x.length > 1 ? "lines" : "lines+markers" } = mark;
  const [x, y] = [Array.from(mark.x), Array.from(mark.y)];
  const name = asText(mark.name);
  const common = { type: "scatter", ...place(k), name, legendgroup: name };
  const color = colourOf(look);
  const trace = {
    ...{ ...common, mode, showlegend, x, y },
    line: { ...lineStyle(look), ...defined({ dash: mark.dash, width: mark.width }) },
    marker: { size: mark.size ?? 7, color, ...defined({ symbol: mark.symbol }) },
    ...(interval !== "area" && { cliponaxis: false, ...barsOf(mark, interval, color) }),
    hovertemplate: hoverOf(mark, interval, axes),
  };
  if (!mark.low || !mark.high || interval !== "area") return [trace];
  const [low, high] = [Array.from(mark.low), Array.from(mark.high)];
  const outline = { x: [...x, ...x.toReversed()], y: [...high, ...low.toReversed()] };
  const filled = { fill: "toself", fillcolor: shadeOf(look), line: { width: 0 }, hoverinfo: "skip" };
  return [{ ...common, mode: "lines", showlegend: false, ...outline, ...filled }, trace];
}

const defined = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function barsOf({ x, y, low, high }: Mark, along: "x bars" | "y bars", color: string): object {
  if (!low || !high) return {};
  const at = Array.from(along === "x bars" ? x : y);
  const [array, arrayminus] = [at.map((value, i) => high[i] - value), at.map((value, i) => value - low[i])];
  return {
    [`error_${along[0]}`]: { type: "data", symmetric: false, array, arrayminus, color, thickness: 2, width: 5 },
  };
}

/** Both numbers, or that of a bar with its bounds; then the name. */
function hoverOf({ name, low, high, note }: Mark, interval: Mark["interval"], { x, format = ".4~g" }: Axes): string {
  const unit = x.split(", ")[1] ?? "";
  const bounds = low && high ? ` (${low[0].toPrecision(3)} to ${high[0].toPrecision(3)})` : "";
  const numbers = interval === "x bars" ? `%{x:.4~g}${bounds}` : `%{y:.4~g}<br>%{x:${format}} ${unit}`;
  return `${numbers}<extra>${asText(note ? `${name}, ${note}` : name)}</extra>`;
}

const ruleAt = (x: number, k: number): object => ({
  ...{ type: "line", xref: `x${k + 1}`, yref: `y${k + 1} domain`, x0: x, x1: x, y0: 0, y1: 1 },
  line: { color: "rgba(128,128,128,0.8)", width: 1, dash: "dot" },
});

const centred = (text: string, k: number): object => ({
  ...{ text, xref: `x${k + 1} domain`, yref: `y${k + 1} domain`, x: 0.5, y: 0.5 },
  ...{ showarrow: false, font: { size: 15, color: "#777777" } },
});
