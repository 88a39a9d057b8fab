/** What every learner measures of an epoch beside its losses. */
import { NonFiniteError } from "@dmo-lab/input/errors";
import type { Task } from "../tasks/task.js";
import type { Metrics } from "./learner.js";

/** The value. @throws NonFiniteError that names it */
export function requireFinite(value: number, what: string): number {
  if (!Number.isFinite(value)) throw new NonFiniteError(`${what} is ${value}`);
  return value;
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

/** The share of rewards at this floor. */
function shareAt(floor: number, steps: readonly { reward: Float32Array }[]): number {
  const rewards = steps.flatMap(({ reward }) => [...reward]);
  return rewards.filter((reward) => reward <= floor).length / rewards.length;
}

/** What is counted of steps where the task has a floor of its rewards or a limit of its state. */
export const taskColumns = (
  { rewardFloor, stateLimit }: Task,
  steps: readonly { reward: Float32Array; lost: Uint8Array }[],
): Metrics => ({
  ...(rewardFloor !== undefined && { floored_rewards: shareAt(rewardFloor, steps) }),
  ...(stateLimit !== undefined && { lost_states: countLost(steps) }),
});
