// Cosines of gradients with the true one: those that runs logged while they were trained, and those of a run's file against
// the horizon.
import { existsSync } from "node:fs";
import { report, study } from "../lib/index.js";
import { distinct, type Result } from "./measure.js";
import { horizonFile } from "./reproduction.js";
import { readTable } from "./table.js";

/** Of metrics.csv and of the files against the horizon. */
export type CosineColumn = "dmo_cosine" | "imagination_cosine";
type GradientColumn = CosineColumn | "true_gradient_norm";

/** What was measured against the horizon after so many samples of a run: rows of its file. */
export type Moment = { samples: number; rows: { [column: string]: string }[] };

/** What was measured of a run, in the order of training. */
export function momentsOf(result: Result, folder: string): Moment[] {
  const file = horizonFile(folder, result);
  if (!existsSync(file)) return [];
  const rows = readTable(file);
  const { envs, horizon } = result.config;
  return distinct(rows.map(({ epochs }) => epochs))
    .sort((a, b) => Number(a) - Number(b))
    .map((epochs) => ({
      samples: Number(epochs) * envs * horizon,
      rows: rows.filter((row) => row["epochs"] === epochs),
    }));
}

/** `0.92 M` */
export const million = ({ samples }: Moment): string => `${report.number(samples / 1e6, 2)} M`;

/** The mean of a column at each horizon. */
export function meansAt({ rows }: Moment, column: GradientColumn): { x: number[]; y: number[] } {
  const x = distinct(rows.map((row) => Number(row["horizon"]))).sort((a, b) => a - b);
  const at = (horizon: number): number[] =>
    rows.filter((row) => Number(row["horizon"]) === horizon).map((row) => Number(row[column]));
  return { x, y: x.map((horizon) => study.mean(at(horizon))) };
}

const comparisons = (runs: readonly Result[], column: CosineColumn): study.Points =>
  study.pointsOf(
    runs.flatMap(({ rows }) => rows),
    "samples",
    column,
  );

/** Mean over all comparisons while these runs were trained, or in their first `samples`. */
export function meanCosine(results: readonly Result[], column: CosineColumn, samples = Infinity): number {
  const { x, y } = comparisons(results, column);
  return study.mean(y.filter((_, i) => x[i] <= samples));
}

/** Into so many parts the samples of a run are divided: single comparisons scatter widely. */
const PARTS = 10;

/** The mean of a column in each part of the samples, and its quartiles, at the middle of the part [million samples]. */
export function inParts(runs: readonly Result[], column: CosineColumn) {
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
