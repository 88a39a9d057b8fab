// The pure parts of PPO: network, advantages, loss and learning rate.
import { positive, weight, type Values } from "@dmo-lab/input/setting";
import { linear, type Params } from "../lib/tensor/layers.js";
import { hiddenLayers, initLinear, initNetwork } from "../lib/tensor/networks.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { policyNetworks } from "../lib/algorithms/policies.js";
import type { Transition } from "../lib/algorithms/rollout.js";

/** The policy's network; the value is a second linear head, `value`, on its hidden layers. */
const NETWORK = policyNetworks["elu-clip"];

/**
 * Fresh parameters: weights U(-1/sqrt(fan_in), 1/sqrt(fan_in)), biases 0, state-independent `logStd` [act].
 * @param obs numbers that the policy sees @param hidden widths of the layers that policy and value share
 * @param action components of an action @param random draws the weights
 * @param std standard deviation of the first policy
 */
export function initPpo(obs: number, hidden: readonly number[], action: number, random: RandomStream, std = 1): Params {
  const network = initNetwork([obs, ...hidden, action], NETWORK, random);
  const params = { ...network, ...initLinear("value", hidden[hidden.length - 1], 1, random) };
  for (const name of Object.keys(params)) if (name.endsWith(".bias")) params[name] = tf.zerosLike(params[name]);
  return { ...params, logStd: tf.fill([action], Math.log(std)) };
}

/** The parameters of the policy alone, without the value's. */
export const policyParams = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !name.startsWith("value.")));

/**
 * Mean of the action [batch, act] and normalised value [batch].
 * @param params of {@link initPpo} @param normalized what the policy sees, [batch, obs]
 */
export function meanAndValue(params: Params, normalized: tf.Tensor2D): { mean: tf.Tensor2D; value: tf.Tensor1D } {
  const h = hiddenLayers(NETWORK, params, normalized);
  return { mean: linear(params, "output", h), value: tf.squeeze(linear(params, "value", h), [1]) };
}

/**
 * Log-density [batch] of actions under Gaussians with independent components.
 * @param mean [batch, act] @param logStd logarithm of the standard deviation, [act] or [batch, act]
 * @param action [batch, act]
 */
export function logProbability(mean: tf.Tensor2D, logStd: tf.Tensor, action: tf.Tensor2D): tf.Tensor1D {
  const z = tf.div(tf.sub(action, mean), tf.exp(logStd));
  const perComponent = tf.sub(tf.mul(tf.square(z), -0.5), tf.add(logStd, Math.log(2 * Math.PI) / 2));
  return tf.sum(perComponent, 1);
}

/** A policy's Gaussians: mean [batch, act] and log-std [act]. */
export type Gaussians = {
  /** Of the action, [batch, act]. */
  mean: tf.Tensor2D;
  /** Logarithm of the standard deviation, [act]. */
  logStd: tf.Tensor;
};

/**
 * Kullback-Leibler divergence of `q` from `p`, KL(p || q), mean over the batch.
 * @param p the policy that acted @param q the policy now, at the same observations
 */
export function klDivergence(p: Gaussians, q: Gaussians): tf.Scalar {
  const variance = (x: Gaussians): tf.Tensor => tf.exp(tf.mul(x.logStd, 2));
  const spread = tf.add(variance(p), tf.square(tf.sub(p.mean, q.mean)));
  const perComponent = tf.add(tf.sub(q.logStd, p.logStd), tf.sub(tf.div(spread, tf.mul(variance(q), 2)), 0.5));
  return tf.mean(tf.sum(perComponent, 1));
}

/**
 * Generalised advantage estimates [T][N] (Schulman et al. 2016, arXiv 1506.02438): A_t = delta_t + gamma lambda A_{t+1},
 * cut at every end, with delta_t = r_t + gamma v'_t - v_t.
 * @param steps of a rollout, [T], with rewards and ends of all robots
 * @param value v_t, of the observation that step t starts from, [T][N]
 * @param nextValue v'_t, of the observation after it and before a reset; does not count at an early end, [T][N]
 * @param gamma discount, 0 to 1 @param lambda 0 trusts the values, 1 the rewards
 */
