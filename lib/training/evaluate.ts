import { list, number, optional, partOf, whole, type Output } from "@dmo-lab/input/schema";
import type { Environment } from "../tasks/environment.js";
import { episodes } from "../tasks/episodes.js";
import type { Task } from "../tasks/task.js";
import type { RandomStream } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Policy } from "./policy.js";

/** What an {@link Evaluation} in a file has to be; more may stand beside it. */
export const evaluationSchema = partOf({
  mean: number,
  std: number,
  episodes: whole(),
  returns: list(number, "a list of numbers", 1),
  successes: optional(number),
});

/**
 * Undiscounted returns of whole episodes, of what was earned: a bonus of training does not count. `std` is the population
 * standard deviation; `successes` how often an episode reached a goal on average, for tasks with goals.
 */
export type Evaluation = Output<typeof evaluationSchema>;

/**
 * One episode of `policy` in every robot of `environment`, from the task's noisy start to its end.
 * @param noise samples the stochastic policy; without it the policy is deterministic
 */
export function evaluate(policy: Policy, environment: Environment, noise?: RandomStream): Evaluation {
  const { numEnvs, actionSize } = environment.engine;
  const { success } = environment.task;
  const returns = new Array<number>(numEnvs).fill(0);
  let successes = 0;
  const act = () => policy.act(environment.seen, noise?.normals(numEnvs * actionSize));
  for (const { running, earned, nextObs } of episodes(environment, act)) {
    const reached = success && flagsOf(success, nextObs, numEnvs);
    for (const env of running) {
      returns[env] += earned[env];
      successes += reached?.[env] ?? 0;
    }
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
