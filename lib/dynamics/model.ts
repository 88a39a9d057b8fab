// The learned dynamics model of DMO (paper, section 4; networks as released):
//   x = [normalised obs, action]
//   h1 = LayerNorm(SimNorm(W1 x + b1));  h2 = LayerNorm(SiLU(W2 h1 + b2));  [mean, raw] = W3 h2 + b3
//   mean predicts the raw-unit residual s' - s;  raw is softly clamped to a log-variance in [-10, 0.5].
// With targets in standard deviations, these are constants among the parameters, `unit`, that mean and deviation are scaled by:
// Adam's step moves a raw prediction by a part of its own size then, however small that is.
// A recurrent model has a memory, the state of a GRU:  h' = GRU(x, h),  and h1 sees [x, h'].
import { gru, layerNorm, linear, silu, simNorm, type Params } from "../tensor/layers.js";
import { initGru, initLinear, initNorm } from "../tensor/networks.js";
import type { RandomStream } from "../tensor/random.js";
import { meanOfParts } from "@dmo-lab/jit/parts";
import { tf } from "@dmo-lab/jit/tf";
import { normalize, type NormalizerTensors } from "./normalizer.js";
import type { ChangeBatch, TransitionBatch } from "./replay-buffer.js";

const NORM_EPSILON = 1e-3;
const SIMNORM_GROUP = 8;
const LOG_VARIANCE = { min: -10, max: 0.5 };

/** What a model carries from step to step beside the observation: the GRU's state [batch, width], or nothing. */
export type Memory = readonly tf.Tensor2D[];

/**
 * Fresh parameters of `random` for `obs` and `action` numbers, `hidden` widths `[h1, h2]`, h1 a multiple of 8 (SimNorm
 * groups), for a memory of `width` numbers, and for a target of `predicted`.
 */
export function initDynamics(
  obs: number,
  action: number,
  hidden: readonly number[],
  random: RandomStream,
  width = 0,
  predicted = obs,
): Params {
  const [first, second] = hidden;
  return {
    ...(width && initGru("gru", obs + action, width, random)),
    ...initLinear("layer0", obs + action + width, first, random),
    ...initNorm("norm0", first),
    ...initLinear("layer1", first, second, random),
    ...initNorm("norm1", second),
    ...initLinear("output", second, 2 * predicted, random),
  };
}

/** Log-variance [batch, predicted] of `raw` outputs, clamped from above, then from below, by softplus terms (PETS, arXiv 1805.12114, A.1). */
export function clampLogVariance(raw: tf.Tensor2D): tf.Tensor2D {
  const { min, max } = LOG_VARIANCE;
  const below = tf.sub<tf.Tensor2D>(max, tf.softplus(tf.sub<tf.Tensor2D>(max, raw)));
  return tf.add<tf.Tensor2D>(min, tf.softplus(tf.sub<tf.Tensor2D>(below, min)));
}

/** The `mean` and `logVariance` of the target, both [batch, predicted] in raw units. */
export type Distribution = { mean: tf.Tensor2D; logVariance: tf.Tensor2D };

/** What layers with these `params` make of `inputs` [batch, in]: normalised observation, action, memory after the step. */
export function distribution(params: Params, inputs: readonly tf.Tensor2D[]): Distribution {
  const x = tf.concat(inputs as tf.Tensor2D[], 1);
  const h1 = layerNorm(params, "norm0", simNorm(linear(params, "layer0", x), SIMNORM_GROUP), NORM_EPSILON);
  const h2 = layerNorm(params, "norm1", silu(linear(params, "layer1", h1)), NORM_EPSILON);
  const [mean, raw] = tf.split<tf.Tensor2D>(linear(params, "output", h2), 2, 1);
  return inRawUnits(params, { mean, logVariance: clampLogVariance(raw) });
}

const inRawUnits = ({ unit }: Params, { mean, logVariance }: Distribution): Distribution =>
  unit
    ? { mean: tf.mul(mean, unit), logVariance: tf.add(logVariance, tf.mul(2, tf.log(unit))) }
    : { mean, logVariance };

