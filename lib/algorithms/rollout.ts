// One rollout for every first-order method. Who gives the next state (forward) and who gives its derivative
// (backward) are values: DMO is simulator + learned model, SHAC simulator + simulator, imagination model + model.
import type { Memory, ModelState } from "../dynamics/model.js";
import { normalize, type NormalizerTensors } from "../dynamics/normalizer.js";
import type { Coordinates } from "@dmo-lab/physics/engine";
import type { Outcome } from "../tasks/environment.js";
import type { Actions, Context } from "../tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import { sampleAction } from "./actor.js";

/** What a step gives, vectors as tensors [robots, .], with `nextCoordinates` and `resetCoordinates`, which observations do not tell. */
export type ForwardOutcome = Outcome<tf.Tensor2D, Context> & {
  /** The model's memory after the step, before a reset. */
  nextMemory: Memory;
  /** What `nextObs` and `resetObs` observe. */
  nextCoordinates: Coordinates;
  resetCoordinates: Coordinates;
};

/** Where the robots are, their `coordinates` as well, and what a recurrent model remembers. */
export type RobotState = ModelState & { coordinates: Coordinates };

/** One step of all robots as the backward pass needs it, with the `noise` [robots, act] and the `actions`. */
export type Transition = ForwardOutcome &
  RobotState & {
    /** What the actor saw of `obs`, [robots, seen]. */
    seen: tf.Tensor2D;
    noise: tf.Tensor2D;
    actions: Actions;
    /** 1 where the episode went on, 0 where it ended in this step, [robots, 1]. */
    running: tf.Tensor2D;
  };

/** Where a rollout starts, as constants: the robots' state, and two actions, `previous` and `beforePrevious` (0 after a reset). */
export type Start = RobotState & { previous: tf.Tensor2D; beforePrevious: tf.Tensor2D };

/** Who gives the next state: `begin` says where a rollout starts, `step` takes all robots through step t, from 0. */
export interface Forward {
  begin(): Start;
  step(t: number, state: RobotState, actions: Actions): ForwardOutcome;
}

/** What the actor sees of observations [robots, obs], the noise of its sensors included: [robots, seen]. */
export type Sense = (obs: tf.Tensor2D) => tf.Tensor2D;

const everything: Sense = (obs) => obs;

const act = jit("act", (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampleAction(actor, normalize(seen, normalizer), noise),
);

/** x where the episode went on, else 0. */
export const whereRunning = jit("where running", (x: tf.Tensor2D, running: tf.Tensor2D) =>
  tf.mul<tf.Tensor2D>(x, running),
);

/**
 * Rolls the policy of `actor` out through `forward`; `normalizer` is that of what `sense` lets it see, `noise[t]` is
 * standard normal [robots, act]. Run it inside tf.tidy.
 */
export function rollout(
  actor: Params,
  normalizer: NormalizerTensors,
  forward: Forward,
  noise: readonly tf.Tensor2D[],
  sense: Sense = everything,
): Transition[] {
  let { obs, memory, coordinates, previous, beforePrevious } = forward.begin();
  return noise.map((eps, t) => {
    const seen = sense(obs);
    const actions = { action: act(actor, normalizer, seen, eps), previous, beforePrevious };
    const outcome = forward.step(t, { obs, memory, coordinates }, actions);
    const running = rows(
      eps.shape[0],
      Float32Array.from(outcome.ended, (end) => 1 - end),
    );
    const transition = { ...outcome, obs, memory, coordinates, seen, noise: eps, actions, running };
    obs = outcome.resetObs;
    coordinates = outcome.resetCoordinates;
    memory = outcome.nextMemory.map((h) => whereRunning(h, running));
    beforePrevious = whereRunning(previous, running);
    previous = whereRunning(actions.action, running);
    return transition;
  });
}
