// A chart before it is drawn: figure, picture and table of numbers are made from the same lines.
import { report } from "../api/index.js";
import { withoutSmall } from "./presets.js";

export type FigureLine = {
  panel: number;
  /** An algorithm, perhaps with a variant: `dmo+gradients`. */
  method: string;
  /** Whose numbers: of our runs, of the paper (digitised), or of the authors' code. */
  from: "ours" | "paper" | "authors";
  x: number[];
  y: number[];
  /** Bounds of the interval at each point: of x in a panel of estimates, else of y. */
  low?: number[];
  high?: number[];
  /** `DMO 22 %`, where it is over a part of the budget: written above its panel. */
  partial?: string;
};

export type FigureChart = {
  panels: (report.Axes & {
    /** Written into the panel where it has no line. */
    empty: string;
    /** Points with bars to both sides, in rows by method, instead of lines. */
    estimates?: true;
    /** Where a dotted line stands across it. */
    rule?: number;
  })[];
  lines: FigureLine[];
};

/** Each method looks the same in all figures. */
const LOOKS = ["dmo", "sac", "ppo", "maac", "shac", "imagination", "bptt", "dmo-bptt", "sapo", "dmo-sapo"];

/** Lines that are no method. */
const OTHER: { [line: string]: number } = { commanded: 7, actual: 0, contact: 2 };

/** The algorithm whose look a method has, or a variant of it: the authors' MAAC is one of MAAC. */
const algorithmOf = (method: string): string => method.split("+")[0].replace(/^maac-v$/, "maac");

/** From one variant of an algorithm to the next, in looks: the same colour with other dashes. */
const VARIANT = 2 * report.COLOURS.length;

/** The look of each line: its algorithm's; of several variants in a chart, all but the first are dashed. */
function looksOf(lines: readonly FigureLine[]): (method: string) => number {
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
  ...report.PROGRESS.samples.axis,
  xaxis: { type: "log", range: [-2.2, 2.4], tickvals: [0.01, 0.1, 1, 10, 100], ticktext: ["0.01", "0.1", "1", "10", "100"] }, // prettier-ignore
};
export const minutesAxis = { ...report.PROGRESS.wall.axis, xaxis: { rangemode: "tozero" } };

/** On white paper, for pictures. */
export function plot({ panels, lines }: FigureChart): report.Figure {
  const lookOf = looksOf(lines);
  const drawn = panels.map((panel, k): report.Panel => {
    const own = lines.filter((line) => line.panel === k);
    const mark = panel.estimates ? estimate : curve;
    const marks = own.map((line) => mark(line, lookOf(line.method)));
    return { ...panel, note: partialNote(own) ?? panel.note, marks };
  });
  const { data, layout } = report.drawChart(drawn, {
    legendFrom: panels.every(({ estimates }) => estimates) ? Infinity : 1,
  });
  return { data, layout: { ...layout, paper_bgcolor: "#ffffff" } };
}

/** What is not ours has open marks at its points. */
const FROM = {
  ours: { name: "", looks: {} },
  paper: { name: "", looks: { mode: "lines+markers", width: 1, symbol: "circle-open", size: 6 } },
  authors: {
    name: " (the authors' code)",
    looks: { mode: "lines+markers", width: 1, symbol: "diamond-open", size: 6 },
  },
} as const;

const curve = ({ method, from, ...points }: FigureLine, look: number): report.Mark => ({
  ...{ name: report.title(method) + FROM[from].name, look, ...points },
  ...FROM[from].looks,
});

/** The method as it is, in a preset too, stands out from its variants. */
const estimate = ({ method, ...points }: FigureLine, look: number): report.Mark => ({
  ...{ name: report.title(method), ...points, interval: "x bars", mode: "markers", size: 9 },
  ...(withoutSmall(method.split("+")[1] ?? "") === "" ? { look, symbol: "diamond" } : { look: 1, symbol: "circle" }),
});

/** Which of a panel's lines are partial, without the variant where there is one of the algorithm alone. */
function partialNote(lines: readonly FigureLine[]): string | undefined {
  const variantsOf = (method: string): number =>
    new Set(lines.map((line) => line.method).filter((other) => algorithmOf(other) === algorithmOf(method))).size;
  const parts = lines.flatMap(({ method, partial }) =>
    partial && variantsOf(method) === 1 ? partial.replace(/\+\S+/, "") : (partial ?? []),
  );
  return parts.length > 0 ? `partial: ${parts.join(", ")}` : undefined;
}

/** Every number that is drawn: `panel,method,from,x,y,low,high`. */
export function chartCsv({ panels, lines }: FigureChart): string {
  const rows = lines.flatMap(({ panel, method, from, x, y, low, high }) =>
    x.map((at, i) => {
      const heading = `"${panels[panel].heading.replaceAll("<br>", " ")}"`;
      return [heading, method, from, at, y[i], low?.[i] ?? "", high?.[i] ?? ""].join();
    }),
  );
  return ["panel,method,from,x,y,low,high", ...rows, ""].join("\n");
}

/** CSS pixels: as wide as a page of a paper, so that text stays legible there. */
const WIDTH = 760;

/** Of a figure as a picture. */
export const sizeOf = ({ layout }: report.Figure) => ({ width: WIDTH, height: layout["height"] as number });
