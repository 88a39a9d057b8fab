// What figures measure of results.
import { report, study, tensor, training } from "../api/index.js";
import type { FigureLine } from "./chart.js";
import { SMALL } from "./presets.js";

export type Result = study.Result;
type Against = study.Against;

export const { distinct, methodName } = study;

/** Those for which `of` gives the same, together, in the order of the first of each. */
export const alike = <T>(all: readonly T[], of: (each: T) => unknown): T[][] =>
  distinct(all.map(of)).map((value) => all.filter((each) => of(each) === value));

/** `0.92 M` */
export const million = (samples: number): string => `${report.number(samples / 1e6, 2)} M`;

export const listed = (names: readonly string[]): string => names.map(report.title).join(", ");

/** Results of these tasks and methods, in the order of these. */
export const runsOf = (results: readonly Result[], tasks: readonly string[], methods: readonly string[]): Result[] =>
  tasks.flatMap((task) =>
    methods.flatMap((method) => results.filter((result) => result.task === task && methodName(result) === method)),
  );

/** A setting of a run that is another in a configuration; `there` is undefined where that has no such setting. */
export type Changed = { path: string; own: string; there?: string };

/** Settings in which a run differs from the official configuration, or another; its length does not count. */
export function changed({ task, algorithm, seed, config }: Result, from?: object): Changed[] {
  const shown = (value: unknown): string | undefined => (value === undefined ? undefined : String(value as number));
  return training
    .changes(from ?? training.resolveConfig(task, algorithm, seed), config)
    .filter(({ path, here }) => path !== "epochs" && here !== undefined)
    .map(({ path, there, here }) => ({ path, own: String(here as number), there: shown(there) }));
}

/** Samples of so many epochs. */
export const samplesOf = ({ envs, horizon }: { envs: number; horizon: number }, epochs: number): number =>
  epochs * envs * horizon;

/** Samples of an algorithm's official budget. */
export function budgetOf(task: string, algorithm: string): number {
  const config = training.resolveConfig(task, algorithm, 1);
  return samplesOf(config, config.epochs);
}

/** The part of its algorithm's official budget that a run has done. */
export const partDone = ({ task, algorithm, config, epochs }: Result): number =>
  samplesOf(config, epochs) / budgetOf(task, algorithm);

/** The part that the shortest of these runs has done. */
export const leastDone = (results: readonly Result[]): number => Math.min(...results.map(partDone));

/** Whether a part is the whole budget, but for what rounding to epochs leaves. */
export const isWhole = (part: number): boolean => part >= 0.99;

/** `DMO 22 %` for runs that are shorter than the official budget. */
export function partialText(results: readonly Result[]): string | undefined {
  const part = leastDone(results);
  return isWhole(part)
    ? undefined
    : `${report.title(methodName(results[0]))} ${report.number(100 * part, part < 0.095 ? 1 : 0)} %`;
}

/** Per task and method the mean over seeds of the return, against million samples or minutes. */
export function curves(results: readonly Result[], tasks: readonly string[], against: Against): FigureLine[] {
  const usable = study
    .usableAgainst(against, results)
    .filter(({ rows }) => rows.some((row) => row.return !== undefined));
  if (usable.length === 0) return [];
  const { unit } = report.PROGRESS[against];
  return study.compare(usable, { against }).groups.map(({ task, method, curve }) => ({
    panel: tasks.indexOf(task),
    method,
    from: "ours",
    ...curve,
    x: curve.x.map((x) => x / unit),
    partial: partialText(usable.filter((result) => result.task === task && methodName(result) === method)),
  }));
}

const points = ({ rows }: Result, against: Against, divisor: number): study.Points => {
  const { x, y } = study.pointsOf(rows, study.AGAINST[against], "return");
  return { x, y: y.map((value) => value / divisor) };
};

/**
 * The highest return that a method reaches on a task, as mean over its seeds, which method that is, and of how many:
 * those without a variant, and those in the preset `laptop`.
 */
