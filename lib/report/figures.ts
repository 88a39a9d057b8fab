/** Figures as pure functions of rows of metrics.csv: plotly's JSON, for a page, a notebook or a file. */
import type { Evaluation } from "../training/evaluate.js";
import type { Column, Row } from "../training/metrics.js";

/** A figure in plotly's JSON. Its text and lines take their colour from where it is shown. */
export type Figure = { data: object[]; layout: { [key: string]: unknown } };

/** A run to draw: its rows, and the final score of its deterministic policy if it has one. */
export type Curve = { name: string; rows: readonly Row[]; score?: Pick<Evaluation, "mean" | "std"> };

/** Okabe & Ito's colours, which colour-blind readers tell apart. */
export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const colourOf = (index: number): string => COLOURS[index % COLOURS.length];

/** One horizontal place in a figure. */
type Panel = { x: Quantity; y: Quantity; log?: true };
type Quantity = { title: string; of: (row: Row) => number | undefined; format: string };

const column = (name: Column, title: string, format: string): Quantity => ({ title, of: (row) => row[name], format });
const samples: Quantity = { title: "environment steps, million", of: (row) => row.samples! / 1e6, format: ".3f" };
const minutes: Quantity = { title: "time, minutes", of: (row) => row.wall_seconds! / 60, format: ".1f" };
const episodeReturn = column("return", "return of an episode", ",.0f");

/** Return against environment steps and against time; the final score stands at the end of its curve. */
export function learningCurves(curves: readonly Curve[]): Figure {
  const panels: Panel[] = [samples, minutes].map((x) => ({ x, y: episodeReturn }));
  const figure = drawPanels(curves, panels, 0.09);
  panels.forEach((panel, k) =>
    curves.forEach((curve, i) => curve.score && figure.data.push(scoreMark(curve, curve.score, panel, k, i))),
  );
  figure.layout.height = 400;
  return figure;
}

/** What tells whether training is healthy: losses and the actor's gradient against environment steps. */
export function diagnostics(curves: readonly Curve[]): Figure {
  const quantities: (Omit<Panel, "x"> & { y: Quantity })[] = [
    { y: column("model_loss", "loss of the dynamics model", ".3f") },
    { y: column("actor_grad_norm", "norm of the actor's gradient", ".3g"), log: true },
    { y: column("critic_loss", "loss of the critic", ".3g"), log: true },
  ];
  const present = quantities.filter(({ y }) => curves.some(({ rows }) => rows.some((row) => y.of(row) !== undefined)));
  const figure = drawPanels(
    curves,
    present.map((panel) => ({ x: samples, ...panel })),
    0.08,
  );
  figure.layout.height = 280;
  figure.layout.showlegend = false;
  return figure;
}

/** Panels side by side, `gap` (a fraction of the width) apart, every curve in each. */
function drawPanels(curves: readonly Curve[], panels: readonly Panel[], gap: number): Figure {
  const width = (1 - gap * (panels.length - 1)) / panels.length;
  const axes = panels.flatMap(({ x, y, log }, k) => {
    const left = k * (width + gap);
    return [
      [`xaxis${k + 1}`, { ...axis(x.title), domain: [left, left + width], anchor: `y${k + 1}`, rangemode: "tozero" }],
      [`yaxis${k + 1}`, { ...axis(y.title), anchor: `x${k + 1}`, type: log ? "log" : "linear", ...(log && LOG_TICKS) }],
    ] as const;
  });
  return {
    data: panels.flatMap((panel, k) => curves.map((curve, i) => line(curve, panel, k, i))),
    layout: {
      ...Object.fromEntries(axes),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 64, r: 16, t: 16, b: 56 },
      hovermode: "closest",
      showlegend: curves.length > 1,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    },
  };
}

const GRID = "rgba(128,128,128,0.25)";
const LOG_TICKS = { dtick: 1, exponentformat: "power" };

const axis = (title: string) => ({
  title: { text: title, standoff: 10 },
  gridcolor: GRID,
  zerolinecolor: GRID,
  linecolor: "rgba(128,128,128,0.6)",
  showline: true,
  ticks: "outside",
  tickcolor: "rgba(128,128,128,0.6)",
  automargin: true,
});

/** The axes of panel k, as a trace names them. */
const place = (k: number) => ({ xaxis: `x${k + 1}`, yaxis: `y${k + 1}` });

function line({ name, rows }: Curve, { x, y }: Panel, k: number, i: number): object {
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
    line: { color: colourOf(i), width: 2 },
    hovertemplate: `%{y:${y.format}}<br>%{x:${x.format}} ${x.title.split(", ")[1]}<extra>${name}</extra>`,
  };
}

function scoreMark(
  { name, rows }: Curve,
  { mean, std }: { mean: number; std: number },
  panel: Panel,
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
    x: [panel.x.of(rows[rows.length - 1])],
    y: [mean],
    error_y: { type: "data", array: [std], color: colourOf(i), thickness: 1.5, width: 5 },
    marker: { symbol: "diamond", size: 11, color: colourOf(i) },
    cliponaxis: false,
    hovertemplate: `final score %{y:${panel.y.format}}<extra>${name}, deterministic policy</extra>`,
  };
}
