// What a first-order method maximises, step by step: a value that the backward pass (policy-gradient.ts) differentiates.
import type { ModelState } from "../dynamics/model.js";
import type { NormalizerTensors } from "../dynamics/normalizer.js";
import { predictReward } from "../dynamics/reward-model.js";
import type { Actions, Context, Task } from "../tasks/task.js";
import type { Params } from "../tensor/layers.js";
import { tf } from "@dmo-lab/jit/tf";
import { sampleAction, sampleWithDensity } from "./actor.js";
import { criticInput, meanValue } from "./critic.js";

/** What objectives read and do not differentiate: critics' `targets` (none for a method without) and the frozen `normalizer`. */
export type Bootstrap = { targets: readonly Params[]; normalizer: NormalizerTensors };
/** The same and the `temperature` of a soft objective (0 without), and parameters of a learned `reward` ({} without). */
export type Constants = Bootstrap & { temperature: tf.Scalar; reward: Params };
/** What a step's objective is of: the `next` state and the `actions` that led there. */
export type StepInputs = { next: ModelState; actions: Actions };
/** Weights of one step's `reward` and terminal `value`, [robots] each. */
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

/** What is maximised, step by step: what a `decision` contributes, and its `outcome`. */
export type StepObjective<B = Bootstrap> = { decision: Decision<B>; outcome: OutcomeTerm<B> };

/** The action alone. */
export const decide: Decision<unknown> = ({ actor, normalized, noise }) => ({
  action: sampleAction(actor, normalized, noise),
  loss: tf.scalar(0),
});

/** The reward of `task`, and nothing else. */
export const rewardTerm =
  (task: Task): OutcomeTerm<unknown> =>
  ({ next, actions }, context, weights) =>
    task.reward(next.obs, actions, context).mul(weights.reward).sum() as tf.Scalar;

/** An objective with a learned reward, of the observation before the step and the action. */
export const withLearnedReward = <B extends Pick<Constants, "normalizer" | "reward">>({
  decision,
  outcome,
}: StepObjective<B>): StepObjective<B> => ({
  outcome,
  decision: (at, weights, constants) => {
    const { action, loss } = decision(at, weights, constants);
    const reward = predictReward(constants.reward, constants.normalizer, at.obs, action);
    return { action, loss: tf.add(loss, tf.sum(tf.mul(reward, weights.reward))) };
  },
});

/** An objective in which each reward counts as r - alpha log pi(a|s); the `outcome` is that of another. */
export const softObjective = <B>({ outcome }: StepObjective<B>): StepObjective<B & { temperature: tf.Scalar }> => ({
  outcome,
  decision: ({ actor, normalized, noise }, weights, { temperature }) => {
    const { action, logProbability } = sampleWithDensity(actor, normalized, noise);
    const entropy = tf.neg(tf.sum(tf.mul(logProbability, weights.reward)));
    return { action, loss: tf.mul(entropy, temperature) };
  },
});

/** The target critics' mean value where a segment ends without termination. */
export const valueTerm: OutcomeTerm = ({ next }, _context, weights, { targets, normalizer }) =>
  meanValue(targets, criticInput(next, normalizer)).mul(weights.value).sum() as tf.Scalar;

/** An objective with one more term. */
export const withOutcome = <B>(term: OutcomeTerm<B>, { decision, outcome }: StepObjective<B>): StepObjective<B> => ({
  decision,
  outcome: (...step) => term(...step).add(outcome(...step)),
});

/** Rewards of `task` alone (BPTT). */
export const rewardObjective = (task: Task): StepObjective => ({ decision: decide, outcome: rewardTerm(task) });

/** Rewards of `task`, and the target critic's value where a segment ends without termination (SHAC). */
export const rewardAndValueObjective = (task: Task): StepObjective =>
  withOutcome(rewardTerm(task), { decision: decide, outcome: valueTerm });
