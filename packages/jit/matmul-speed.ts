import { tf } from "./tf.js";

const MATMUL_SIZE = 512;
const MATMUL_MILLISECONDS = 100;
let measured: number | undefined;

/**
 * How fast this process multiplies matrices of 512 x 512 [10^9 operations a second]: the best of what fits into a tenth of a
 * second, by the processor's time, shared by its threads, so that other work on the machine counts little. Times of runs on
 * different processors compare by it. Measured once.
 * @param threads that it computes with
 */
export function matmulSpeed(threads: number): number {
  return (measured ??= tf.tidy(() => {
    const a = tf.fill([MATMUL_SIZE, MATMUL_SIZE], 0.5);
    const multiply = () => {
      const start = process.cpuUsage();
      tf.matMul(a, a).dataSync();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6 / threads;
    };
    const began = performance.now();
    let best = multiply();
    while (performance.now() - began < MATMUL_MILLISECONDS) best = Math.min(best, multiply());
    return Number(((2 * MATMUL_SIZE ** 3) / best / 1e9).toPrecision(3));
  }));
}
