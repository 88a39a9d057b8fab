// DMO in its textbook form, one differentiable program: what the adjoint form has to equal.
import { criticInput, value } from "../lib/algorithms/critic.js";
import { sampleAction } from "../lib/algorithms/actor.js";
import type { LearnedModel } from "../lib/algorithms/forward.js";
import { segmentWeights } from "../lib/algorithms/policy-gradient.js";
import type { Transition } from "../lib/algorithms/rollout.js";
import { nextState } from "../lib/dynamics/model.js";
import { normalize, normalizerOf } from "../lib/dynamics/normalizer.js";
import type { Task } from "../lib/tasks/task.js";
import type { Params } from "../lib/tensor/layers.js";
import { swap } from "../lib/tensor/swap.js";
import { tf } from "@dmo-lab/jit/tf";

/**
 * The loss of rolled out steps: s_{t+1} = swap(m(s_t, a_t), simulator's s_{t+1}), the memory the model's own, the noise of
 * policy and sensors as it was. Rewards may read the action alone.
 */
export function swapLoss(
  { task, model, target, gamma }: { task: Task; model: LearnedModel; target: Params; gamma: number },
  steps: readonly Transition[],
  actor: Params,
): tf.Scalar {
  const { params, normalizer } = model;
  const weights = segmentWeights(steps, gamma);
  const seen = normalizerOf(task.actorPart, normalizer);
  let { obs, memory } = steps[0];
  let loss = tf.scalar(0);
  steps.forEach((step, t) => {
    const sensorNoise = step.seen.sub(task.actorPart(step.obs));
    const action = sampleAction(actor, normalize(task.actorPart(obs).add(sensorNoise), seen), step.noise);
    const predicted = nextState(params, normalizer, { obs, memory }, action, "residual");
    const next = { obs: swap(predicted.obs, step.nextObs), memory: predicted.memory };
    const reward = task.reward(next.obs, { action, previous: action, beforePrevious: action }, step.context);
    const terminal = value(target, criticInput(next, normalizer));
    loss = loss.add(reward.mul(tf.tensor1d(weights.reward[t])).sum());
    loss = loss.add(terminal.mul(tf.tensor1d(weights.value[t])).sum());
    obs = tf.where(step.running.cast("bool"), next.obs, step.resetObs);
    memory = next.memory.map((h) => h.mul(step.running));
  });
  return loss;
}