export function highest(results: readonly Result[], task: string): { value: number; method: string; of: number } {
  const runs = results.filter((result) => result.task === task && ["", SMALL].includes(result.variant));
  const tops = distinct(runs.map(methodName)).map((method) => {
    const seeds = runsOf(runs, [task], [method]).map((run) => points(run, "samples", 1));
    const grid = study.commonGrid(seeds);
    return { method, value: Math.max(...study.meanCurve(seeds.map((seed) => study.interpolate(seed, grid)))) };
  });
  return { ...tops.reduce((a, b) => (b.value > a.value ? b : a)), of: tops.length };
}

/** Curves `[task][run]` of the return over the highest in `scale`. */
function normalizedRuns(
  all: readonly Result[],
  tasks: readonly string[],
  method: string,
  against: Against,
  scale: readonly Result[],
): study.Runs<study.Points> {
  const runs = tasks.map((task) => {
    const { value } = highest(scale, task);
    return runsOf(all, [task], [method]).map((result) => ({
      ...points(result, against, value),
      whole: isWhole(partDone(result)),
    }));
  });
  const last = lastOf(runs.flat());
  return runs.map((seeds) => seeds.map((run) => (run.whole ? prolonged(run, last) : run)));
}

/** Where the first partial run ends; the last run, if all are whole. */
function lastOf(runs: readonly (study.Points & { whole: boolean })[]): number {
  const partial = runs.filter(({ whole }) => !whole).map(({ x }) => x[x.length - 1]);
  return partial.length > 0 ? Math.min(...partial) : Math.max(...runs.map(({ x }) => x[x.length - 1]));
}

/** A run that is over keeps its last return: its task has no larger budget. */
const prolonged = ({ x, y }: study.Points, last: number): study.Points =>
  x[x.length - 1] < last ? { x: [...x, last], y: [...y, y[y.length - 1]] } : { x, y };

/** Mean over tasks of the mean over seeds of the normalised return, to where the first partial run ends. */
export function aggregateCurve(all: readonly Result[], tasks: readonly string[], method: string, against: Against) {
  const runs = normalizedRuns(all, tasks, method, against, all);
  const mean = (curves: study.Runs<readonly number[]>): number[] =>
    curves[0][0].map((_, k) => study.meanScore(curves.map((seeds) => seeds.map((curve) => curve[k]))));
  const { x, ...band } = study.curveBand(runs, mean, tensor.streams(0)(`${method} ${against}`));
  return { x: x.map((at) => at / report.PROGRESS[against].unit), ...band };
}

/** Where such a curve ends, with returns over the highest in `scale`. */
export function aggregateEnd(...curve: Parameters<typeof normalizedRuns>): number {
  const runs = normalizedRuns(...curve);
  const end = study.commonGrid(runs.flat()).at(-1)!;
  return study.meanScore(runs.map((seeds) => seeds.map((seed) => study.interpolate(seed, [end])[0])));
}

/** The return of a method: mean over seeds, with the 95 % bootstrap interval of that mean. */
export type Final = { method: string; seeds: number[] } & study.Estimate;

/**
 * Returns of methods on a task after equal samples, or seconds: where the shortest of their runs ends, means over the last 5 %
 * before. A method that has no return yet by then is left out.
 */
export function atEqual(
  results: readonly Result[],
  task: string,
  methods: readonly string[],
  against: Against = "samples",
): { end: number; finals: Final[] } {
  const runs = runsOf(study.usableAgainst(against, results), [task], methods);
  const end = Math.min(...runs.map(({ rows }) => rows[rows.length - 1][study.AGAINST[against]]!));
  const finals = distinct(runs.map(methodName)).map((method): Final => {
    const own = runsOf(runs, [task], [method]);
    const values = own.map((run) => study.finalValue(study.pointsOf(run.rows, study.AGAINST[against], "return"), end));
    const random = tensor.streams(0)(`${task} ${method} ${against}`);
    const interval = values.every(Number.isFinite) ? study.bootstrapInterval(values, random) : undefined;
    return { method, seeds: own.map(({ seed }) => seed), value: study.mean(values), interval };
  });
  return { end, finals: finals.filter(({ value }) => Number.isFinite(value)) };
}
