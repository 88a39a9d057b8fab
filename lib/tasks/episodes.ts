import type { Environment, Step } from "./environment.js";
import type { State } from "./task.js";

/** Gives actions `[env * action]` for what the actors see `[env * task.actorSees.length]`, such as `(seen) => policy.act(seen)`. */
export type Act = (seen: Float32Array) => Float32Array;

/** `running`: the environments whose first episode took this step. */
export type EpisodeStep = Step & { running: readonly number[] };

/**
 * One episode in every environment, step by step until the last one has ended: what evaluations, trials and recordings fold
 * over. Each environment counts its first episode alone, so that short episodes are not counted more often than long ones.
 * @param act asked before each step, for actions `[env * action]`
 * @param start where each episode begins (default: the task's noisy start)
 */
export function* episodes(
  environment: Environment,
  act: () => Float32Array,
  start?: (env: number) => State,
): Generator<EpisodeStep> {
  environment.reset(start);
  let running = Array.from({ length: environment.engine.numEnvs }, (_, env) => env);
  while (running.length > 0) {
    const step = environment.step(act());
    yield { ...step, running };
    running = running.filter((env) => !step.ended[env]);
  }
}
