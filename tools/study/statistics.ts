/**
 * Statistics of few runs on several tasks, as pure functions of plain arrays: the aggregates and stratified bootstrap
 * intervals of Agarwal et al. 2021 (arXiv 2108.13264) as their package rliable computes them. Equal to it where every task
 * has equally many runs; otherwise each task weighs the same, as it does there.
 */
import { InputError } from "@dmo-lab/input/errors";
import type { RandomStream } from "../../lib/tensor/random.js";
import { quantile } from "./quantile.js";

export { quantile };

/** A method's runs, `[task][run]`; a run is its score, or a curve `[point]`. Tasks may differ in their number of runs. */
export type Runs<T = number> = readonly (readonly T[])[];

/** The bounds of an interval, `low <= high`. */
export type Interval = [low: number, high: number];

/** The mean; NaN of no values. @param values any numbers */
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean over tasks of the mean over runs. @param scores finite numbers, `[task][run]` */
export const meanScore = (scores: Runs): number => mean(requireRuns(scores).map(mean));

/** Median over tasks of the mean over runs. @param scores finite numbers, `[task][run]` */
export const medianScore = (scores: Runs): number => quantile(Float64Array.from(requireRuns(scores), mean).sort(), 0.5);

/**
 * Interquartile mean: of all runs of all tasks together, without the lowest and the highest quarter (each rounded down to
 * whole runs). Where tasks differ in their number of runs, runs are counted several times, so that tasks weigh the same.
 * @param scores finite numbers, `[task][run]`
 */
export const interquartileMean = (scores: Runs): number => middleMean(Float64Array.from(evenly(requireRuns(scores))));

/** All runs together, each so often that every task counts the same. */
function evenly<T>(runs: Runs<T>): T[] {
  const copies = runs.reduce((all, { length }) => leastCommonMultiple(all, length), 1);
  return runs.flatMap((task) => task.flatMap((run) => new Array<T>(copies / task.length).fill(run)));
}

/** Sorts the values. */
function middleMean(values: Float64Array): number {
  const cut = Math.floor(values.length / 4);
  const middle = values.sort().subarray(cut, values.length - cut);
  return middle.reduce((a, b) => a + b) / middle.length;
}

/**
 * By how much runs fall short of `target` on average; what lies above it does not make up for what lies below.
 * @param scores `[task][run]`, normalised @param target in the unit of the scores
 */
export const optimalityGap = (scores: Runs, target = 1): number =>
  target - meanScore(scores.map((runs) => runs.map((score) => Math.min(score, target))));

/**
 * How likely a run of x is better than a run of y on the same task, mean over tasks; ties count one half (the Mann-Whitney
 * statistic over its largest value).
 * @param x, y runs on the same tasks in the same order
 * @throws InputError for other numbers of tasks
 */
export function probabilityOfImprovement(x: Runs, y: Runs): number {
  if (x.length !== y.length)
    throw new InputError(`x has ${x.length} tasks and y ${y.length}; allowed: runs on the same tasks.`);
  const better = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
  requireRuns(x);
  requireRuns(y);
  return mean(x.map((runs, task) => mean(runs.map((a) => mean(y[task].map((b) => better(a, b)))))));
}

/**
 * The fraction of runs above each threshold, mean over tasks (the score distribution of section 4.2).
 * @param scores `[task][run]`, normalised @param thresholds in the unit of the scores
 */
export function performanceProfile(scores: Runs, thresholds: readonly number[]): number[] {
  requireRuns(scores);
  const above = (threshold: number) => (runs: readonly number[]) =>
    runs.filter((score) => score > threshold).length / runs.length;
  return thresholds.map((threshold) => mean(scores.map(above(threshold))));
}

/**
 * {@link interquartileMean} at every point of curves `[task][run][point]` of equal length: `[point]`.
 * @param curves of equal length
 */
export function interquartileCurve(curves: Runs<readonly number[]>): number[] {
  const runs = evenly(requireRuns(curves));
  const values = new Float64Array(runs.length); // used again at every point: this is where bootstraps spend their time
  return runs[0].map((_, point) => {
    for (let k = 0; k < runs.length; k++) values[k] = runs[k][point];
    return middleMean(values);
  });
}

/** How an interval is drawn. */
export type BootstrapOptions = {
  /** How much of the statistic's distribution the interval holds (default 0.95). */
  level?: number;
  /** How many times runs are drawn; more make the bounds steadier. */
  resamples?: number;
};

