// SAPO (Xing et al. 2024, arXiv 2412.12089): SHAC with maximum entropy; DMO-SAPO: the same with DMO's backward.
//   for each epoch:
//     roll out;  h_t = -log pi(a_t|s_t)
//     update the actor by the gradient of sum gamma^k (r_k + alpha h_k) + gamma^n V(s_n), V the mean of two target critics
//     fit both critics on TD(lambda) targets of the soft rewards r_t + alpha h_t
//     alpha descends alpha (mean h - target entropy),  target entropy = -dim(a) / 2
import { tf } from "../tensor/tf.js";
import type { Bootstrap, Decision, StepObjective } from "./objective.js";
import { actionAndLogProbability } from "./temperature.js";

/** An objective in which each reward counts as r - alpha log pi(a|s). */
export function softObjective<B extends Bootstrap>(
  objective: StepObjective<B>,
): StepObjective<B & { temperature: tf.Scalar }> {
  const decision: Decision<{ temperature: tf.Scalar }> = ({ actor, normalized, noise }, weights, { temperature }) => {
    const { action, logProbability } = actionAndLogProbability(actor, normalized, noise);
    const entropy = tf.neg(tf.sum(tf.mul(logProbability, weights.reward)));
    return { action, loss: tf.mul(entropy, temperature) };
  };
  return { ...objective, decision };
}
