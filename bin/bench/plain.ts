/** The loss of a dynamics model in TensorFlow.js's own layers and gradients: what the library's are measured against. */
import { clampLogVariance, type dynamicsLoss, dynamicsLosses, targetOf } from "../../lib/dynamics/model.js";
import { normalize } from "../../lib/dynamics/normalizer.js";
import type { Params } from "../../lib/tensor/layers.js";
import { tf } from "@dmo-lab/jit/tf";

const linear = (p: Params, name: string, x: tf.Tensor2D): tf.Tensor2D =>
  tf.add(tf.matMul(x, p[`${name}.weight`] as tf.Tensor2D), p[`${name}.bias`]);

function layerNorm(p: Params, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const { mean, variance } = tf.moments(x, 1, true);
  const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
  return tf.add(tf.mul(normed, p[`${name}.weight`]), p[`${name}.bias`]);
}

const simNorm = (x: tf.Tensor2D): tf.Tensor2D => tf.reshape(tf.softmax(tf.reshape(x, [-1, 8])), x.shape);

const silu = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(x, tf.sigmoid(x));

/** Equal to `dynamicsLoss`. */
export const plainLoss: typeof dynamicsLoss = (params, normalizer, batch, prediction, loss) => {
  const { obs, action } = batch;
  const inputs = tf.concat([normalize(obs, normalizer), action], 1);
  const first = layerNorm(params, "norm0", simNorm(linear(params, "layer0", inputs)));
  const second = layerNorm(params, "norm1", silu(linear(params, "layer1", first)));
  const [mean, raw] = tf.split<tf.Tensor2D>(linear(params, "output", second), 2, 1);
  return dynamicsLosses[loss]({ mean, logVariance: clampLogVariance(raw) }, targetOf(prediction, batch));
};