/**
 * Percentile intervals of a statistic by the stratified bootstrap: in each resample every task of every method gets as
 * many runs as it has, drawn with replacement from its own. A method's curves are drawn whole. The intervals tell what
 * other seeds would do to the statistic on these tasks; they are somewhat narrow for few runs.
 * @param methods what `statistic` takes, such as `[dmo]` or `[dmo, shac]` @param statistic numbers of all methods' runs
 * @param random draws the resamples
 * @param options level of the interval (default 0.95) and number of resamples (default 2,000)
 * @returns an interval for each number of the statistic; undefined where a task has one run only, which tells nothing
 *   of the spread
 */
export function stratifiedBootstrap<T, const M extends readonly Runs<T>[]>(
  methods: M,
  statistic: (...methods: M) => readonly number[],
  random: RandomStream,
  { level = 0.95, resamples = 2000 }: BootstrapOptions = {},
): Interval[] | undefined {
  if (methods.some((runs) => requireRuns(runs).some(({ length }) => length === 1))) return undefined;
  const draw = (runs: readonly T[]): T[] => runs.map(() => runs[random.integer(runs.length)]);
  const values = Array.from({ length: resamples }, () =>
    statistic(...(methods.map((runs) => runs.map(draw)) as unknown as M)),
  );
  return values[0].map((_, k) => {
    const sorted = Float64Array.from(values, (value) => value[k]).sort();
    return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
  });
}

/**
 * The interval of the mean of some values, as {@link stratifiedBootstrap}; undefined for a single value.
 * @param values of one task @param random from where resamples are drawn
 * @param options level of the interval (default 0.95) and number of resamples (default 10,000)
 */
export const bootstrapInterval = (
  values: readonly number[],
  random: RandomStream,
  { level = 0.95, resamples = 10_000 }: BootstrapOptions = {},
): Interval | undefined =>
  stratifiedBootstrap([[values]], (runs) => [meanScore(runs)], random, { level, resamples })?.[0];

/** Points of a curve, `x` ascending; `y[i]` is at `x[i]`. */
export type Points = {
  /** Ascending. */
  x: readonly number[];
  /** Values there. */
  y: readonly number[];
};

/** The range of x that all the curves have; empty, `from > to`, where they have none in common. */
export const sharedRange = (curves: readonly Points[]): [from: number, to: number] => [
  Math.max(...curves.map(({ x }) => x[0])),
  Math.min(...curves.map(({ x }) => x.at(-1)!)),
];

/**
 * Evenly spaced values of x over the range that all the curves have.
 * @param curves x ascending in each @param points how many, both ends included
 * @throws InputError where they have none
 */
export function commonGrid(curves: readonly Points[], points = 101): number[] {
  const [from, to] = sharedRange(curves);
  if (!(from <= to))
    throw new InputError(
      `curves: one begins at x = ${from} and one ends at ${to}; allowed: curves that share a range.`,
    );
  return Array.from({ length: points }, (_, k) => (k === points - 1 ? to : from + ((to - from) * k) / (points - 1)));
}

/**
 * Where a curve is drawn, so that it looks right on a linear axis and on a logarithmic one: points evenly spaced, and half as
 * many more in equal ratios. @throws InputError as {@link commonGrid}
 */
export function curveGrid(curves: readonly Points[]): number[] {
  const even = commonGrid(curves);
  const [from, to] = [even[0], even.at(-1)!];
  const count = from > 0 && to > from ? even.length >> 1 : 0;
  const ratios = Array.from({ length: count }, (_, k) => from * (to / from) ** ((k + 1) / (count + 1)));
  return [...even, ...ratios].sort((a, b) => a - b);
}

/**
 * A curve's values at the points of `grid`, linear between its points.
 * @param grid values of x, ascending @param curve x ascending @throws InputError outside of them
 */
export function interpolate({ x, y }: Points, grid: readonly number[]): number[] {
  let i = 0;
  return grid.map((at) => {
    if (!(at >= x[0] && at <= x.at(-1)!))
      throw new InputError(`grid holds ${at}; allowed: from ${x[0]} to ${x.at(-1)}, where the curve is.`);
    while (i < x.length - 2 && x[i + 1] < at) i++;
    return x.length === 1 ? y[0] : y[i] + ((at - x[i]) / (x[i + 1] - x[i])) * (y[i + 1] - y[i]);
  });
}

/** @throws InputError where there is no task, a task without a run, or a score that is not finite */
function requireRuns<R extends Runs<unknown>>(scores: R): R {
  if (scores.length === 0) throw new InputError("scores hold no task; allowed: one or more.");
  scores.forEach((runs, task) => {
    if (runs.length === 0) throw new InputError(`scores of task ${task} (from 0) hold no run; allowed: one or more.`);
    for (const score of runs)
      if (typeof score === "number" && !Number.isFinite(score))
        throw new InputError(`scores of task ${task} (from 0) hold ${score}; allowed: finite numbers.`);
  });
  return scores;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
const leastCommonMultiple = (a: number, b: number): number => (a / greatestCommonDivisor(a, b)) * b;
