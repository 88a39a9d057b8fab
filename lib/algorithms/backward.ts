import { type ModelState, nextState, type ObservationPrediction } from "../dynamics/model.js";
import { type DifferentiableEngine, clearNonFinite } from "@dmo-lab/physics/engine";
import type { Task } from "../tasks/task.js";
import { dropNonFinite, vjp } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import { tf } from "@dmo-lab/jit/tf";
import { mapTree } from "@dmo-lab/jit/tree";
import type { LearnedModel } from "./forward.js";
import type { Transition } from "./rollout.js";

/** Who gives the derivative of the next state. */
export interface Backward {
  /** Called before a rollout of `horizon` steps. */
  begin(horizon: number): void;
  /**
   * Pulls the gradient at the state after step t back to its action, for t = horizon-1 .. 0. `direct` holds the direct
   * contributions at t+1 alone: reward, bootstrap and policy at the observation, bootstrap at the model's memory. The
   * backward adds what it carries from later steps, dropped where the episode ended in step t. Returns the gradient at
   * the action.
   */
  back(t: number, transition: Transition, direct: ModelState): tf.Tensor2D;
  /** Entries of gradients since `begin` that were not finite and became 0, as tasks with a limit of their state allow. */
  dropped(): number;
}

/** Jacobians of `model` at the rollout's states, its mean read as `prediction` says: DMO's decoupled gradient of a `task` (paper, section 4). */
export function modelBackward(prediction: ObservationPrediction, model: () => LearnedModel, task: Task): Backward {
  const guard = guardOf(task);
  const pullBack = jit(
    "model backward",
    (
      { params, normalizer }: LearnedModel,
      at: ModelState & { action: tf.Tensor2D },
      direct: ModelState,
      carry: ModelState,
      running: tf.Tensor2D,
    ) => {
      const plus = (g: tf.Tensor2D, carried: tf.Tensor2D) => tf.add<tf.Tensor2D>(g, tf.mul(carried, running));
      const into = guard({
        obs: plus(direct.obs, carry.obs),
        memory: direct.memory.map((g, i) => plus(g, carry.memory[i])),
      });
      const next = (x: typeof at) => nextState(params, normalizer, x, x.action, prediction);
      const out = guard(vjp(next, at, into.finite).grad);
      return { ...out.finite, dropped: into.dropped.add(out.dropped) };
    },
  );
  let carry: ModelState | undefined;
  let dropped: tf.Tensor[] = [];
  return {
    begin: () => {
      carry = undefined;
      dropped = [];
    },
    back: (_t, { obs, memory, actions, running }, direct) => {
      const at = { obs, memory, action: actions.action };
      const grad = pullBack(model(), at, direct, carry ?? mapTree(direct, (g) => tf.zerosLike(g)), running);
      carry = { obs: grad.obs, memory: grad.memory };
      dropped.push(grad.dropped);
      return grad.action;
    },
    dropped: () => tf.addN(dropped).dataSync()[0],
  };
}

/** What becomes of gradients that are not finite: 0 where the task has a limit of its state; elsewhere they stay. */
export const guardOf = ({ stateLimit }: Task): typeof dropNonFinite =>
  stateLimit === undefined ? keep : dropNonFinite;

const keep: typeof dropNonFinite = (grads) => ({ finite: grads, dropped: tf.scalar(0) });

/** The adjoint of the differentiable `engine`, which steps the rollout of `task`: the true gradient; it knows no memory. */
export function simulatorBackward(engine: DifferentiableEngine, task: Task): Backward {
  let dropped = 0;
  return {
    begin: (horizon) => {
      engine.startTape(horizon);
      dropped = 0;
    },
    back: (t, { ended, actions }, direct) => {
      const gAction = engine.back(t, direct.obs.dataSync() as Float32Array, ended);
      if (task.stateLimit !== undefined) dropped += clearNonFinite(gAction) + engine.dropNonFinite();
      return tf.tensor2d(gAction, actions.action.shape as [number, number]);
    },
    dropped: () => dropped,
  };
}
