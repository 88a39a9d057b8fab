import { jit } from "./jit.js";
import { matMul } from "./kernels.js";
import { tf } from "./tf.js";

/**
 * How a product of bfloat16 matrices, summed in float32, becomes bfloat16 again: `rounded` where the processor has a kernel for it
 * (oneDNN, AVX-512), `truncated` by TensorFlow's slower substitute; `float32` where products are not taken in bfloat16 at all.
 */
export type Bfloat16 = "rounded" | "truncated" | "float32";

let answer: Bfloat16 | undefined;

/** Asks the backend in use, once, by a product whose exact value, 259, lies between the two bfloat16 numbers 258 and 260. */
export function bfloat16(): Bfloat16 {
  return (answer ??= ask());
}

function ask(): Bfloat16 {
  const ones = tf.ones<tf.Rank.R2>([259, 259]);
  const multiply = jit("product in bfloat16", (x: tf.Tensor2D, y: tf.Tensor2D) => matMul(x, y), "bfloat16");
  const product = multiply(ones, ones);
  const sum = product.dataSync()[0];
  multiply.dispose();
  tf.dispose([ones, product]);
  return sum === 259 ? "float32" : sum === 258 ? "truncated" : "rounded";
}
