// Training of a recurrent dynamics model: backpropagation through sequences of consecutive steps, from the memory that
// the robot had before the first of them. What a sequence can, it computes for all its steps at once.
import { jit } from "@dmo-lab/jit/jit";
import { gruStep, linear, type Params } from "../tensor/layers.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import {
  distribution,
  dynamicsLosses,
  recall,
  targetOf,
  type Average,
  type Distribution,
  type DynamicsLoss,
  type Prediction,
} from "./model.js";
import { normalize, type NormalizerTensors } from "./normalizer.js";
import type { SequenceBatch } from "./sequence-buffer.js";

/** The model's distributions at all steps [steps * batch, obs] of time-major sequences, its memory carried through them. */
export function predictSequences(
  params: Params,
  normalizer: NormalizerTensors,
  { obs, action, memory }: Pick<SequenceBatch, "obs" | "action" | "memory">,
): Distribution {
  const x = tf.concat([normalize(obs, normalizer), action], 1);
  const steps = obs.shape[0] / memory.shape[0];
  let h = memory;
  const after = tf
    .split<tf.Tensor2D>(linear(params, "gru.input", x), steps, 0)
    .map((projected) => (h = gruStep(params, "gru", projected, h)));
  return distribution(params, [x, tf.concat(after, 0)]);
}

/** The training loss of sequences: sum(mask * loss) / (sum(mask) * numbers of the target). */
export function sequenceLoss(
  params: Params,
  normalizer: NormalizerTensors,
  batch: SequenceBatch,
  prediction: Prediction,
  loss: DynamicsLoss,
): tf.Scalar {
  const { mask } = batch;
  const target = targetOf(prediction, batch);
  const counted = tf.maximum(tf.sum(mask), 1).mul(target.shape[1]);
  const average: Average = (x) => tf.sum(tf.mul(x, mask)).div(counted);
  return dynamicsLosses[loss](predictSequences(params, normalizer, batch), target, average);
}

const recallCompiled = jit(
  "recall",
  (
    { params, normalizer }: { params: Params; normalizer: NormalizerTensors },
    obs: tf.Tensor2D,
    action: tf.Tensor2D,
    memory: tf.Tensor2D,
  ) => recall(params, normalizer, obs, action, [memory])[0],
);

/** The memory [robots * width] after a step at `obs` with `action`, for as many robots as `memory` holds. */
export function memoryAfter(
  model: { params: Params; normalizer: NormalizerTensors },
  obs: Float32Array,
  action: Float32Array,
  memory: Float32Array,
): Float32Array {
  const robots = memory.length / model.params["gru.hidden.weight"].shape[0];
  const matrix = (values: Float32Array) => rows(robots, values);
  return tf.tidy(() => recallCompiled(model, matrix(obs), matrix(action), matrix(memory)).dataSync() as Float32Array);
}
