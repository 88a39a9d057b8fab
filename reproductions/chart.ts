// A chart before it is drawn: figure, picture and table of numbers are made from the same lines.
import { report } from "../lib/index.js";

export type Line = {
  panel: number;
  /** An algorithm, perhaps with a variant: `dmo+gradients`. */
  method: string;
  /** Whose numbers: of our runs, of the paper (digitised), or of the authors' code. */
  from: "ours" | "paper" | "authors";
  x: number[];
  y: number[];
  /** Bounds of the interval at each point: of x in a chart of estimates, else of y. */
  low?: number[];
  high?: number[];
  /** `DMO 22 %`, where it is over a part of the budget: written above its panel. */
  partial?: string;
};

export type Chart = {
  panels: (report.Panel & {
    /** Written into the panel where it has no line. */
    empty: string;
  })[];
  lines: Line[];
  /** Points with bars to both sides, in rows by method, instead of lines. */
  estimates?: true;
};

/** Each method looks the same in all figures. */
const LOOKS = ["dmo", "sac", "ppo", "maac", "shac", "imagination", "bptt", "dmo-bptt", "sapo", "dmo-sapo"];

/** Lines that are no method. */
const OTHER: { [line: string]: number } = { commanded: 7, actual: 0, contact: 2 };

const algorithmOf = (method: string): string => method.split("+")[0];

/** From one variant of an algorithm to the next, in looks: the same colour with other dashes. */
const VARIANT = 2 * report.COLOURS.length;

/** The look of each line: its algorithm's; of several variants in a chart, all but the first are dashed. */
function looksOf(lines: readonly Line[]): (method: string) => number {
  const methods = [...new Set(lines.map(({ method }) => method))];
  const lookOf = (method: string): number => {
    const algorithm = algorithmOf(method);
    const variants = methods.filter((other) => algorithmOf(other) === algorithm);
    return Math.max(0, LOOKS.indexOf(algorithm)) + VARIANT * variants.indexOf(method);
  };
  return (method) => OTHER[method] ?? lookOf(method);
}

/** Axes of samples [million], from 10,000 on: budgets differ by a factor of 40. */
export const samplesAxis = {
  x: "environment steps, million",
  xaxis: { type: "log", range: [-2.2, 2.4], tickvals: [0.01, 0.1, 1, 10, 100], ticktext: ["0.01", "0.1", "1", "10", "100"] }, // prettier-ignore
};
export const minutesAxis = { x: "time, minutes", xaxis: { rangemode: "tozero" } };

const FROM = { ours: "", paper: "", authors: " (the authors' code)" };

export function plot(chart: Chart): report.Figure {
  const names = chart.estimates ? [] : [...new Set(chart.lines.map(legendOf))];
  const panels = chart.panels.map((panel, k) => {
    const lines = chart.lines.filter((line) => line.panel === k);
    return lines.length > 0 ? { ...panel, note: partialNote(lines) } : { ...panel, x: "", xaxis: BARE, yaxis: BARE };
  });
  const layout = report.panelLayout(panels, 0.09, names);
  const lookOf = looksOf(chart.lines);
  const shown = new Set<string>();
  const data = chart.lines.flatMap((line) => {
    const first = !shown.has(legendOf(line));
    shown.add(legendOf(line));
    return chart.estimates ? [estimate(line)] : traces(line, lookOf(line.method), first);
  });
  const empty = chart.panels.flatMap((panel, k) => {
    if (chart.lines.some((line) => line.panel === k)) return [];
    data.push({ type: "scatter", ...report.place(k), x: [], y: [], showlegend: false });
    return [centred(panel.empty, k)];
  });
  const annotations = [...(layout["annotations"] as object[]), ...empty];
  return { data, layout: { ...layout, annotations, showlegend: names.length > 0, paper_bgcolor: "#ffffff" } };
}

/** The axes of an empty panel. */
const BARE = { showticklabels: false, showgrid: false, zeroline: false, ticks: "" };

const legendOf = ({ method, from }: Line): string => report.title(method) + FROM[from];

/** A curve with its area; what is not ours has open marks at its points. */
function traces(line: Line, look: number, first: boolean): object[] {
  const { panel, from, x, y, low, high } = line;
  const common = { type: "scatter", ...report.place(panel), legendgroup: legendOf(line) };
  const marker = { size: 6, symbol: from === "paper" ? "circle-open" : "diamond-open", color: report.colourOf(look) };
  const curve = {
    ...common,
    name: legendOf(line),
    showlegend: first,
    mode: from === "ours" && x.length > 1 ? "lines" : "lines+markers",
    x,
    y,
    line: from === "ours" ? report.lineStyle(look) : { color: report.colourOf(look), width: 1 },
    marker: from === "ours" ? { size: 7, color: report.colourOf(look) } : marker,
  };
  if (!low || !high) return [curve];
  const area = {
    ...common,
    ...{ mode: "lines", showlegend: false, hoverinfo: "skip", line: { width: 0 } },
    ...{ x: [...x, ...x.toReversed()], y: [...high, ...low.toReversed()] },
    ...{ fill: "toself", fillcolor: report.shadeOf(look) },
  };
  return [area, curve];
}

function estimate({ panel, method, x, y, low, high }: Line): object {
  const bars = low && high && { array: x.map((at, i) => high[i] - at), arrayminus: x.map((at, i) => at - low[i]) };
  const color = report.colourOf(method.includes("+") ? 1 : 0);
  return {
    ...{
      type: "scatter",
      mode: "markers",
      ...report.place(panel),
      name: report.title(method),
      showlegend: false,
      x,
      y,
    },
    ...{ marker: { size: 9, color, symbol: method.includes("+") ? "circle" : "diamond" }, cliponaxis: false },
    ...(bars && { error_x: { type: "data", symmetric: false, ...bars, color, thickness: 2, width: 5 } }),
  };
}

const centred = (text: string, k: number): object => ({
  ...{ text, xref: `x${k + 1} domain`, yref: `y${k + 1} domain`, x: 0.5, y: 0.5 },
  ...{ showarrow: false, font: { size: 15, color: "#777777" } },
});

/** Which of a panel's lines are partial. */
function partialNote(lines: readonly Line[]): string | undefined {
  const parts = lines.flatMap(({ partial }) => partial ?? []);
  return parts.length > 0 ? `partial: ${parts.join(", ")}` : undefined;
}

/** Every number that is drawn: `panel,method,from,x,y,low,high`. */
export function chartCsv({ panels, lines }: Chart): string {
  const rows = lines.flatMap(({ panel, method, from, x, y, low, high }) =>
    x.map((at, i) => {
      const heading = `"${panels[panel].heading.replaceAll("<br>", " ")}"`;
      return [heading, method, from, at, y[i], low?.[i] ?? "", high?.[i] ?? ""].join();
    }),
  );
  return ["panel,method,from,x,y,low,high", ...rows, ""].join("\n");
}
