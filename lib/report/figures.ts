/** Figures as pure functions of rows of metrics.csv: plotly's JSON, for a page, a notebook or a file. */
import type { Evaluation } from "../training/evaluate.js";
import type { Column, Row } from "../training/metrics.js";
import { colourOf, lineStyle, panelLayout, place, type Figure } from "./panels.js";

export { COLOURS, type Figure } from "./panels.js";

/** A run to draw: its rows, and the final score of its deterministic policy if it has one. */
export type Curve = { name: string; rows: readonly Row[]; score?: Pick<Evaluation, "mean" | "std"> };

/** A panel: what it shows of a row, against what. */
type View = { x: Quantity; y: Quantity; log?: true };
type Quantity = { title: string; of: (row: Row) => number | undefined; format: string };

const column = (name: Column, title: string, format: string): Quantity => ({ title, of: (row) => row[name], format });
const samples: Quantity = { title: "environment steps, million", of: (row) => row.samples! / 1e6, format: ".3f" };
const minutes: Quantity = { title: "time, minutes", of: (row) => row.wall_seconds! / 60, format: ".1f" };
const episodeReturn = column("return", "return of an episode", ",.0f");

/** Return against environment steps and against time; the final score stands at the end of its curve. */
export function learningCurves(curves: readonly Curve[]): Figure {
  const views: View[] = [samples, minutes].map((x) => ({ x, y: episodeReturn }));
  const names = curves.map(({ name }) => name);
  const figure = drawViews(curves, views, 0.09, names);
  views.forEach((view, k) =>
    curves.forEach((curve, i) => curve.score && figure.data.push(scoreMark(curve, curve.score, view, k, i))),
  );
  figure.layout.height = (figure.layout.height as number) + 120;
  return figure;
}

/** What tells whether training is healthy: losses and gradients against environment steps, at most three in a row. */
export function diagnostics(curves: readonly Curve[]): Figure {
  const quantities: Omit<View, "x">[] = [
    { y: column("model_loss", "loss of the dynamics model", ".3f") },
    { y: column("actor_grad_norm", "norm of the actor's gradient", ".3g"), log: true },
    { y: column("critic_loss", "loss of the critic", ".3g"), log: true },
    { y: column("critic_grad_norm", "norm of the critic's gradient", ".3g"), log: true },
  ];
  const present = quantities.filter(({ y }) => curves.some(({ rows }) => rows.some((row) => y.of(row) !== undefined)));
  const views = present.map((view) => ({ x: samples, ...view }));
  return drawViews(curves, views, 0.08);
}

/** Views of curves side by side, `gap` (a fraction of the width) apart. */
function drawViews(curves: readonly Curve[], views: readonly View[], gap: number, legend: string[] = []): Figure {
  const panels = views.map(({ x, y, log }) => ({ x: x.title, heading: y.title, ...(log && { yaxis: LOGARITHMIC }) }));
  return {
    data: views.flatMap((view, k) => curves.map((curve, i) => line(curve, view, k, i))),
    layout: panelLayout(panels, gap, legend),
  };
}

const LOGARITHMIC = { type: "log", dtick: 1, tickformat: "~g" };

function line({ name, rows }: Curve, { x, y }: View, k: number, i: number): object {
  const points = rows.filter((row) => y.of(row) !== undefined);
  return {
    type: "scatter",
    mode: "lines",
    ...place(k),
    name,
    legendgroup: name,
    showlegend: k === 0,
    x: points.map(x.of),
    y: points.map(y.of),
    line: lineStyle(i),
    hovertemplate: `%{y:${y.format}}<br>%{x:${x.format}} ${x.title.split(", ")[1]}<extra>${name}</extra>`,
  };
}

function scoreMark(
  { name, rows }: Curve,
  { mean, std }: { mean: number; std: number },
  view: View,
  k: number,
  i: number,
) {
  return {
    type: "scatter",
    mode: "markers",
    ...place(k),
    name,
    legendgroup: name,
    showlegend: false,
    x: [view.x.of(rows[rows.length - 1])],
    y: [mean],
    error_y: { type: "data", array: [std], color: colourOf(i), thickness: 1.5, width: 5 },
    marker: { symbol: "diamond", size: 11, color: colourOf(i) },
    cliponaxis: false,
    hovertemplate: `final score %{y:${view.y.format}}<extra>${name}, deterministic policy</extra>`,
  };
}
