/** A comparison as figures, in plotly's JSON. */
import { number, title } from "../report/format.js";
import { colourOf, lineStyle, panelLayout, place, shadeOf, type Figure, type Panel } from "../report/panels.js";
import type { Aggregate, Aggregates, Band, Comparison, Estimate } from "./compare.js";

/** A figure, and what a reader has to know of its lines. */
export type Captioned = { figure: Figure; caption: string };

const AXES = {
  samples: { text: "environment steps, million", unit: 1e6, format: ".3f" },
  wall: { text: "time, minutes", unit: 60, format: ".1f" },
} as const;

const LEVEL = "95 % bootstrap intervals";
const GAP = 0.08;

/** All figures of a comparison by name. */
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

/** A panel for each task, a line for each method. */
export function taskCurves(comparison: Comparison): Captioned {
  const { groups, metric, against } = comparison;
  const methods = methodsOf(comparison);
  const axis = AXES[against];
  const tasks = [...new Set(groups.map(({ task }) => task))];
  const panels = tasks.map((task) => ({ x: axis.text, heading: `${title(task)}: ${metric.replaceAll("_", " ")}` }));
  const named = new Set<string>();
  const data = groups.flatMap(({ task, method, curve }) => {
    const first = !named.has(method);
    named.add(method);
    return bandTraces(curve, method, methods.indexOf(method), tasks.indexOf(task), first, axis);
  });
  const seeds = groups.map((group) => group.seeds.length);
  const [least, most] = [Math.min(...seeds), Math.max(...seeds)];
  const caption =
    most === 1
      ? "Lines: one seed each, so there are no intervals."
      : `Lines: mean over ${least === most ? least : `${least} to ${most}`} seeds; areas: ${LEVEL} of that mean.`;
  return { figure: { data, layout: panelLayout(panels, GAP, methods.map(title)) }, caption };
}

/** The curve of the interquartile mean over tasks, and the performance profile. */
export function aggregateFigure(comparison: Comparison, { tasks, methods }: Aggregates): Captioned {
  const all = methodsOf(comparison);
  const axis = AXES[comparison.against];
  const panels = [
    { x: axis.text, heading: "interquartile mean of normalised return" },
    { x: "normalised return r", heading: "fraction of runs above r", yaxis: { range: [0, 1.02] } },
  ];
  const data = methods.flatMap(({ method, curve, profile }) => [
    ...(curve ? bandTraces(curve, method, all.indexOf(method), 0, true, axis) : []),
    ...bandTraces(profile, method, all.indexOf(method), 1, !curve, { unit: 1, format: ".2f" }),
  ]);
  const intervals = methods.some(({ iqm }) => iqm.interval) ? ` Areas: ${LEVEL}, stratified by task.` : "";
  const caption = `Over ${tasks.map(title).join(", ")}; returns are divided by the highest that a method reaches on the task.${intervals}`;
  return {
    figure: {
      data,
      layout: panelLayout(
        panels,
        GAP,
        methods.map(({ method }) => title(method)),
      ),
    },
    caption,
  };
}

type Scale = { unit: number; format: string };

/** A line, and its area where there are intervals. */
function bandTraces({ x, y, low, high }: Band, name: string, i: number, k: number, named: boolean, scale: Scale) {
  const at = x.map((value) => value / scale.unit);
  const common = { type: "scatter", ...place(k), name: title(name), legendgroup: name };
  const line = {
    ...common,
    mode: "lines",
    showlegend: named,
    x: at,
    y,
    line: lineStyle(i),
    hovertemplate: `%{y:.4~g} at %{x:${scale.format}}<extra>${title(name)}</extra>`,
  };
  if (!low || !high) return [line];
  const area = {
    ...common,
    mode: "lines",
    showlegend: false,
    x: [...at, ...at.toReversed()],
    y: [...high, ...low.toReversed()],
    line: { width: 0 },
    fill: "toself",
    fillcolor: shadeOf(i),
    hoverinfo: "skip",
  };
  return [area, line];
}

/** A panel of scores; `even` is where a method is neither better nor worse. */
type Score = Panel & { of: (aggregate: Aggregate) => Estimate | undefined; even?: number };

/** The aggregates of each method with their intervals, a panel each. */
export function scoresFigure(all: readonly string[], { methods, baseline, tasks }: Aggregates): Captioned {
  const x = "normalised return";
  const scores: Score[] = [
    { x, heading: "interquartile mean", of: ({ iqm }) => iqm },
    { x, heading: "median", of: ({ median }) => median },
    { x, heading: "mean", of: ({ mean }) => mean },
    { x, heading: "optimality gap (lower is better)", of: ({ optimalityGap }) => optimalityGap },
    {
      x: "probability",
      heading: `probability of improvement over ${title(baseline)}`,
      xaxis: { range: [0, 1.03] },
      of: ({ improvement }) => improvement,
      even: 0.5,
    },
  ];
  const shown = scores.filter(({ of }) => methods.some((method) => of(method)));
  const rows = {
    tickvals: methods.map((_, row) => row),
    ticktext: methods.map(({ method }) => title(method)),
    range: [methods.length - 0.5, -0.5],
    zeroline: false,
  };
  const panels = shown.map((panel, k) => ({ ...panel, yaxis: { ...rows, showticklabels: k % 3 === 0 } }));
  const data = shown.flatMap(({ of }, k) =>
    methods.flatMap((aggregate, row) => {
      const [estimate, { method }] = [of(aggregate), aggregate];
      return estimate ? [estimateTrace(estimate, method, row, all.indexOf(method), k)] : [];
    }),
  );
  const shapes = shown.flatMap(({ even }, k) => (even === undefined ? [] : [evenLine(even, k)]));
  const intervals = methods.some(({ iqm }) => iqm.interval) ? ` Bars: ${LEVEL}, stratified by task.` : "";
  return {
    figure: { data, layout: { ...panelLayout(panels, GAP), shapes } },
    caption: `Final returns over ${tasks.map(title).join(", ")}.${intervals}`,
  };
}

const evenLine = (x: number, k: number): object => ({
  type: "line",
  xref: `x${k + 1}`,
  yref: `y${k + 1} domain`,
  ...{ x0: x, x1: x, y0: 0, y1: 1 },
  line: { color: "rgba(128,128,128,0.8)", width: 1, dash: "dot" },
});

function estimateTrace({ value, interval }: Estimate, method: string, row: number, i: number, k: number): object {
  const [low, high] = interval ?? [value, value];
  const bars = { type: "data", symmetric: false, array: [high - value], arrayminus: [value - low] };
  return {
    type: "scatter",
    mode: "markers",
    ...place(k),
    name: title(method),
    showlegend: false,
    x: [value],
    y: [row],
    cliponaxis: false,
    marker: { color: colourOf(i), size: 9, symbol: SYMBOLS[Math.floor(i / 6) % SYMBOLS.length] },
    ...(interval && { error_x: { ...bars, color: colourOf(i), thickness: 2, width: 5 } }),
    hovertemplate: `%{x:.3f}${interval ? ` (${number(low, 3)} to ${number(high, 3)})` : ""}<extra>${title(method)}</extra>`,
  };
}

const SYMBOLS = ["circle", "diamond", "square", "triangle-up"];
