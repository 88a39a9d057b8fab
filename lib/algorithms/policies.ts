// The networks that policies have, as data: who trains one, acts with one or exports one reads the same lines.
import { linear, type Params } from "../tensor/layers.js";
import { hiddenLayers, type HiddenLayers } from "../tensor/networks.js";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";

/** Hidden layers, then a linear `output`: the mean of a Gaussian, which `squash` brings to [-1, 1]. */
export type PolicyNetwork = HiddenLayers & {
  /** The Gaussian's log-std: a parameter `logStd` [act]; the second half of `output`, clipped to {@link LOG_STD}; or -infinity: no noise. */
  logStd: "parameter" | "output" | "none";
  squash: "tanh" | "clip";
};

/** The kinds of networks that policies are: what is computed where, and how actions come out. */
export const policyNetworks = {
  /** DMO, SHAC and their relatives. */
  "elu-norm-tanh": { activation: "elu", layerNorm: true, logStd: "parameter", squash: "tanh" },
  /** The same without noise. */
  "elu-norm-tanh-mean": { activation: "elu", layerNorm: true, logStd: "none", squash: "tanh" },
  /** PPO. */
  "elu-clip": { activation: "elu", layerNorm: false, logStd: "parameter", squash: "clip" },
  /** SAC. */
  "relu-tanh": { activation: "relu", layerNorm: false, logStd: "output", squash: "tanh" },
} satisfies Record<string, PolicyNetwork>;

/** Name of a kind of network. */
export type NetworkName = keyof typeof policyNetworks;

export const networkNames = Object.keys(policyNetworks) as NetworkName[];

/** Bounds of a log-std that depends on the observation. */
export const LOG_STD = { min: -5, max: 2 };

const squashes = {
  tanh: (x: tf.Tensor2D): tf.Tensor2D => tf.tanh(x),
  clip: (x: tf.Tensor2D): tf.Tensor2D => tf.clipByValue(x, -1, 1),
};

/** Mean [batch, act] and log-std ([act] or [batch, act]) of the Gaussian before it is squashed; normalized [batch, obs]. */
export function gaussian(
  network: PolicyNetwork,
  params: Params,
  normalized: tf.Tensor2D,
): { mean: tf.Tensor2D; logStd: tf.Tensor } {
  const output = linear(params, "output", hiddenLayers(network, params, normalized));
  if (network.logStd === "none") return { mean: output, logStd: tf.scalar(-Infinity) };
  if (network.logStd === "parameter") return { mean: output, logStd: params["logStd"] };
  const [mean, logStd] = tf.split<tf.Tensor2D>(output, 2, 1);
  return { mean, logStd: tf.clipByValue(logStd, LOG_STD.min, LOG_STD.max) };
}

/** The action of the deterministic policy, [batch, act] in [-1, 1]. */
export const meanAction = (network: PolicyNetwork, params: Params, normalized: tf.Tensor2D): tf.Tensor2D =>
  squashes[network.squash](gaussian(network, params, normalized).mean);

/** Standard normal numbers [batch, act]. */
export const actionNoise = (shape: [batch: number, act: number], random: RandomStream): tf.Tensor2D =>
  tf.tensor2d(random.normals(shape[0] * shape[1]), shape);

/** An action of the stochastic policy, [batch, act] in [-1, 1]; noise [batch, act] is standard normal. */
export function sampledAction(
  network: PolicyNetwork,
  params: Params,
  normalized: tf.Tensor2D,
  noise: tf.Tensor2D,
): tf.Tensor2D {
  const { mean, logStd } = gaussian(network, params, normalized);
  return squashes[network.squash](tf.add(mean, tf.mul(tf.exp(logStd), noise)));
}

/**
 * Action of a tanh `network`, `params` at `normalized` [batch, obs] with `noise` [batch, act], and its log-density
 * [batch]: log N(u) - sum log(1 - tanh(u)^2), where log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2u)) is finite.
 */
export function sampleWithLogProbability(
  network: PolicyNetwork & { squash: "tanh" },
  params: Params,
  normalized: tf.Tensor2D,
  noise: tf.Tensor2D,
): { action: tf.Tensor2D; logProbability: tf.Tensor1D } {
  const { mean, logStd } = gaussian(network, params, normalized);
  const u = tf.add<tf.Tensor2D>(mean, tf.mul(tf.exp(logStd), noise));
  const logNormal = tf.sub(tf.mul(tf.square(noise), -0.5), tf.add(logStd, Math.log(2 * Math.PI) / 2));
  const logSlope = tf.mul(tf.sub(tf.sub(Math.LN2, u), tf.softplus(tf.mul(u, -2))), 2);
  return { action: tf.tanh(u), logProbability: tf.sum(tf.sub(logNormal, logSlope), 1) };
}
