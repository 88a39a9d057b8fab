import type { Environment } from "../tasks/environment.js";
import type { Task } from "../tasks/task.js";
import type { RandomStream } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "../tensor/tf.js";
import type { Policy } from "./policy.js";

/**
 * Undiscounted returns of whole episodes. `std` is the population standard deviation; `successes` how often an episode
 * reached a goal on average, for tasks with goals.
 */
export type Evaluation = { mean: number; std: number; episodes: number; returns: number[]; successes?: number };

/**
 * One episode in every environment, from the task's noisy start to its end. Each environment counts its first episode
 * alone, so that short episodes are not counted more often than long ones.
 * @param noise samples the stochastic policy; without it the policy is deterministic
 */
export function evaluate(policy: Policy, environment: Environment, noise?: RandomStream): Evaluation {
  const { numEnvs, actionSize } = environment.engine;
  const returns = new Array<number>(numEnvs).fill(0);
  const running = new Set(returns.keys());
  const { success } = environment.task;
  let successes = 0;
  let obs = environment.reset();
  while (running.size > 0) {
    const action = policy.act(environment.sense(obs), noise?.normals(numEnvs * actionSize));
    const step = environment.step(action);
    const reached = success && flagsOf(success, step.nextObs, numEnvs);
    for (const i of running) {
      returns[i] += step.reward[i];
      successes += reached?.[i] ?? 0;
      if (step.terminated[i] || step.truncated[i]) running.delete(i);
    }
    obs = step.resetObs;
  }
  return { ...summarize(returns), ...(success && { successes: successes / numEnvs }) };
}

/** Values of a task's condition for observations `[env * observation]`. */
const flagsOf = (condition: Required<Task>["success"], obs: Float32Array, envs: number): Uint8Array =>
  tf.tidy(() => condition(rows(envs, obs)).dataSync() as Uint8Array);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function summarize(returns: number[]): Evaluation {
  const average = mean(returns);
  const variance = mean(returns.map((r) => (r - average) ** 2));
  return { mean: average, std: Math.sqrt(variance), episodes: returns.length, returns };
}
