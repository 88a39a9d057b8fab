// Two Q functions and their slowly moving targets. The smaller of the two values counts, which keeps an actor that climbs
// them from climbing their errors (clipped double Q: Fujimoto et al. 2018, arXiv 1802.09477).
import { normalize, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import { linear, type Params } from "../lib/tensor/layers.js";
import { type HiddenLayers, hiddenLayers, initNetwork } from "../lib/tensor/networks.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { policyNetworks, sampleWithLogProbability } from "../lib/algorithms/policies.js";
import type { ActorPart } from "../lib/tasks/task.js";

/** Hidden layers Linear -> ReLU on [normalised observation, action], then a linear output. */
const NETWORK: HiddenLayers = { activation: "relu", layerNorm: false };

/** The actor's network: a Gaussian whose log-std depends on the observation, squashed by tanh. */
export const SOFT_ACTOR = policyNetworks["relu-tanh"];

/** One thing for each of the two Q functions. */
export type Twin<T> = [T, T];

export const both = <A, B>([a, b]: Twin<A>, fn: (x: A, i: number) => B): Twin<B> => [fn(a, 0), fn(b, 1)];

/** Two fresh Q functions: weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)). */
export function initTwin(obs: number, action: number, hidden: readonly number[], random: RandomStream): Twin<Params> {
  const one = () => initNetwork([obs + action, ...hidden, 1], NETWORK, random);
  return [one(), one()];
}

/** Q values [batch] of normalised observations [batch, obs] and actions [batch, act]. */
export function qValue(params: Params, normalized: tf.Tensor2D, action: tf.Tensor2D): tf.Tensor1D {
  const x = tf.concat2d([normalized, action], 1);
  return tf.squeeze(linear(params, "output", hiddenLayers(NETWORK, params, x)), [1]);
}

/**
 * What values of states are made of: two Q functions, the temperature alpha, the normaliser they see through, and the part
 * of an observation that the actor sees.
 */
export type Soft = {
  /** Parameters of the Q functions. */
  twin: Twin<Params>;
  /** Alpha, the weight of the entropy. */
  temperature: tf.Scalar;
  /** Frozen for the epoch. */
  normalizer: NormalizerTensors;
  /** From an observation to what the actor sees of it. */
  actorPart: ActorPart;
};

/**
 * Actions [batch, act] of the stochastic policy, in (-1, 1), and their log pi [batch].
 * @param actor the policy's parameters @param obs raw observations [batch, obs]
 * @param noise standard normal [batch, act] @param soft normaliser, and the part of an observation that the actor sees
 */
export const softAction = (actor: Params, { normalizer, actorPart }: Soft, obs: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampleWithLogProbability(SOFT_ACTOR, actor, actorPart(normalize(obs, normalizer)), noise);

/**
 * min_i Q_i(s, a) - alpha log pi(a|s) [batch] with such actions, a sample of the soft value; and log pi(a|s) [batch].
 * @param actor the policy's parameters @param soft Q functions, temperature and normaliser
 * @param obs raw observations [batch, obs] @param noise standard normal [batch, act]
 */
export function softValue(actor: Params, soft: Soft, obs: tf.Tensor2D, noise: tf.Tensor2D) {
  const { action, logProbability } = softAction(actor, soft, obs, noise);
  const [q1, q2] = both(soft.twin, (params) => qValue(params, normalize(obs, soft.normalizer), action));
  const value = tf.sub<tf.Tensor1D>(tf.minimum(q1, q2), tf.mul(soft.temperature, logProbability));
  return { value, logProbability };
}

/** r + gamma (1 - terminated) v' [batch]: bootstraps at time-outs, not at terminations. reward, terminated [batch, 1]. */
export function tdTarget(
  { reward, terminated }: { reward: tf.Tensor2D; terminated: tf.Tensor2D },
  nextValue: tf.Tensor1D,
  gamma: number,
): tf.Tensor1D {
  const [r, end] = [reward, terminated].map((column) => tf.squeeze<tf.Tensor1D>(column, [1]));
  return tf.add(r, tf.mul(tf.mul(tf.sub(1, end), nextValue), gamma));
}

/** The sum of both mean squared errors against targets [batch], and the mean of both values. */
export function twinLoss(twin: Twin<Params>, normalized: tf.Tensor2D, action: tf.Tensor2D, target: tf.Tensor1D) {
  const values = both(twin, (params) => qValue(params, normalized, action));
  const [e1, e2] = both(values, (q) => tf.mean<tf.Scalar>(tf.square(tf.sub(q, target))));
  return { loss: tf.add<tf.Scalar>(e1, e2), q: tf.mean<tf.Scalar>(tf.stack(values)) };
}
