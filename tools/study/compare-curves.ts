// What a comparison makes of rows: curves, final values, bands.
import type { RandomStream } from "../../lib/tensor/random.js";
import type { Column } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import {
  curveGrid,
  interpolate,
  mean,
  stratifiedBootstrap,
  type Interval,
  type Points,
  type Runs,
} from "./statistics.js";

/** A number, with its 95 % interval where there is more than one run of everything in it. */
export type Estimate = {
  /** The number. */
  value: number;
  /** Its bounds. */
  interval?: Interval;
};

/** A curve with pointwise 95 % intervals, under the same condition. */
export type Band = {
  /** Places, ascending. */
  x: number[];
  /** Values there. */
  y: number[];
  /** Lower bounds. */
  low?: number[];
  /** Upper bounds. */
  high?: number[];
};

/** Makes a band of numbers and their intervals. */
export const bandOf = (x: number[], y: number[], intervals: Interval[] | undefined): Band => ({
  x,
  y,
  ...(intervals && { low: intervals.map(([low]) => low), high: intervals.map(([, high]) => high) }),
});

/** Resamples for the intervals of a curve; single numbers get more. */
const RESAMPLES = 1000;

/**
 * A column against another, without the rows that have no value yet.
 * @param rows of metrics.csv @param x column for the place @param y column for the value
 */
export function pointsOf(rows: readonly Row[], x: Column, y: Column): Points {
  const present = rows.filter((row) => row[x] !== undefined && row[y] !== undefined);
  return { x: present.map((row) => row[x]!), y: present.map((row) => row[y]!) };
}

/** The part of a run at its end whose rows its final value is the mean of. */
const FINAL_PART = 0.05;

/**
 * The mean of y over the last 5 % of x up to `end`; of the last point before, if there is none.
 * @param end where it is read, in the unit of x @param points of a curve, x ascending
 */
export function finalValue({ x, y }: Points, end: number): number {
  const before = y.filter((_, i) => x[i] <= end);
  const last = y.filter((_, i) => x[i] <= end && x[i] > (1 - FINAL_PART) * end);
  return mean(last.length > 0 ? last : before.slice(-1));
}

/** The mean over seeds at each point; `[seed][point]` gives `[point]`. @param curves of equal length */
export const meanCurve = (curves: readonly (readonly number[])[]): number[] =>
  curves[0].map((_, point) => mean(curves.map((curve) => curve[point])));

/**
 * A statistic along curves `[task][seed]`, over the range that all of them have.
 * @param curves `[task][seed]` @param statistic from values `[task][seed][point]` to `[point]`
 * @param random draws the resamples @throws InputError where there is none
 */
export function curveBand(
  curves: Runs<Points>,
  statistic: (curves: Runs<readonly number[]>) => number[],
  random: RandomStream,
): Band {
  const grid = curveGrid(curves.flat());
  const values = curves.map((seeds) => seeds.map((curve) => interpolate(curve, grid)));
  return bandOf(grid, statistic(values), stratifiedBootstrap([values], statistic, random, { resamples: RESAMPLES }));
}
