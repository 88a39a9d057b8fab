/** Statistics of scores: pure functions of numbers. */
import type { RandomStream } from "../tensor/random.js";

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The value below which a fraction of the values lies, linear between neighbours; `sorted` ascending. */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const at = fraction * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Percentile bootstrap (Efron & Tibshirani 1993, section 13.3): the interval that holds the middle `level` of a statistic
 * over resamples of the values, drawn with replacement. Somewhat narrow for fewer than about 20 values.
 */
export function bootstrapInterval(
  values: readonly number[],
  random: RandomStream,
  { statistic = mean, level = 0.95, resamples = 10_000 } = {},
): [low: number, high: number] {
  const draw = (): number[] => values.map(() => values[random.integer(values.length)]);
  const sorted = Float64Array.from({ length: resamples }, () => statistic(draw())).sort();
  return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
}
