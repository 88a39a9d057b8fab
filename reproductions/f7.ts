// F7: how close gradients are to the true one, over training and against the horizon.
import { existsSync } from "node:fs";
import { report, study } from "../lib/index.js";
import { type Chart, type Line, samplesAxis } from "./chart.js";
import { curves, distinct, type Result, select } from "./measure.js";
import { DIFFERENTIABLE } from "./presets.js";
import { horizonFile, provenance, type Reproduction } from "./reproduction.js";
import { readTable, type Table } from "./table.js";

const METHOD = "dmo+gradients";
/** Whose gradient, and its column in metrics.csv and in the files of horizons. */
const KINDS = [
  { method: "dmo", column: "dmo_cosine" },
  { method: "imagination", column: "imagination_cosine" },
] as const;

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
      "Gradients of one policy from the same states with the same noise, flattened, log-std included, not clipped. 1 is the true direction, 0 a random one. Lines: mean over seeds (and over repeats with other noise, against the horizon, at the end of the run).",
      ...provenance(shown),
    ];
    return { drawing: { panels: panelsOf(tasks), lines }, caption, beside: cosines(lines, tasks) };
  },
};

/** Of each task, over training on the left and against the horizon on the right. */
function panelsOf(tasks: readonly string[]): Chart["panels"] {
  const yaxis = { range: [-1.03, 1.03] };
  return tasks.flatMap((task) => [
    { ...samplesAxis, free: "lower right", heading: `${report.title(task)}: cosine over training`, yaxis, empty: "no run yet" }, // prettier-ignore
    {
      x: "horizon, steps",
      heading: `${report.title(task)}: cosine at the end`,
      xaxis: { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64, 128] },
      yaxis,
      empty: "not measured yet",
    },
  ]);
}

const overTraining = (results: readonly Result[], tasks: readonly string[]): Line[] =>
  KINDS.flatMap(({ method, column }, k) =>
    curves(results, tasks, "samples", column).map(({ task, partial, ...line }) => ({
      ...line,
      ...(k === 0 && { partial }), // both lines are of the same runs
      method,
      panel: 2 * tasks.indexOf(task),
    })),
  );

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

/** Means over training, and at the longest horizon. */
function cosines(lines: readonly Line[], tasks: readonly string[]): Table {
  const cell = (line: Line | undefined, of: (line: Line) => number): string =>
    line ? report.number(of(line), 2) : "no run yet";
  const rows = tasks.flatMap((task, k) =>
    KINDS.map(({ method }) => {
      const [training, horizon] = [2 * k, 2 * k + 1].map((panel) =>
        lines.find((line) => line.panel === panel && line.method === method),
      );
      const longest = horizon ? ` (${horizon.x.at(-1)} steps)` : "";
      return [report.title(task), report.title(method), cell(training, ({ y }) => study.mean(y)), cell(horizon, ({ y }) => y.at(-1)!) + longest]; // prettier-ignore
    }),
  );
  return { head: ["task", "gradient", "mean cosine over training", "at the longest horizon"], rows };
}
