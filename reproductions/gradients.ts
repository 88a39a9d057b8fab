// Cosines of gradients with the true one: those that runs logged while they were trained, and those of a run's file against
// the horizon.
import { existsSync } from "node:fs";
import { report, study } from "../api/index.js";
import { alike, type Result, samplesOf } from "./measure.js";
import { GRADIENT_NEEDS, isSmall, SMALL } from "./presets.js";
import { fileBeside } from "./reproduction.js";
import { readTable } from "./table.js";

/** The runs that log gradients. */
export const GRADIENT_METHODS = GRADIENT_NEEDS.flatMap(({ settings }) => settings!.map(({ name }) => `dmo+${name}`));

/** `Ant`, or `Ant, preset laptop`. */
export const titleOf = ({ task, variant }: Pick<Result, "task" | "variant">): string =>
  `${report.title(task)}${isSmall(variant) ? `, preset ${SMALL}` : ""}`;

/** Of metrics.csv and of the files against the horizon. */
export type CosineColumn = "dmo_cosine" | "imagination_cosine";
/** The same of single robots: their quartiles. */
type RobotColumn = `${CosineColumn}_${"lower" | "median" | "upper"}`;
type GradientColumn = CosineColumn | RobotColumn | "true_gradient_norm";

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

/** A line in an area. */
type Spread = { x: number[]; y: number[]; low: number[]; high: number[] };

/** The same of robots, where they were compared one by one: their median and quartiles. */
export const robotsAt = (moment: HorizonMoment, column: CosineColumn): Spread => ({
  ...meansAt(moment, `${column}_median`),
  ...{ low: meansAt(moment, `${column}_lower`).y, high: meansAt(moment, `${column}_upper`).y },
});

/** Whether they were. */
export const comparesRobots = ({ rows }: HorizonMoment): boolean => "dmo_cosine_median" in rows[0];

const comparisons = (runs: readonly Result[], column: CosineColumn | RobotColumn): study.Points =>
  study.pointsOf(
    runs.flatMap(({ rows }) => rows),
    "samples",
    column,
  );

/** Whether these runs compared robots one by one while they were trained. */
export const loggedRobots = (runs: readonly Result[]): boolean => comparisons(runs, "dmo_cosine_median").x.length > 0;

/** Mean over all comparisons while these runs were trained, or in their first `samples`. */
export function meanCosine(results: readonly Result[], column: CosineColumn, samples = Infinity): number {
  const { x, y } = comparisons(results, column);
  return study.mean(y.filter((_, i) => x[i] <= samples));
}

/** Into so many parts the samples of a run are divided: single comparisons scatter widely. */
const PARTS = 10;

/** The values of comparisons in each part of the samples, ascending, and the middle of the part [million samples]. */
function parts({ x, y }: study.Points): { x: number; values: number[] }[] {
  const width = Math.max(...x) / PARTS;
  return Array.from({ length: PARTS }, (_, part) => ({
    x: ((part + 0.5) * width) / 1e6,
    values: y.filter((_, i) => Math.min(PARTS - 1, Math.floor(x[i] / width)) === part).sort((a, b) => a - b),
  })).filter(({ values }) => values.length > 0);
}

const means = (runs: readonly Result[], column: CosineColumn | RobotColumn): { x: number[]; y: number[] } => {
  const all = parts(comparisons(runs, column));
  return { x: all.map(({ x }) => x), y: all.map(({ values }) => study.mean(values)) };
};

/** The mean of a column in each part of the samples, and its quartiles. */
export function inParts(runs: readonly Result[], column: CosineColumn): Spread {
  const quartile = (fraction: number): number[] =>
    parts(comparisons(runs, column)).map(({ values }) => study.quantile(values, fraction));
  return { ...means(runs, column), ...{ low: quartile(0.25), high: quartile(0.75) } };
}

/** The same of robots: means of their median and quartiles. */
export const robotsInParts = (runs: readonly Result[], column: CosineColumn): Spread => ({
  ...means(runs, `${column}_median`),
  ...{ low: means(runs, `${column}_lower`).y, high: means(runs, `${column}_upper`).y },
});
