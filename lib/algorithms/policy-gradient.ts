// The backward pass of every first-order method: the gradient of
//   loss = -(1 / (horizon * robots)) * sum over segments of (sum_k gamma^k r_k + gamma^n v)
// with respect to the actor, walked from the last step to the first. A segment ends with its episode or the rollout.
// What r_k and v are is a value, the StepObjective.
import type { ModelState } from "../dynamics/model.js";
import { normalize, normalizerOf, type NormalizerTensors } from "../dynamics/normalizer.js";
import type { Actions, Context, Task } from "../tasks/task.js";
import { valueAndGrad, vjp } from "../tensor/grad.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import { swap } from "../tensor/swap.js";
import { tf } from "../tensor/tf.js";
import { mapTree } from "../tensor/tree.js";
import { sampleAction } from "./actor.js";
import type { Backward } from "./backward.js";
import { criticInput, meanValue } from "./critic.js";
import type { Sense, Transition } from "./rollout.js";

/** Weights of each step's reward and terminal value in the loss, [t][robots]. */
export type SegmentWeights = { reward: Float32Array[]; value: Float32Array[] };

/** -gamma^k / (T N) for the reward, k counted from the segment's start, 0 where the state is lost; -gamma^n / (T N) for the value at the horizon and at a time-out, else 0. */
export function segmentWeights(
  steps: readonly Pick<Transition, "terminated" | "lost" | "truncated">[],
  gamma: number,
): SegmentWeights {
  const robots = steps[0].terminated.length;
  const scale = -1 / (steps.length * robots);
  const discount = new Float64Array(robots).fill(scale);
  const weights: SegmentWeights = { reward: [], value: [] };
  steps.forEach(({ terminated, lost, truncated }, t) => {
    weights.reward.push(Float32Array.from(discount, (d, i) => (lost[i] ? 0 : d)));
    const atHorizon = t === steps.length - 1;
    weights.value.push(
      Float32Array.from(discount, (d, i) => (!terminated[i] && (truncated[i] || atHorizon) ? d * gamma : 0)),
    );
    discount.forEach((d, i) => (discount[i] = terminated[i] || truncated[i] ? scale : d * gamma));
  });
  return weights;
}

/** What objectives read and do not differentiate: the target critics (none for a method without) and the frozen normaliser. */
export type Bootstrap = { targets: readonly Params[]; normalizer: NormalizerTensors };
export type StepInputs = { next: ModelState; actions: Actions };
/** Weights of one step, [robots] each. */
export type StepWeights = { reward: tf.Tensor1D; value: tf.Tensor1D };

/** What a step's outcome contributes to the loss, differentiable in its inputs. */
export type OutcomeTerm<B = Bootstrap> = (
  inputs: StepInputs,
  context: Context,
  weights: StepWeights,
  bootstrap: B,
) => tf.Scalar;

/**
 * The policy's action [robots, act], and what deciding for it contributes to the loss; differentiable in the actor, the
 * raw observation and what the actor sees of it, normalised.
 */
export type Decision<B = Bootstrap> = (
  at: { actor: Params; obs: tf.Tensor2D; normalized: tf.Tensor2D; noise: tf.Tensor2D },
  weights: StepWeights,
  bootstrap: B,
) => { action: tf.Tensor2D; loss: tf.Scalar };

/** What is maximised, step by step. */
export type StepObjective<B = Bootstrap> = { decision: Decision<B>; outcome: OutcomeTerm<B> };

/** The action alone. */
export const decide: Decision<unknown> = ({ actor, normalized, noise }) => ({
  action: sampleAction(actor, normalized, noise),
  loss: tf.scalar(0),
});

/** The task's reward. */
export const rewardTerm =
  (task: Task): OutcomeTerm<unknown> =>
  ({ next, actions }, context, weights) =>
    task.reward(next.obs, actions, context).mul(weights.reward).sum() as tf.Scalar;

/** The target critics' mean value where a segment ends without termination. */
export const valueTerm: OutcomeTerm = ({ next }, _context, weights, { targets, normalizer }) =>
  meanValue(targets, criticInput(next, normalizer)).mul(weights.value).sum() as tf.Scalar;

/** An objective with one more term. */
export const withOutcome = <B>(term: OutcomeTerm<B>, { decision, outcome }: StepObjective<B>): StepObjective<B> => ({
  decision,
  outcome: (...step) => term(...step).add(outcome(...step)),
});