export function gae(
  steps: readonly Pick<Transition, "reward" | "terminated" | "ended">[],
  value: readonly Float32Array[],
  nextValue: readonly Float32Array[],
  gamma: number,
  lambda: number,
): Float32Array[] {
  const advantage = new Array<Float32Array>(steps.length);
  for (let t = steps.length - 1; t >= 0; t--) {
    const { reward, terminated, ended } = steps[t];
    advantage[t] = reward.map((r, i) => {
      const delta = r + (terminated[i] ? 0 : gamma * nextValue[t][i]) - value[t][i];
      const goesOn = t < steps.length - 1 && !ended[i];
      return goesOn ? delta + gamma * lambda * advantage[t + 1][i] : delta;
    });
  }
  return advantage;
}

/** (x - mean) / (standard deviation + 1e-8), the deviation with n - 1. @param values two or more */
export function standardized(values: Float32Array): Float32Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  return values.map((x) => (x - mean) / (Math.sqrt(variance) + 1e-8));
}

/** A minibatch; rows are samples. Values and targets are normalised, advantages as well. */
export type PpoBatch = {
  /** What the policy saw, normalised, [batch, obs]. */
  obs: tf.Tensor2D;
  /** What it did, before clipping, [batch, act]. */
  action: tf.Tensor2D;
  /** Log-density of the action under the policy that acted. */
  logProbability: tf.Tensor1D;
  /** Normalised value that the network gave when it acted. */
  value: tf.Tensor1D;
  /** Advantage estimates of mean 0 and deviation 1. */
  advantage: tf.Tensor1D;
  /** Normalised return that the value is fitted to. */
  target: tf.Tensor1D;
};

/** Settings of the loss. */
export const ppoLossSettings = {
  clip: positive("how far the probability ratio, and the normalised value, may move before it is clipped"),
  valueWeight: weight("weight of the value's loss (half of its mean squared error)"),
  boundWeight: weight("weight of the loss that pulls means of actions back to [-1.1, 1.1]"),
};

/** Settings of PPO's loss. */
export type PpoLossConfig = Values<typeof ppoLossSettings>;

/** Means of actions beyond this are pulled back by the bound loss. */
const SOFT_BOUND = 1.1;

/**
 * Clipped surrogate + valueWeight / 2 * clipped value loss + boundWeight * bound loss (equations in
 * docs/algorithms/ppo.md), with the parts beside it and the means that the policy gives now.
 * @param params of {@link initPpo} @param batch a minibatch of the rollout
 * @param settings where it clips, and the weights of its parts
 */
export function ppoLoss(params: Params, batch: PpoBatch, { clip, valueWeight, boundWeight }: PpoLossConfig) {
  const { mean, value } = meanAndValue(params, batch.obs);
  const ratio = tf.exp(tf.sub(logProbability(mean, params["logStd"], batch.action), batch.logProbability));
  const clippedRatio = tf.clipByValue(ratio, 1 - clip, 1 + clip);
  const [plain, clipped] = [ratio, clippedRatio].map((x) => tf.mul(x, batch.advantage));
  const actorLoss = tf.neg(tf.mean(tf.minimum(plain, clipped)));
  const nearValue = tf.add(batch.value, tf.clipByValue(tf.sub(value, batch.value), -clip, clip));
  const [error, nearError] = [value, nearValue].map((v) => tf.square(tf.sub(v, batch.target)));
  const valueLoss = tf.mean(tf.maximum(error, nearError));
  const boundLoss = tf.mean(tf.sum(tf.square(tf.relu(tf.sub(tf.abs(mean), SOFT_BOUND))), 1));
  const loss = tf.addN([actorLoss, tf.mul(valueLoss, valueWeight / 2), tf.mul(boundLoss, boundWeight)]) as tf.Scalar;
  const clipFraction = tf.mean(tf.step(tf.sub(tf.abs(tf.sub(ratio, 1)), clip)));
  return { loss, actorLoss, valueLoss, boundLoss, clipFraction, mean };
}

const RATE = { factor: 1.5, min: 1e-6, max: 1e-2 };

/** The learning rate after an update that moved the policy by `kl`: less beyond twice the target, more below half of it. */
export function adaptedRate(rate: number, kl: number, target: number): number {
  if (kl > 2 * target) return Math.max(rate / RATE.factor, RATE.min);
  if (kl < target / 2) return Math.min(rate * RATE.factor, RATE.max);
  return rate;
}
