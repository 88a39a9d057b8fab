/** Charts for the cells of a notebook: lines and points in panels side by side. */
import { drawChart, type Mark } from "../report/chart.js";
import type { Axes, Figure } from "../report/panels.js";

/** Points in their order, [points] each. Lines of one name have one colour and one entry in the legend. */
export type Line = {
  /** In the legend. */
  name: string;
  /** Places to the right, [points]. */
  x: ArrayLike<number>;
  /** Places upwards, [points]. */
  y: ArrayLike<number>;
  /** Default: lines. */
  mode?: "lines" | "markers" | "lines+markers";
  /** Default: a solid line. */
  dash?: "dash" | "dot";
  /** Lower ends of error bars, [points]; with `high`. */
  low?: ArrayLike<number>;
  /** Upper ends of error bars, [points]. */
  high?: ArrayLike<number>;
};

/** What is drawn upwards and to the right, each with its unit, and the lines. */
export type Chart = {
  /** What is drawn upwards, with its unit in brackets; stands above the panel. */
  title: string;
  /** What is drawn to the right, with its unit. */
  x: string;
  /** Drawn in their order, the last one on top. */
  lines: readonly Line[];
  /** Logarithmic axes. */
  log?: "x" | "y" | "xy";
  /** From where to where upwards; default: around all points. */
  range?: readonly [number, number];
};

/** The columns of T that hold numbers. */
type Numeric<T> = keyof { [K in keyof T & string as T[K] extends number | undefined ? K : never]: unknown } & keyof T;

/** Where a number of a row is: a column's name, or a function of the row and its place. */
export type Reading<T> = Numeric<T> | ((row: T, index: number) => number | undefined);

/**
 * A line through rows, such as those of a training: `line("DMO", rows, "samples", "return")`. Rows without a number on
 * one of the axes are left out.
 * @param name in the legend @param rows records, such as rows of metrics.csv
 * @param x column or function for the place to the right @param y the same upwards
 * @param look what a line has beside its points: `mode`, `dash`
 */
export function line<T>(
  name: string,
  rows: readonly T[],
  x: Reading<T>,
  y: Reading<T>,
  look: Pick<Line, "mode" | "dash"> = {},
): Line {
  const points = rows.flatMap((row, i) => {
    const [right, up] = [x, y].map((of) => (typeof of === "function" ? of(row, i) : (row[of] as number | undefined)));
    return right === undefined || up === undefined ? [] : [{ right, up }];
  });
  return { name, x: points.map(({ right }) => right), y: points.map(({ up }) => up), ...look };
}

/**
 * One chart, or several side by side under one legend, as a figure for `showFigure`.
 * @param charts one, or several for panels side by side, three in a row @param height of the whole figure [CSS pixels]
 */
export function chart(charts: Chart | readonly Chart[], height = 360): Figure {
  const all = [charts].flat() as Chart[];
  const names = [...new Set(all.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const panels = all.map((each) => ({
    ...axesOf(each),
    marks: each.lines.map((line) => markOf(line, names.indexOf(line.name))),
  }));
  const { data, layout } = drawChart(panels);
  return { data, layout: { ...layout, height } };
}

const markOf = (line: Line, look: number): Mark => ({
  mode: "lines",
  ...line,
  look,
  ...(line.low && { interval: "y bars" }),
});

/** Marked at powers of ten, about seven of them; where there are few, at twice and five times these as well. */
function logAxis(values: readonly number[]) {
  const decades = Math.log10(Math.max(...values) / Math.min(...values.filter((x) => x > 0)));
  const many = decades > 7;
  return { type: "log", dtick: decades < 3 ? "D2" : Math.ceil(decades / 7), ...(many ? POWERS : { tickformat: "~g" }) };
}
const POWERS = { exponentformat: "power", showexponent: "all" };

function axesOf({ title, x, log, range, lines }: Chart): Axes {
  const [logX, logY] = ["x", "y"].map((axis) => log?.includes(axis) ?? false);
  const at = lines.flatMap((line) => Array.from(line.x));
  const [low, high] = [Math.min(...at), Math.max(...at)];
  // An axis ends where its lines do; points keep clear of its ends.
  const clear = lines.some(({ mode }) => mode?.includes("markers")) ? 0.04 : 0;
  const [from, to] = logX ? [Math.log10(low), Math.log10(high)] : [low, high];
  const pad = clear * (to - from);
  const xaxis = { rangemode: "normal", range: [from - pad, to + pad], ...(logX ? ticksOf(at) : countsOf(at)) };
  const yaxis = {
    ...(logY && logAxis(range ?? lines.flatMap(({ y }) => Array.from(y)))),
    ...(range && { range: logY ? range.map(Math.log10) : range }),
  };
  return { heading: title, x, xaxis, yaxis };
}

/** A logarithmic axis of counts is marked where points are, unless they are many. */
function ticksOf(at: readonly number[]): object {
  const places = [...new Set(at)];
  return places.length > 12 || !places.every(Number.isInteger)
    ? logAxis(places)
    : { type: "log", tickvals: places, ticktext: places.map(String) };
}

/** A few whole numbers one after another, such as seeds, are marked each, with points on them or close by. */
function countsOf(at: readonly number[]): object {
  const places = [...new Set(at.map(Math.round))].sort((a, b) => a - b);
  const close = at.every((x) => Math.abs(x - Math.round(x)) < 0.1);
  return close && places.length <= 12 && places.every((place, i) => place === places[0] + i)
    ? { tickvals: places }
    : {};
}
