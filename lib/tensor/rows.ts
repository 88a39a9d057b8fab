import { tf } from "@dmo-lab/jit/tf";

/** Values `[count * size]`, one row after another, as a matrix `[count, size]`. */
export const rows = (count: number, values: Float32Array): tf.Tensor2D =>
  tf.tensor2d(values, [count, values.length / count]);
