// One rollout for every first-order method. Who gives the next state (forward) and who gives its derivative
// (backward) are values: DMO is simulator + learned model, SHAC simulator + simulator, imagination model + model.
import type { Memory, ModelState } from "../dynamics/model.js";
import { normalize, type NormalizerTensors } from "../dynamics/normalizer.js";
import type { Coordinates } from "@dmo-lab/physics/engine";
import type { Actions, Context } from "../tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { tf } from "@dmo-lab/jit/tf";
import { sampleAction } from "./actor.js";

/** What a step gives. Tensors are [robots, .], arrays [robots]. */
export type Outcome = {
  /** Before a reset. */
  nextObs: tf.Tensor2D;
  /** After it: what the policy sees next. */
  resetObs: tf.Tensor2D;
  /** The model's memory after the step, before a reset. */
  nextMemory: Memory;
  /** What `nextObs` and `resetObs` observe. */
  nextCoordinates: Coordinates;
  resetCoordinates: Coordinates;
  reward: Float32Array;
  terminated: Uint8Array;
  /** Early ends because the state left the task's limit: the reward counts 0, whatever the observation. */
  lost: Uint8Array;
  /** Time-out of an episode that did not terminate. */
  truncated: Uint8Array;
  /** Constants of the step (command, gait phase), never differentiated. */
  context: Context;
};

/** Where the robots are, and what a recurrent model remembers. */
export type RobotState = ModelState & { coordinates: Coordinates };

/** One step of all robots as the backward pass needs it. */
export type Transition = Outcome &
  RobotState & {
    /** What the actor saw of `obs`, [robots, seen]. */
    seen: tf.Tensor2D;
    noise: tf.Tensor2D;
    actions: Actions;
    /** 1 where the episode ended in this step, [robots, 1]. */
    ended: tf.Tensor2D;
  };

/** Where a rollout starts, as constants: the robots' state, and the two actions before (0 after a reset). */
export type Start = RobotState & { previous: tf.Tensor2D; beforePrevious: tf.Tensor2D };

/** Who gives the next state. */
export interface Forward {
  begin(): Start;
  step(t: number, state: RobotState, actions: Actions): Outcome;
}

/** What the actor sees of observations [robots, obs], the noise of its sensors included: [robots, seen]. */
export type Sense = (obs: tf.Tensor2D) => tf.Tensor2D;

const everything: Sense = (obs) => obs;

const act = jit("act", (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampleAction(actor, normalize(seen, normalizer), noise),
);

/** x where the episode went on, else 0. */
export const zeroWhereEnded = jit("zero where ended", (x: tf.Tensor2D, ended: tf.Tensor2D) =>
  tf.mul<tf.Tensor2D>(x, tf.sub(1, ended)),
);

/**
 * Rolls the stochastic policy out; `normalizer` is that of what the actor sees, `noise[t]` is standard normal
 * [robots, act]. Run it inside tf.tidy.
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
    const ended = endedColumn(outcome);
    const transition = { ...outcome, obs, memory, coordinates, seen, noise: eps, actions, ended };
    obs = outcome.resetObs;
    coordinates = outcome.resetCoordinates;
    memory = outcome.nextMemory.map((h) => zeroWhereEnded(h, ended));
    beforePrevious = zeroWhereEnded(previous, ended);
    previous = zeroWhereEnded(actions.action, ended);
    return transition;
  });
}

function endedColumn({ terminated, truncated }: Outcome): tf.Tensor2D {
  const flags = Float32Array.from(terminated, (flag, i) => flag | truncated[i]);
  return tf.tensor2d(flags, [flags.length, 1]);
}