/** The memory after a step at raw obs [batch, obs] with action [batch, act] in [-1, 1]. */
export function recall(
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
  memory: Memory,
): Memory {
  return memory.map((h) => gru(params, "gru", tf.concat([normalize(obs, normalizer), action], 1), h));
}

/** The distribution that `params` give of the target at raw `obs` [batch, obs] with `normalizer`, `action` [batch, act]; the `memory` after it. */
export function predict(
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
  memory: Memory = [],
): Distribution & { memory: Memory } {
  const after = recall(params, normalizer, obs, action, memory);
  return { ...distribution(params, [normalize(obs, normalizer), action, ...after]), memory: after };
}

/** What the model's mean stands for where kinematics are unknown: the target it is trained on, and the next observation made of it. */
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

/** A mean over batch and components. */
export type Average = (x: tf.Tensor) => tf.Scalar;

/** Losses of a prediction against its target, in which `average` may leave rows out. */
export const dynamicsLosses = {
  /** mean((mean - target)^2 exp(-logvar)) + mean(logvar): the Gaussian negative log-likelihood up to constants. */
  gaussian: ({ mean, logVariance }: Distribution, target: tf.Tensor2D, average: Average = tf.mean): tf.Scalar =>
    average(mean.sub(target).square().mul(logVariance.neg().exp())).add(average(logVariance)),
  /** Mean squared error: the deterministic ablation, in which the log-variance is not trained. */
  squared: ({ mean }: Distribution, target: tf.Tensor2D, average: Average = tf.mean): tf.Scalar =>
    average(mean.sub(target).square()),
};

/** What the mean stands for: `residual` or `absolute`. */
export type ObservationPrediction = keyof typeof predictions;
/** `kinematic`: the change that known kinematics leave open (`physics/known-kinematics.ts`). */
export type Prediction = ObservationPrediction | "kinematic";
export const predictionNames: readonly Prediction[] = [
  ...(Object.keys(predictions) as ObservationPrediction[]),
  "kinematic",
];

/** What a model is fitted on: where transitions lead, or the change that known kinematics leave open of them. */
export type FitBatch = TransitionBatch | ChangeBatch;

/** The model's target in each row of a batch. */
export const targetOf = (prediction: Prediction, batch: FitBatch): tf.Tensor2D =>
  prediction === "kinematic"
    ? (batch as ChangeBatch).change
    : predictions[prediction].target(batch.obs, (batch as TransitionBatch).nextObs);
/** Name of a loss. */
export type DynamicsLoss = keyof typeof dynamicsLosses;

/** The training `loss` [] of a `batch` against the target of `prediction`, of `params` that see through `normalizer`. */
export function dynamicsLoss(
  params: Params,
  normalizer: NormalizerTensors,
  batch: FitBatch,
  prediction: Prediction,
  loss: DynamicsLoss,
): tf.Scalar {
  const predicted = ({ obs, action }: FitBatch) => predict(params, normalizer, obs, action);
  return meanOfParts(batch, (part) => dynamicsLosses[loss](predicted(part), targetOf(prediction, part)));
}

/** A state of the model: the observation `obs` [batch, obs] and its `memory`. */
export type ModelState = { obs: tf.Tensor2D; memory: Memory };

/** The state after a step, differentiable in state (identity path of the observation included) and action. */
export function nextState(
  params: Params,
  normalizer: NormalizerTensors,
  { obs, memory }: ModelState,
  action: tf.Tensor2D,
  prediction: ObservationPrediction,
): ModelState {
  const next = predict(params, normalizer, obs, action, memory);
  return { obs: predictions[prediction].nextObs(obs, next.mean), memory: next.memory };
}

/** The next observation, without memory: of `params` and `prediction` at raw `obs` [batch, obs] with `normalizer` and `action` [batch, act]. */
export const predictNextObs = (
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
  prediction: ObservationPrediction,
): tf.Tensor2D => nextState(params, normalizer, { obs, memory: [] }, action, prediction).obs;
