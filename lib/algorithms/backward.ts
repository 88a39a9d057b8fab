import { predictNextObs, type Prediction } from "../dynamics/model.js";
import { type DifferentiableEngine, clearNonFinite } from "../physics/engine.js";
import type { Task } from "../tasks/task.js";
import { dropNonFinite, vjp } from "../tensor/grad.js";
import { jit } from "../tensor/jit.js";
import { tf } from "../tensor/tf.js";
import type { LearnedModel } from "./forward.js";
import type { Transition } from "./rollout.js";

/** Who gives the derivative of the next state. */
export interface Backward {
  /** Called before a rollout of `horizon` steps. */
  begin(horizon: number): void;
  /**
   * Pulls the gradient at the next observation of step t back to its action, for t = horizon-1 .. 0. `gNextObs`
   * [robots, obs] holds the direct contributions at t+1 alone (reward, bootstrap, policy); the backward adds what it
   * carries from later steps, dropped where the episode ended in step t. Returns the gradient at the action.
   */
  back(t: number, transition: Transition, gNextObs: tf.Tensor2D): tf.Tensor2D;
  /** Entries of gradients since `begin` that were not finite and became 0, as tasks with a limit of their state allow. */
  dropped(): number;
}

/** The learned model's Jacobians, at the rollout's states: DMO's decoupled gradient (paper, section 4). */
export function modelBackward(prediction: Prediction, model: () => LearnedModel, task: Task): Backward {
  const guard = task.stateLimit === undefined ? keep : dropNonFinite;
  const pullBack = jit(
    "model backward",
    (
      { params, normalizer }: LearnedModel,
      at: { obs: tf.Tensor2D; action: tf.Tensor2D },
      direct: tf.Tensor2D,
      carry: tf.Tensor2D,
      ended: tf.Tensor2D,
    ) => {
      const into = guard(direct.add<tf.Tensor2D>(carry.mul(tf.sub(1, ended))));
      const next = (x: typeof at) => predictNextObs(params, normalizer, x.obs, x.action, prediction);
      const out = guard(vjp(next, at, into.finite).grad);
      return { ...out.finite, dropped: into.dropped.add(out.dropped) };
    },
  );
  let carry: tf.Tensor2D | undefined;
  let dropped: tf.Tensor[] = [];
  return {
    begin: () => {
      carry = undefined;
      dropped = [];
    },
    back: (_t, { obs, actions, ended }, gNextObs) => {
      const at = { obs, action: actions.action };
      const grad = pullBack(model(), at, gNextObs, carry ?? tf.zerosLike(obs), ended);
      carry = grad.obs;
      dropped.push(grad.dropped);
      return grad.action;
    },
    dropped: () => tf.addN(dropped).dataSync()[0],
  };
}

const keep: typeof dropNonFinite = (grads) => ({ finite: grads, dropped: tf.scalar(0) });

/** The differentiable simulator's adjoint: the true gradient. */
export function simulatorBackward(engine: DifferentiableEngine, task: Task): Backward {
  let dropped = 0;
  return {
    begin: (horizon) => {
      engine.startTape(horizon);
      dropped = 0;
    },
    back: (t, { terminated, truncated, actions }, gNextObs) => {
      const ended = terminated.map((flag, i) => flag | truncated[i]);
      const gAction = engine.back(t, gNextObs.dataSync() as Float32Array, ended);
      if (task.stateLimit !== undefined) dropped += clearNonFinite(gAction) + engine.dropNonFinite();
      return tf.tensor2d(gAction, actions.action.shape as [number, number]);
    },
    dropped: () => dropped,
  };
}
