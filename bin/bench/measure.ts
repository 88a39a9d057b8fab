/** Timing: what a call takes, as the median of many. */

/** A result; `relativeTo` is another one of the same run, with the same unit. */
export type Measurement = {
  name: string;
  value: number;
  unit: string;
  relativeTo: { name: string; value: number } | null;
};

/** What could not be measured, and why. */
export type Missing = { name: string; value: null; unit: string; relativeTo: null; why: string };

export const measurement = (name: string, value: number, unit: string): Measurement => ({
  name,
  value,
  unit,
  relativeTo: null,
});

/** A result beside another one. */
export const relativeTo = ({ name, value }: Measurement, result: Measurement): Measurement => ({
  ...result,
  relativeTo: { name, value },
});

const MIN_CALLS = 3;

/** Median milliseconds of a call over `seconds` (and at least three calls), after one that does not count. */
export function medianMilliseconds(call: () => void, seconds: number): number {
  call();
  const times: number[] = [];
  const began = performance.now();
  while (times.length < MIN_CALLS || performance.now() - began < seconds * 1000) {
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
