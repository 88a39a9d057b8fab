// The learned dynamics model of DMO (paper, section 4; networks as released):
//   x = [normalised obs, action]
//   h1 = LayerNorm(SimNorm(W1 x + b1));  h2 = LayerNorm(SiLU(W2 h1 + b2));  [mean, raw] = W3 h2 + b3
//   mean predicts the raw-unit residual s' - s;  raw is softly clamped to a log-variance in [-10, 0.5].
import { layerNorm, linear, silu, simNorm, type Params } from "../tensor/layers.js";
import { initLinear, initNorm } from "../tensor/networks.js";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";
import { normalize, type NormalizerTensors } from "./normalizer.js";
import type { TransitionBatch } from "./replay-buffer.js";

const NORM_EPSILON = 1e-3;
const SIMNORM_GROUP = 8;
const LOG_VARIANCE = { min: -10, max: 0.5 };

/** Fresh parameters for hidden widths `[h1, h2]`; h1 is a multiple of 8 (SimNorm groups). */
export function initDynamics(obs: number, action: number, hidden: readonly number[], random: RandomStream): Params {
  const [first, second] = hidden;
  return {
    ...initLinear("layer0", obs + action, first, random),
    ...initNorm("norm0", first),
    ...initLinear("layer1", first, second, random),
    ...initNorm("norm1", second),
    ...initLinear("output", second, 2 * obs, random),
  };
}

/** Log-variance clamped from above, then from below, by softplus terms (PETS, arXiv 1805.12114, A.1). */
export function clampLogVariance(raw: tf.Tensor2D): tf.Tensor2D {
  const { min, max } = LOG_VARIANCE;
  const below = tf.sub<tf.Tensor2D>(max, tf.softplus(tf.sub<tf.Tensor2D>(max, raw)));
  return tf.add<tf.Tensor2D>(min, tf.softplus(tf.sub<tf.Tensor2D>(below, min)));
}

/** Mean and log-variance of the target, both [batch, obs] in raw units, from raw obs [batch, obs] and action [batch, act] in [-1, 1]. */
export function predict(
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
): { mean: tf.Tensor2D; logVariance: tf.Tensor2D } {
  const x = tf.concat([normalize(obs, normalizer), action], 1);
  const h1 = layerNorm(params, "norm0", simNorm(linear(params, "layer0", x), SIMNORM_GROUP), NORM_EPSILON);
  const h2 = layerNorm(params, "norm1", silu(linear(params, "layer1", h1)), NORM_EPSILON);
  const [mean, raw] = tf.split<tf.Tensor2D>(linear(params, "output", h2), 2, 1);
  return { mean, logVariance: clampLogVariance(raw) };
}

/** What the model's mean stands for: the target it is trained on, and the next observation made of it. */
export const predictions = {
  residual: {
    target: (obs: tf.Tensor2D, nextObs: tf.Tensor2D): tf.Tensor2D => nextObs.sub(obs),
    nextObs: (obs: tf.Tensor2D, mean: tf.Tensor2D): tf.Tensor2D => obs.add(mean),
  },
  absolute: {
    target: (_obs: tf.Tensor2D, nextObs: tf.Tensor2D): tf.Tensor2D => nextObs,
    nextObs: (_obs: tf.Tensor2D, mean: tf.Tensor2D): tf.Tensor2D => mean,
  },
};

/** Losses of a prediction against its target, means over batch and components. */
export const dynamicsLosses = {
  /** mean((mean - target)^2 exp(-logvar)) + mean(logvar): the Gaussian negative log-likelihood up to constants. */
  gaussian: (mean: tf.Tensor2D, logVariance: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar =>
    mean.sub(target).square().mul(logVariance.neg().exp()).mean().add(logVariance.mean()) as tf.Scalar,
  /** Mean squared error: the deterministic ablation, in which the log-variance is not trained. */
  squared: (mean: tf.Tensor2D, _logVariance: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar =>
    mean.sub(target).square().mean() as tf.Scalar,
};

export type Prediction = keyof typeof predictions;
export type DynamicsLoss = keyof typeof dynamicsLosses;

/** The training loss of a batch. */
export function dynamicsLoss(
  params: Params,
  normalizer: NormalizerTensors,
  batch: TransitionBatch,
  prediction: Prediction,
  loss: DynamicsLoss,
): tf.Scalar {
  const { mean, logVariance } = predict(params, normalizer, batch.obs, batch.action);
  return dynamicsLosses[loss](mean, logVariance, predictions[prediction].target(batch.obs, batch.nextObs));
}

/** The model's next observation [batch, obs], differentiable in obs (identity path included) and action. */
export function predictNextObs(
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
  prediction: Prediction,
): tf.Tensor2D {
  return predictions[prediction].nextObs(obs, predict(params, normalizer, obs, action).mean);
}
