// A learned reward: a distribution over symlog(r), as a classification (two-hot code, Hafner et al. 2023, arXiv 2301.04104).
//   logits = W h + b,  h = SiLU layers of [normalised obs, action];  r = symexp(sum_j softmax(logits)_j bin_j)
import { linear, type Params } from "../tensor/layers.js";
import { hiddenLayers, initNetwork, type HiddenLayers } from "../tensor/networks.js";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { DynamicsConfig } from "./dynamics-settings.js";
import { LearnedDynamics, type DynamicsSizes } from "./learned-dynamics.js";
import { SEQUENCE } from "./sequence-buffer.js";
import { normalize, type NormalizerTensors } from "./normalizer.js";
import { type Batch, ReplayBuffer, transitionColumns } from "./replay-buffer.js";

const NETWORK: HiddenLayers = { activation: "silu", layerNorm: false };
const BINS = 101;
const RANGE = 10;
const WIDTH = (2 * RANGE) / (BINS - 1);

/** sign(x) log(1 + |x|), and its inverse. */
export const symlog = <T extends tf.Tensor>(x: T): T => tf.mul(tf.sign(x), tf.log1p(tf.abs(x)));
export const symexp = <T extends tf.Tensor>(x: T): T => tf.mul(tf.sign(x), tf.expm1(tf.abs(x)));

/** Two-hot codes [batch, 101] of symlog(r), r [batch, 1]: the two bins beside it, weighted by nearness; 10 is the end. */
export function twoHot(reward: tf.Tensor2D): tf.Tensor2D {
  const place = tf.div(tf.add(tf.clipByValue(symlog(reward), -RANGE, RANGE), RANGE), WIDTH);
  return tf.relu(tf.sub<tf.Tensor2D>(1, tf.abs(tf.sub(place, tf.range(0, BINS)))));
}

/** Fresh parameters: weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)). */
export const initReward = (obs: number, action: number, hidden: readonly number[], random: RandomStream): Params =>
  initNetwork([obs + action, ...hidden, BINS], NETWORK, random);

const logits = (params: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor2D =>
  linear(params, "output", hiddenLayers(NETWORK, params, tf.concat2d([normalize(obs, normalizer), action], 1)));

/** The predicted reward [batch] of raw obs [batch, obs] and action [batch, act]; differentiable in both. */
export function predictReward(
  params: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
): tf.Tensor1D {
  const bins = tf.mul(tf.sub(tf.range(0, BINS), (BINS - 1) / 2), WIDTH);
  return symexp(tf.sum(tf.mul(tf.softmax(logits(params, normalizer, obs, action)), bins), 1));
}

const rewardColumns = (obs: number, action: number) => ({ ...transitionColumns(obs, action), reward: 1 });
type RewardBatch = Batch<ReturnType<typeof rewardColumns>>;

/** Cross-entropy of the predicted distribution with the two-hot code, mean over the batch. */
export function rewardLoss(params: Params, normalizer: NormalizerTensors, batch: RewardBatch): tf.Scalar {
  const logProbability = tf.logSoftmax(logits(params, normalizer, batch.obs, batch.action));
  return tf.neg(tf.mean<tf.Scalar>(tf.sum(tf.mul(twoHot(batch.reward), logProbability), 1)));
}

/** A fresh model of the reward with the dynamics model's widths and fit, and the buffer that it learns from. */
export function createReward(
  config: DynamicsConfig,
  { obs, action }: DynamicsSizes,
  stream: (name: string) => RandomStream,
) {
  const { batch, recurrent, hidden, replayCapacity } = config;
  const transitions = recurrent?.width ? batch * (recurrent.sequence ?? SEQUENCE) : batch;
  const replay = new ReplayBuffer(replayCapacity, rewardColumns(obs, action), "rewards");
  const params = initReward(obs, action, hidden, stream("reward"));
  const fit = { ...config, batch: transitions };
  return { replay, model: new LearnedDynamics<RewardBatch>(fit, params, replay, stream("reward replay"), rewardLoss) };
}
