// The time that a run can be said to have taken.
import type { Result } from "./results.js";

/** What tells a run's time. */
export type Timed = Pick<Result, "busyClock" | "rows"> & {
  /** Absent: it is not known. */
  machine?: Result["machine"];
};

/**
 * A run whose `wall_seconds` say something: the clock's, or where the machine was busy the processor time of its only thread,
 * which is what the clock of an idle machine would have shown at most. Undefined where neither is known.
 * @param run is not changed
 */
export function timed<Run extends Timed>(run: Run): Run | undefined {
  const { busyClock, machine, rows } = run;
  if (!busyClock) return run;
  const known = machine?.backend.threads === 1 && rows.every(({ cpu_seconds }) => cpu_seconds !== undefined);
  return known ? { ...run, rows: rows.map((row) => ({ ...row, wall_seconds: row.cpu_seconds })) } : undefined;
}