/** Rewards alone (BPTT). */
export const rewardObjective = (task: Task): StepObjective => ({ decision: decide, outcome: rewardTerm(task) });

/** Rewards and the target critic's value where a segment ends without termination (SHAC). */
export const rewardAndValueObjective = (task: Task): StepObjective =>
  withOutcome(rewardTerm(task), { decision: decide, outcome: valueTerm });

/** Gradients that later steps leave for step t: at its next observation (through the policy) and at its last two actions. */
type Later = { obs: tf.Tensor2D; previous: tf.Tensor2D; beforePrevious: tf.Tensor2D };

/** The loss and its gradient with respect to the actor, before clipping. */
export type PolicyGradient = { loss: tf.Scalar; grads: Params };

/**
 * Builds the backward pass for one objective; call the result inside tf.tidy. `actorPart` is what the actor sees of an
 * observation but for the noise of its sensors, which is a constant.
 */
export function policyGradient<B extends Bootstrap>(
  objective: StepObjective<B>,
  backward: Backward,
  gamma: number,
  actorPart: Sense = (obs) => obs,
) {
  const direct = jit(
    "direct gradient",
    (inputs: StepInputs, context: Context, weights: StepWeights, bootstrap: B, later: Later, ended: tf.Tensor2D) => {
      const running = tf.sub(1, ended);
      const { value: loss, grad } = valueAndGrad(
        (x: StepInputs) => objective.outcome(x, context, weights, bootstrap),
        inputs,
      );
      const owed = (g: tf.Tensor2D, fromLater: tf.Tensor2D): tf.Tensor2D => tf.add(g, tf.mul(fromLater, running));
      return {
        loss,
        next: { obs: owed(grad.next.obs, later.obs), memory: grad.next.memory },
        action: owed(grad.actions.action, later.previous),
        previous: owed(grad.actions.previous, later.beforePrevious),
        beforePrevious: grad.actions.beforePrevious,
      };
    },
  );
  const throughPolicy = jit(
    "policy backward",
    (
      actor: Params,
      { obs, seen, noise }: { obs: tf.Tensor2D; seen: tf.Tensor2D; noise: tf.Tensor2D },
      weights: StepWeights,
      bootstrap: B,
      gAction: tf.Tensor2D,
      sum: Params,
    ) => {
      const at = { actor, obs };
      const decision = (x: typeof at) => {
        const sensed = swap(actorPart(x.obs), seen);
        const normalized = normalize(sensed, normalizerOf(actorPart, bootstrap.normalizer));
        return objective.decision({ ...x, normalized, noise }, weights, bootstrap);
      };
      const { value, grad } = vjp(decision, at, { action: gAction, loss: tf.scalar(1) });
      const grads = Object.fromEntries(Object.entries(sum).map(([name, s]) => [name, s.add(grad.actor[name])]));
      return { loss: value.loss, obs: grad.obs, grads };
    },
  );

  return (steps: readonly Transition[], actor: Params, bootstrap: B): PolicyGradient => {
    const weights = segmentWeights(steps, gamma);
    let grads = mapTree(actor, (p) => tf.zerosLike(p));
    let loss = tf.scalar(0);
    const { obs, actions } = steps[0];
    let later: Later = {
      obs: tf.zerosLike(obs),
      previous: tf.zerosLike(actions.action),
      beforePrevious: tf.zerosLike(actions.action),
    };
    for (let t = steps.length - 1; t >= 0; t--) {
      const { obs, seen, noise, nextObs, nextMemory, actions, context, ended } = steps[t];
      const next = { obs: nextObs, memory: nextMemory };
      const w = { reward: tf.tensor1d(weights.reward[t]), value: tf.tensor1d(weights.value[t]) };
      const at = direct({ next, actions }, context, w, bootstrap, later, ended);
      const gAction = tf.add<tf.Tensor2D>(at.action, backward.back(t, steps[t], at.next));
      const policy = throughPolicy(actor, { obs, seen, noise }, w, bootstrap, gAction, grads);
      later = { obs: policy.obs, previous: at.previous, beforePrevious: at.beforePrevious };
      grads = policy.grads;
      loss = loss.add(at.loss).add(policy.loss);
    }
    return { loss, grads };
  };
}
