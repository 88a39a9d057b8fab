import { afterEach, describe, expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";
import { valueAndGrad } from "./grad.js";
import { jit } from "./jit.js";
import { meanOfParts, opsAtATime } from "./parts.js";
import { tf } from "./tf.js";

const { name, gpu } = await useBackend();
afterEach(() => vi.unstubAllEnvs());

test.each([
  ["1", 1],
  ["2", 2],
  ["8", 2],
])(
  "with %s threads a batch is in %i parts where native TensorFlow computes on the processor",
  async (threads, parts) => {
    vi.stubEnv("DMO_LAB_THREADS", threads);
    vi.resetModules();
    const fresh = [await import("./backend.js"), await import("./parts.js")] as const;
    await fresh[0].useBackend(name);
    expect(fresh[1].opsAtATime(1)).toBe(name === "tensorflow" && !gpu ? parts : 1);
  },
);

const wave = (rows: number, columns: number, phase: number): tf.Tensor2D =>
  tf.reshape(tf.sin(tf.linspace(phase, phase + 9, rows * columns)), [rows, columns]);

/** Value and gradient of a mean over `rows` rows, with so many ops at a time, and the rows of the parts that it was taken of. */
function measure(rows: number, ops: number, compile = true) {
  const parts: number[] = [];
  const mean = (weights: tf.Tensor2D, x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar =>
    meanOfParts({ x, y }, (part) => {
      parts.push(part.y.shape[0]);
      return tf.mean(tf.square(tf.sub(tf.tanh(tf.matMul(part.x, weights)), part.y)));
    });
  const step = (weights: tf.Tensor2D, x: tf.Tensor2D, y: tf.Tensor2D) => valueAndGrad((w) => mean(w, x, y), weights);
  const before = opsAtATime(ops);
  const fn = compile ? jit("mean of parts", step) : step;
  const { value, grad } = fn(wave(3, 2, 0), wave(rows, 3, 1), wave(rows, 2, 2));
  opsAtATime(before);
  return { parts, numbers: [...value.dataSync(), ...grad.dataSync()] };
}

describe.runIf(name === "tensorflow")("a mean of parts", () => {
  test("is that of the whole batch, with its gradient", () => {
    const [whole, halves, quarters] = [1, 2, 4].map((ops) => measure(8, ops));
    expect([whole.parts, halves.parts, quarters.parts]).toEqual([[8], [4, 4], [2, 2, 2, 2]]);
    for (const { numbers } of [halves, quarters])
      numbers.forEach((number, i) => expect(number).toBeCloseTo(whole.numbers[i], 6));
  });

  test("is taken of the whole batch where its rows do not divide, and op by op", () => {
    expect(measure(9, 2)).toEqual({ parts: [9], numbers: measure(9, 1).numbers });
    expect(measure(8, 2, false)).toEqual({ parts: [8], numbers: measure(8, 1, false).numbers });
  });
});
