/** What every learner measures of an epoch beside its losses. */
import { NonFiniteError } from "../errors.js";
import type { Task } from "../tasks/task.js";
import type { Metrics } from "./learner.js";

/** @throws NonFiniteError that names the value */
export function requireFinite(value: number, what: string): void {
  if (!Number.isFinite(value)) throw new NonFiniteError(`${what} is ${value}`);
}

/** A clock for the parts of an epoch: each call books the seconds since the last one under a column's name. */
export function stopwatch() {
  const seconds: Metrics = {};
  let last = performance.now();
  const lap = (column: string): void => {
    const now = performance.now();
    seconds[column] = (seconds[column] ?? 0) + (now - last) / 1000;
    last = now;
  };
  return Object.assign(lap, { seconds });
}

/** How many environments left the task's limit of their state in these steps. */
export const countLost = (steps: readonly { lost: Uint8Array }[]): number =>
  steps.reduce((count, { lost }) => lost.reduce((sum, flag) => sum + flag, count), 0);

/** Of all rewards of these steps, the share at the task's floor, as a column; empty for a task without. */
export function floored({ rewardFloor }: Task, steps: readonly { reward: Float32Array }[]): Metrics {
  if (rewardFloor === undefined) return {};
  const rewards = steps.flatMap(({ reward }) => [...reward]);
  return { floored_rewards: rewards.filter((reward) => reward <= rewardFloor).length / rewards.length };
}
