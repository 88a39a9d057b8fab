// F7: how close gradients are to the true one, over training and against the horizon.
import { existsSync } from "node:fs";
import { report, study } from "../lib/index.js";
import { type Chart, type Line, samplesAxis } from "./chart.js";
import { distinct, partialText, type Result, select } from "./measure.js";
import { DIFFERENTIABLE } from "./presets.js";
import { horizonFile, provenance, type Reproduction } from "./reproduction.js";
import { readTable, type Table } from "./table.js";

const METHOD = "dmo+gradients";
/** Whose gradient, and its column in metrics.csv and in the files of horizons. */
const KINDS = [
  { method: "dmo", column: "dmo_cosine" },
  { method: "imagination", column: "imagination_cosine" },
] as const;
type Column = (typeof KINDS)[number]["column"];

export const f7: Reproduction = {
  id: "f7",
  title: "Quality of gradients",
  paper:
    "Cosine similarity with the true policy gradient over training, and against the length of the horizon: of DMO's gradient, and of imagination's.",
  needs: [
    {
      tasks: DIFFERENTIABLE,
      algorithms: ["dmo"],
      settings: [{ name: "gradients", "dynamics.gradientEvery": 10 }],
    },
  ],
  causes: [],
  draw(results, folder) {
    const shown = select(results, DIFFERENTIABLE, [METHOD]);
    const found = distinct(shown.map(({ task }) => task));
    const tasks = found.length > 0 ? found : ["hopper"];
    const lines = [...overTraining(shown, tasks), ...againstHorizon(shown, tasks, folder)];
    const caption = [
      "Gradients of one policy from the same states with the same noise, flattened, log-std included, not clipped. 1 is the true direction, 0 a random one. Over training: means of tenths of the runs, in areas that hold the middle half of the comparisons. Against the horizon, at the end of the run: means over repeats with other noise, and over seeds.",
      ...provenance(shown),
    ];
    return { drawing: { panels: panelsOf(tasks), lines }, caption, beside: cosines(shown, lines, tasks) };
  },
};

/** Of each task, over training on the left and against the horizon on the right. */
function panelsOf(tasks: readonly string[]): Chart["panels"] {
  const yaxis = { range: [-1.03, 1.03] };
  return tasks.flatMap((task) => [
    {
      x: samplesAxis.x,
      heading: `${report.title(task)}: cosine over training`,
      xaxis: { rangemode: "tozero" },
      yaxis,
      empty: "no run yet",
    },
    {
      x: "horizon, steps",
      heading: `${report.title(task)}: cosine at the end`,
      xaxis: { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64, 128] },
      yaxis,
      empty: "not measured yet",
    },
  ]);
}

/** Into so many parts the samples of a run are divided: single comparisons scatter widely. */
const PARTS = 10;

const overTraining = (results: readonly Result[], tasks: readonly string[]): Line[] =>
  tasks.flatMap((task, k) => {
    const runs = results.filter((result) => result.task === task);
    const partial = partialText(runs);
    return KINDS.map(({ method, column }, i) => ({
      ...{ panel: 2 * k, method, from: "ours" as const, ...inParts(runs, column) },
      ...(i === 0 && { partial }), // both lines are of the same runs
    })).filter(({ x }) => x.length > 0);
  });

const comparisons = (runs: readonly Result[], column: Column): study.Points =>
  study.pointsOf(
    runs.flatMap(({ rows }) => rows),
    "samples",
    column,
  );

/** The mean of a column in each part of the samples, and its quartiles, at the middle of the part [million samples]. */
function inParts(runs: readonly Result[], column: Column) {
  const points = comparisons(runs, column);
  const width = Math.max(...points.x) / PARTS;
  const parts = Array.from({ length: PARTS }, (_, part) => ({
    x: ((part + 0.5) * width) / 1e6,
    values: points.y
      .filter((_, i) => Math.min(PARTS - 1, Math.floor(points.x[i] / width)) === part)
      .sort((a, b) => a - b),
  })).filter(({ values }) => values.length > 0);
  const quartile = (fraction: number): number[] => parts.map(({ values }) => study.quantile(values, fraction));
  return {
    x: parts.map(({ x }) => x),
    y: parts.map(({ values }) => study.mean(values)),
    ...{ low: quartile(0.25), high: quartile(0.75) },
  };
}

function againstHorizon(results: readonly Result[], tasks: readonly string[], folder: string): Line[] {
  return tasks.flatMap((task, k) => {
    const files = results
      .filter((result) => result.task === task)
      .map((result) => horizonFile(folder, result))
      .filter(existsSync);
    const rows = files.flatMap(readTable);
    const x = distinct(rows.map((row) => Number(row["horizon"]))).sort((a, b) => a - b);
    if (x.length === 0) return [];
    return KINDS.map(({ method, column }): Line => {
      const at = (horizon: number): number[] =>
        rows.filter((row) => Number(row["horizon"]) === horizon).map((row) => Number(row[column]));
      return { panel: 2 * k + 1, method, from: "ours", x, y: x.map((horizon) => study.mean(at(horizon))) };
    });
  });
}

/** Mean over all comparisons while these runs were trained. */
export const meanCosine = (results: readonly Result[], column: Column): number =>
  study.mean(comparisons(results, column).y);

/** DMO's official horizon. */
const HORIZON = 16;

/** Means over training, and at the end of the run over DMO's horizon and the longest. */
function cosines(results: readonly Result[], lines: readonly Line[], tasks: readonly string[]): Table {
  const rows = tasks.flatMap((task, k) =>
    KINDS.map(({ method, column }) => {
      const runs = results.filter((result) => result.task === task);
      const found = lines.find((line) => line.panel === 2 * k + 1 && line.method === method);
      const { x, y }: study.Points = found ?? { x: [], y: [] };
      const at = (i: number): string => (y[i] === undefined ? "not measured" : report.number(y[i], 2));
      return [
        ...[report.title(task), report.title(method)],
        runs.length > 0 ? report.number(meanCosine(runs, column), 2) : "no run yet",
        at(x.indexOf(HORIZON)),
        at(x.length - 1) + (x.length > 0 ? ` (${x.at(-1)} steps)` : ""),
      ];
    }),
  );
  const head = ["mean cosine over training", `at the end, over ${HORIZON} steps`, "over the longest horizon"];
  return { head: ["task", "gradient", ...head], rows };
}
