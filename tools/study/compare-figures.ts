/** A comparison as figures, in plotly's JSON. */
import { title } from "../report/format.js";
import { axisOfNames, drawChart, LOGARITHMIC, type Mark, type Panel, PROGRESS } from "../report/chart.js";
import type { Figure } from "../report/panels.js";
import { scoresOf } from "./compare-aggregate.js";
import type { Aggregates, Band, Comparison, Estimate } from "./compare.js";

/** A figure, and what a reader has to know of its lines. */
export type Captioned = {
  /** Plotly's data and layout. */
  figure: Figure;
  /** One line or two. */
  caption: string;
};

const LEVEL = "95 % bootstrap intervals";

/**
 * All figures of a comparison by name: `curves`, and where there are aggregates `aggregate` and `scores`.
 * @param comparison of returns or another metric
 */
export function comparisonFigures(comparison: Comparison): { [name: string]: Captioned } {
  const { aggregates } = comparison;
  return {
    curves: taskCurves(comparison),
    ...(aggregates && {
      aggregate: aggregateFigure(comparison, aggregates),
      scores: scoresFigure(methodsOf(comparison), aggregates),
    }),
  };
}

/** Methods in the order of their colours, which are the same in all figures. */
const methodsOf = ({ groups }: Comparison): string[] => [...new Set(groups.map(({ method }) => method))];

/** Where the longest curve is more than so many times as long as the shortest, the axis is logarithmic. */
const FAR = 10;

/** What curves are drawn against, and how. */
function progressOf({ groups, against }: Comparison): { axis: Pick<Panel, "x" | "format" | "xaxis">; unit: number } {
  const { axis, unit } = PROGRESS[against];
  const ends = groups.map(({ curve }) => curve.x.at(-1)!);
  return { unit, axis: Math.max(...ends) > FAR * Math.min(...ends) ? { ...axis, xaxis: LOGARITHMIC } : axis };
}

/** A method's line, with an area where there are intervals. */
const lineOf = (method: string, all: readonly string[], { x, ...band }: Band, unit = 1): Mark => ({
  ...{ name: title(method), look: all.indexOf(method), ...band },
  x: x.map((at) => at / unit),
});

/** A panel for each task, a line for each method. @param comparison of one task or more */
export function taskCurves(comparison: Comparison): Captioned {
  const { groups } = comparison;
  const metric = comparison.metric === "score" ? "return" : comparison.metric;
  const [methods, tasks] = [methodsOf(comparison), [...new Set(groups.map(({ task }) => task))]];
  const { axis, unit } = progressOf(comparison);
  const panels = tasks.map((task): Panel => {
    const own = groups.filter((group) => group.task === task);
    const marks = own.map(({ method, curve }) => lineOf(method, methods, curve, unit));
    return { ...axis, heading: `${title(task)}: ${metric.replaceAll("_", " ")}`, marks };
  });
  const seeds = groups.map((group) => group.seeds.length);
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
  const caption =
    most === 1
      ? "Lines: one seed each, so there are no intervals."
      : `Lines: mean over ${least === most ? least : `${least} to ${most}`} seeds; areas: ${LEVEL} of that mean.`;
  return { figure: drawChart(panels), caption };
}

/**
 * The curve of the interquartile mean over tasks, and the performance profile.
 * @param comparison gives colours and axis @param aggregates of it
 */
export function aggregateFigure(comparison: Comparison, { tasks, methods }: Aggregates): Captioned {
  const all = methodsOf(comparison);
  const { axis, unit } = progressOf(comparison);
  const figure = drawChart([
    {
      ...{ ...axis, heading: "interquartile mean of normalised return" },
      marks: methods.flatMap(({ method, curve }) => (curve ? [lineOf(method, all, curve, unit)] : [])),
    },
    {
      ...{ x: "normalised return r", heading: "fraction of runs above r", yaxis: { range: [0, 1.02] } },
      marks: methods.map(({ method, profile }) => lineOf(method, all, profile)),
    },
  ]);
  const intervals = methods.some(({ iqm }) => iqm.interval) ? ` Areas: ${LEVEL}, stratified by task.` : "";
  const caption = `Over ${tasks.map(title).join(", ")}; 1 is the highest return that a method reaches on the task.${intervals}`;
  return { figure, caption };
}

/**
 * The aggregates of each method with their intervals, a panel each.
 * @param all methods in the order of their colours @param aggregates whose methods have a row each
 */
export function scoresFigure(all: readonly string[], aggregates: Aggregates): Captioned {
  const { methods, tasks } = aggregates;
  const names = methods.map(({ method }) => title(method));
  const panels = scoresOf(aggregates)
    .filter(({ of }) => methods.some((method) => of(method)))
    .map(({ x, heading, of }, k, { length }): Panel => {
      const marks = methods.flatMap((aggregate, row) => estimateMark(of(aggregate), aggregate.method, row, all));
      const even = x === "probability" && { xaxis: { range: [0, 1.03] }, rule: 0.5 };
      return { x, heading, yaxis: axisOfNames(names, k, length), ...even, marks };
    });
  const intervals = methods.some(({ iqm }) => iqm.interval) ? ` Bars: ${LEVEL}, stratified by task.` : "";
  return {
    figure: drawChart(panels, { legendFrom: Infinity }),
    caption: `Final returns over ${tasks.map(title).join(", ")}.${intervals}`,
  };
}

function estimateMark(estimate: Estimate | undefined, method: string, row: number, all: readonly string[]): Mark[] {
  if (!estimate) return [];
  const { value, interval } = estimate;
  const look = all.indexOf(method);
  return [
    {
      ...{ name: title(method), look, x: [value], y: [row], interval: "x bars", mode: "markers" },
      ...(interval && { low: [interval[0]], high: [interval[1]] }),
      ...{ size: 9, symbol: SYMBOLS[Math.floor(look / 6) % SYMBOLS.length] },
    },
  ];
}

const SYMBOLS = ["circle", "diamond", "square", "triangle-up"];
