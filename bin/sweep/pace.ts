/** How long runs take, by how long others like them took. */
import { packageFile } from "../../lib/project.js";
import { duration } from "../../tools/report/format.js";
import type { ResultPlace } from "../../tools/study/result-place.js";
import { readResults } from "../../tools/study/results.js";
import { mean } from "../../tools/study/statistics.js";
import { timed } from "../../tools/study/timed.js";
import type { Row } from "../../lib/training/metrics.js";
import type { Run } from "./pool.js";

/** Measured seconds of a sample, by what decides them most. */
export type Pace = { task: string; algorithm: string; variant: string; seconds: number };

const paceOf = ({ task, algorithm, variant }: ResultPlace, { wall_seconds, samples }: Row): Pace => ({
  task,
  algorithm,
  variant,
  seconds: wall_seconds! / samples!,
});

/** Of the runs that have begun, and of the committed ones, which other machines may have made. */
export const pacesOf = (runs: readonly Run[]): Pace[] =>
  runs.flatMap(({ job, row }) => (row ? [paceOf(job.place, row)] : []));
export const committedPaces = (): Pace[] =>
  readResults(packageFile("data/results"))
    .flatMap((result) => timed(result) ?? [])
    .map((result) => paceOf(result, result.rows.at(-1)!));

/** The first epoch compiles, and fits a model from nothing: a run's own pace counts after so many. */
const SETTLED_EPOCHS = 5;

/**
 * Seconds that a run still takes: by its own pace, or else that of its variant, or else that of its task and algorithm;
 * undefined where there is none.
 */
export function secondsLeft({ job, row }: Run, known: readonly Pace[]): number | undefined {
  const { epochs, envs, horizon } = job.config;
  const left = epochs * envs * horizon - (row?.samples ?? 0);
  if (row && row.epoch! >= SETTLED_EPOCHS) return left * paceOf(job.place, row).seconds;
  const { task, algorithm, variant } = job.place;
  const alike = known.filter((pace) => pace.task === task && pace.algorithm === algorithm);
  const same = alike.filter((pace) => pace.variant === variant);
  const paces = (same.length > 0 ? same : alike).map(({ seconds }) => seconds);
  return paces.length > 0 ? left * mean(paces) : undefined;
}

/** `about 12 min 30 s left` for `atATime` runs side by side, and how many that leaves out. */
export function timeLeft(runs: readonly Run[], atATime: number, known: readonly Pace[]): string {
  const open = runs.filter(({ status }) => status === "running" || status === "waiting");
  const times = open.map((run) => secondsLeft(run, known));
  const seconds = times.filter((time) => time !== undefined);
  const unknown = times.length - seconds.length;
  if (unknown > 0 && seconds.length === 0) return "time left unknown";
  const longest = Math.max(0, ...seconds);
  const all = seconds.reduce((a, b) => a + b, 0) / atATime;
  return `about ${duration(Math.max(longest, all))} left${unknown > 0 ? `, without ${unknown} of unknown length` : ""}`;
}
