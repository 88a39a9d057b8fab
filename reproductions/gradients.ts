// Cosines of gradients with the true one: those that runs logged while they were trained, and those of a run's file against
// the horizon.
import { existsSync } from "node:fs";
import { study } from "../api/index.js";
import { alike, type Result, samplesOf } from "./measure.js";
import { fileBeside } from "./reproduction.js";
import { readTable } from "./table.js";

/** Of metrics.csv and of the files against the horizon. */
export type CosineColumn = "dmo_cosine" | "imagination_cosine";
type GradientColumn = CosineColumn | "true_gradient_norm";

/** What was measured against the horizon after so many samples of a run: rows of its file. */
export type HorizonMoment = { samples: number; rows: { [column: string]: string }[] };

/** What was measured of a run, in the order of training. */
export function momentsOf(result: Result, folder: string): HorizonMoment[] {
  const file = fileBeside(folder, result, "horizon.csv");
  if (!existsSync(file)) return [];
  return alike(readTable(file), ({ epochs }) => epochs)
    .map((rows) => ({ samples: samplesOf(result.config, Number(rows[0]["epochs"])), rows }))
    .sort((a, b) => a.samples - b.samples);
}

/** The mean of a column at each horizon. */
export function meansAt({ rows }: HorizonMoment, column: GradientColumn): { x: number[]; y: number[] } {
  const points = alike(rows, ({ horizon }) => horizon)
    .map((same) => ({ x: Number(same[0]["horizon"]), y: study.mean(same.map((row) => Number(row[column]))) }))
    .sort((a, b) => a.x - b.x);
  return { x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
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
