/** Adam (Kingma & Ba 2015, in PyTorch's form), gradient clipping and the learning rate's schedule. Pure functions. */
import type { Params } from "./layers.js";
import { tf } from "@dmo-lab/jit/tf";
import { tidy } from "@dmo-lab/jit/tree";

/** First and second moments, `m` and `v`, by parameter name, and the number of updates done, `step`. */
export type AdamState = { m: Params; v: Params; step: tf.Scalar };
/** Decay of the moments, `betas`; `epsilon` is added to the root. */
export type AdamOptions = { betas: readonly [number, number]; epsilon: number };

const mapParams = (params: Params, fn: (name: string) => tf.Tensor): Params =>
  Object.fromEntries(Object.keys(params).map((name) => [name, fn(name)]));

/** The state of an optimiser that has done no update: moments of the shapes of `params`, all 0. */
export function adamInit(params: Params): AdamState {
  const zeros = () => mapParams(params, (name) => tf.zerosLike(params[name]));
  return { m: zeros(), v: zeros(), step: tf.scalar(0) };
}

/**
 * With `state`, `grads` g and `betas` b, m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2, then `params` p become
 * p - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon). `learningRate` is a tensor, so that it may change.
 */
export function adamUpdate(
  params: Params,
  grads: Params,
  state: AdamState,
  learningRate: tf.Scalar,
  { betas: [beta1, beta2], epsilon }: AdamOptions,
): { params: Params; state: AdamState } {
  return tidy(() => {
    const step = state.step.add(1) as tf.Scalar;
    const correction = (beta: number) => tf.neg(tf.expm1(tf.mul(step, Math.log(beta)))); // 1 - beta^t, without cancellation
    const rate = tf.div(learningRate, correction(beta1));
    const scale = tf.rsqrt(correction(beta2));
    const m = mapParams(params, (name) => tf.add(tf.mul(state.m[name], beta1), tf.mul(grads[name], 1 - beta1)));
    const v = mapParams(params, (name) =>
      tf.add(tf.mul(state.v[name], beta2), tf.mul(tf.square(grads[name]), 1 - beta2)),
    );
    const next = mapParams(params, (name) =>
      tf.sub(params[name], tf.div(tf.mul(m[name], rate), tf.add(tf.mul(tf.sqrt(v[name]), scale), epsilon))),
    );
    return { params: next, state: { m, v, step } };
  });
}

/** Parameters, `params`, and their optimiser, `adam`. */
export type Trained = { params: Params; adam: AdamState };

/** Parameters with an optimiser that has done no update. */
export const untrained = (params: Params): Trained => ({ params, adam: adamInit(params) });

const DEFAULTS: AdamOptions = { betas: [0.9, 0.999], epsilon: 1e-8 };

/** One Adam step; with PyTorch's default moments and epsilon, unless said otherwise. */
export function descend(
  { params, adam }: Trained,
  grads: Params,
  learningRate: number | tf.Scalar,
  options?: Partial<AdamOptions>,
): Trained {
  const rate = typeof learningRate === "number" ? tf.scalar(learningRate) : learningRate;
  const next = adamUpdate(params, grads, adam, rate, { ...DEFAULTS, ...options });
  return { params: next.params, adam: next.state };
}

/** In units of this, squares of the largest float32 are finite. */
const HUGE = 2 ** 64;

/** The square root of the sum of all squares; finite where that is, though the squares may not be. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  const norm = (of: readonly tf.Tensor[]) => tf.sqrt(tf.addN(of.map((g) => tf.sum<tf.Scalar>(tf.square(g)))));
  const direct = norm(tensors);
  const scaled = tf.mul<tf.Scalar>(HUGE, norm(tensors.map((g) => tf.div(g, HUGE))));
  return tf.where(tf.isFinite(direct), direct, scaled);
}

/** Scales all `grads` by min(1, max / (norm + 1e-6)); `norm` is their global norm before that. */
export function clipByGlobalNorm(grads: Params, max: number): { grads: Params; norm: tf.Scalar } {
  return tidy(() => {
    const norm = globalNorm(Object.values(grads));
    const scale = tf.minimum(tf.div(max, tf.add(norm, 1e-6)), 1); // in this order NaN stays NaN on every backend
    return { grads: mapParams(grads, (name) => tf.mul(grads[name], scale)), norm };
  });
}

/** The value in `epoch` on the straight line from `start` at epoch 0 to `end` at epoch `epochs`. */
export const linearDecay = (start: number, end: number, epoch: number, epochs: number): number =>
  start + ((end - start) * epoch) / epochs;
