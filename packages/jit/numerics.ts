import { createHash } from "node:crypto";
import { tf } from "@dmo-lab/jit/tf";

/**
 * Sixteen hex digits that stand for the bits of typical results: matrix products, sums and functions of the backend, and
 * JavaScript's own functions. Where they differ between two machines or settings, runs differ as well; where they are
 * equal, runs are most likely equal bit for bit. Takes some 20 ms.
 */
export function numericsDigest(): string {
  const hash = createHash("sha256");
  tf.tidy(() => {
    const a = wave([64, 512], 1.7);
    const b = wave([512, 64], 2.3);
    const results = [tf.matMul(a, b), tf.matMul(a, a, false, true), tf.sum(wave([1024, 512], 3.1)), tf.mean(b, 0)];
    const functions = [tf.exp, tf.tanh, tf.softplus, tf.log, tf.rsqrt].map((f) => f(tf.abs(a)));
    for (const result of [...results, ...functions]) hash.update(result.dataSync());
  });
  for (const f of [Math.sin, Math.cos, Math.exp, Math.log, Math.sqrt, Math.cbrt])
    hash.update(Float64Array.from({ length: 500 }, (_, i) => f(1.1 * i)));
  return hash.digest("hex").slice(0, 16);
}

const wave = (shape: [number, number], rate: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(rate * i)),
    shape,
  );
