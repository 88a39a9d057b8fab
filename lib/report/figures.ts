/** Figures as pure functions of rows of metrics.csv: plotly's JSON, for a page, a notebook or a file. */
import type { Evaluation } from "../training/evaluate.js";
import type { Column, Row } from "../training/metrics.js";

/** A figure in plotly's JSON. Its text and lines take their colour from where it is shown. */
export type Figure = { data: object[]; layout: { [key: string]: unknown } };

/** A run to draw: its rows, and the final score of its deterministic policy if it has one. */
export type Curve = { name: string; rows: readonly Row[]; score?: Pick<Evaluation, "mean" | "std"> };

/** Paul Tol's bright scheme: colour-blind readers tell these apart, on light and on dark paper. */
export const COLOURS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"];
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

/** What tells whether training is healthy: losses and gradients against environment steps, at most three in a row. */
export function diagnostics(curves: readonly Curve[]): Figure {
  const quantities: (Omit<Panel, "x"> & { y: Quantity })[] = [
    { y: column("model_loss", "loss of the dynamics model", ".3f") },
    { y: column("actor_grad_norm", "norm of the actor's gradient", ".3g"), log: true },
    { y: column("critic_loss", "loss of the critic", ".3g"), log: true },
    { y: column("critic_grad_norm", "norm of the critic's gradient", ".3g"), log: true },
  ];
  const present = quantities.filter(({ y }) => curves.some(({ rows }) => rows.some((row) => y.of(row) !== undefined)));
  const figure = drawPanels(
    curves,
    present.map((panel) => ({ x: samples, ...panel })),
    0.08,
  );
  Object.assign(figure.layout, { height: present.length > 3 ? 560 : 280, showlegend: false, margin: MARGIN });
  return figure;
}

/** Panels side by side, in two rows if there are more than three, `gap` (a fraction of the width) apart. */
function drawPanels(curves: readonly Curve[], panels: readonly Panel[], gap: number): Figure {
  const rows = panels.length > 3 ? 2 : 1;
  const columns = Math.ceil(panels.length / rows);
  const width = (1 - gap * (columns - 1)) / columns;
  const height = (1 - 0.22 * (rows - 1)) / rows;
  const axes = panels.flatMap((panel, k) => {
    const [left, top] = [(k % columns) * (width + gap), 1 - Math.floor(k / columns) * (height + 0.22)];
    return axesOf(panel, k, [left, left + width], [Math.max(0, top - height), top]);
  });
  return {
    data: panels.flatMap((panel, k) => curves.map((curve, i) => line(curve, panel, k, i))),
    layout: {
      ...Object.fromEntries(axes),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: curves.length > 1 ? { ...MARGIN, t: 64 } : MARGIN,
      annotations: panels.map(({ y }, k) => heading(y.title, k)),
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.6)", activecolor: "rgba(128,128,128,1)" },
      hovermode: "closest",
      hoverdistance: -1,
      showlegend: curves.length > 1,
      legend: { orientation: "h", yref: "container", y: 1, yanchor: "top", x: 0 },
    },
  };
}

/** The axes of panel k, over parts of the figure's width and height. */
function axesOf({ x, log }: Panel, k: number, across: number[], up: number[]): [string, object][] {
  return [
    [
      `xaxis${k + 1}`,
      {
        ...AXIS,
        title: { text: x.title, standoff: 10, font: { size: 13 } },
        domain: across,
        anchor: `y${k + 1}`,
        rangemode: "tozero",
      },
    ],
    [
      `yaxis${k + 1}`,
      { ...AXIS, domain: up, anchor: `x${k + 1}`, ...(log && { type: "log", dtick: 1, tickformat: "~g" }) },
    ],
  ];
}

const MARGIN = { l: 48, r: 16, t: 36, b: 52 };
const GRID = "rgba(128,128,128,0.25)";
const LINE = "rgba(128,128,128,0.6)";

const AXIS = {
  gridcolor: GRID,
  zerolinecolor: GRID,
  linecolor: LINE,
  showline: true,
  ticks: "outside",
  tickcolor: LINE,
  automargin: true,
};

/** What panel k shows, above its vertical axis. */
const heading = (text: string, k: number) => ({
  text: `<b>${text}</b>`,
  xref: `x${k + 1} domain`,
  yref: `y${k + 1} domain`,
  x: 0,
  y: 1,
  yshift: 8,
  xanchor: "left",
  yanchor: "bottom",
  showarrow: false,
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
