/** Layers as pure functions over named parameters. Rows are samples: x [batch, in] gives [batch, out]. */
import { withGradient } from "@dmo-lab/jit/grad";
import { affine, matMul, sumRows } from "@dmo-lab/jit/kernels";
import type { RandomStream } from "./random.js";
import { tf } from "@dmo-lab/jit/tf";

/** Parameters by name, e.g. "layer0.weight" [in, out], "layer0.bias" [out], "norm0.weight", "norm0.bias". */
export type Params = { [name: string]: tf.Tensor };

/** The tensors `name.weight` and `name.bias`. */
function weightAndBias(p: Params, name: string): [tf.Tensor, tf.Tensor] {
  const find = (key: string) => {
    if (key in p) return p[key];
    throw new Error(`parameter "${key}" is missing; there are ${Object.keys(p).join(", ")}.`);
  };
  return [find(`${name}.weight`), find(`${name}.bias`)];
}

/** The linear layer x W + b, with W and b the `name.weight` [in, out] and `name.bias` [out] of `p`: x [batch, in] gives [batch, out]. */
export function linear(p: Params, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const [weight, bias] = weightAndBias(p, name) as [tf.Tensor2D, tf.Tensor1D];
  return withGradient(
    [x, weight, bias],
    () => ({ value: affine(x, weight, bias), saved: [x, weight] }),
    (dy, saved) => {
      const [x, weight] = saved as tf.Tensor2D[];
      return [matMul(dy, weight, false, true), matMul(x, dy, true, false), sumRows(dy)];
    },
  );
}

/**
 * Layer normalisation over the last axis, n = (x - mean) / sqrt(variance + eps), y = n weight + bias, of `name` in `p`.
 * Gradient: dx = (g - mean(g) - n mean(g n)) / sqrt(variance + eps) with g = dy weight; means are matrix products.
 */
export function layerNorm(p: Params, name: string, x: tf.Tensor2D, eps: number): tf.Tensor2D {
  const [weight, bias] = weightAndBias(p, name);
  const width = x.shape[1];
  return withGradient(
    [x, weight, bias],
    () => {
      const centred = tf.sub(x, tf.mean(x, 1, true));
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps));
      const normed = tf.mul(centred, scale);
      return { value: tf.add(tf.mul(normed, weight), bias) as tf.Tensor2D, saved: [normed, scale, weight] };
    },
    (dy, [normed, scale, weight]) => {
      const column = tf.reshape(tf.div(weight, width), [width, 1]) as tf.Tensor2D;
      const dyNormed = tf.mul(dy, normed) as tf.Tensor2D;
      const mean = matMul(dy, column);
      const slope = matMul(dyNormed, column);
      const g = tf.mul(dy, weight);
      const dx = tf.mul(tf.sub(tf.sub(g, mean), tf.mul(normed, slope)), scale);
      return [dx, sumRows(dyNormed), sumRows(dy)];
    },
  );
}

/** How far above its group's mean an input of SimNorm may lie: e^80 still has room in float32. */
const SIMNORM_RANGE = 80;

/**
 * Softmax of x [batch, width] within groups of `group` neighbours (SimNorm of TD-MPC2, arXiv 2310.16828). Sums over a
 * group are matrix products with ones, several times faster than reductions over a short axis.
 * @throws Error unless `group` divides the width of `x`
 */
export function simNorm(x: tf.Tensor2D, group: number): tf.Tensor2D {
  if (x.shape[1] % group) throw new Error(`simNorm: groups of ${group} do not divide a width of ${x.shape[1]}.`);
  const rows = [x.size / group, group] as [number, number];
  const sums = (values: tf.Tensor, weight: number) => matMul(values as tf.Tensor2D, tf.fill([group, group], weight));
  return withGradient(
    [x],
    () => {
      const groups = tf.reshape(x, rows);
      const e = tf.exp(tf.minimum(tf.sub(groups, sums(groups, 1 / group)), SIMNORM_RANGE));
      const y = tf.div(e, sums(e, 1));
      return { value: tf.reshape(y, x.shape), saved: [y] };
    },
    (dy, [y]) => {
      const g = tf.reshape(dy, rows);
      return [tf.reshape(tf.mul(y, tf.sub(g, sums(tf.mul(g, y), 1))), x.shape)];
    },
  );
}

/** The exponential linear unit: x where x > 0, e^x - 1 elsewhere. */
export const elu = <T extends tf.Tensor>(x: T): T => tf.elu(x);

/** The sigmoid-weighted linear unit x sigmoid(x); its derivative is s + y - s y with s = sigmoid(x), y = silu(x). */
export function silu<T extends tf.Tensor>(x: T): T {
  return withGradient(
    [x],
    () => {
      const s = tf.sigmoid(x);
      const y = tf.mul(x, s) as T;
      return { value: y, saved: [s, y] };
    },
    (dy, [s, y]) => [tf.mul(dy, tf.add(s, tf.sub(y, tf.mul(s, y))))],
  );
}

/**
 * One step of a GRU, PyTorch's formula: x [batch, in], h [batch, hidden]. Parameters `input.weight` [in, 3 hidden],
 * `hidden.weight` [hidden, 3 hidden] and their biases under `name` in `p`, gates in the order reset, update, new:
 * r, z = sigmoid(.), n = tanh(x W_n + b_n + r (h U_n + c_n)), h' = (1 - z) n + z h.
 */
export const gru = (p: Params, name: string, x: tf.Tensor2D, h: tf.Tensor2D): tf.Tensor2D =>
  gruStep(p, name, linear(p, `${name}.input`, x), h);

/** The same from x W + b [batch, 3 hidden] of all gates, which a sequence computes for all its steps at once. */
export function gruStep(p: Params, name: string, projected: tf.Tensor2D, h: tf.Tensor2D): tf.Tensor2D {
  const [xr, xz, xn] = tf.split(projected, 3, 1);
  const [hr, hz, hn] = tf.split(linear(p, `${name}.hidden`, h), 3, 1);
  const r = tf.sigmoid(tf.add(xr, hr));
  const z = tf.sigmoid(tf.add(xz, hz));
  const n = tf.tanh(tf.add(xn, tf.mul(r, hn)));
  return tf.add(n, tf.mul(z, tf.sub(h, n)));
}

/** U(-1/sqrt(fanIn), 1/sqrt(fanIn)) of any shape: PyTorch's default for weights [in, out] and biases of linear layers. */
export function uniformFanIn(shape: number[], fanIn: number, random: RandomStream): tf.Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.uniform(-bound, bound)),
    shape,
  );
}

/** A random matrix [rows, columns] with orthonormal rows or columns (whichever are fewer), times `gain`. */
export function orthogonal(rows: number, columns: number, gain: number, random: RandomStream): tf.Tensor2D {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const basis: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) basis.forEach((other) => removeComponent(vector, other)); // twice is enough (Kahan)
    const norm = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => value / norm));
  }
  const data = Float32Array.from({ length: rows * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    return gain * (rows < columns ? basis[row][column] : basis[column][row]);
  });
  return tf.tensor2d(data, [rows, columns]);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

function removeComponent(vector: Float64Array, unit: Float64Array): void {
  const length = dot(vector, unit);
  for (let i = 0; i < vector.length; i++) vector[i] -= length * unit[i];
}
