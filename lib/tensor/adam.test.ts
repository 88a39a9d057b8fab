import { beforeAll, expect, test } from "vitest";
import { adamInit, adamUpdate, clipByGlobalNorm, linearDecay } from "./adam.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { jit } from "@dmo-lab/jit/jit";
import { streams } from "./random.js";
import { tf } from "@dmo-lab/jit/tf";

beforeAll(async () => {
  await useBackend();
});

/** PyTorch's Adam for one number, in float64. */
function adam64(p: number, grads: number[], rate: number, [b1, b2]: readonly [number, number], eps: number): number {
  let [m, v] = [0, 0];
  grads.forEach((g, i) => {
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    p -= ((rate / (1 - b1 ** (i + 1))) * m) / (Math.sqrt(v) / Math.sqrt(1 - b2 ** (i + 1)) + eps);
  });
  return p;
}

test.each([
  [[0.9, 0.999], 1e-8],
  [[0.7, 0.95], 1e-8],
  [[0.9, 0.999], 1e-2],
] as const)("betas %o, epsilon %f: 50 updates of gradients of all sizes, eager and compiled", (betas, epsilon) => {
  const random = streams(0)("gradients");
  const sizes = [1e-6, 1e-3, 1, 1e3];
  const grads = Array.from({ length: 50 }, () => sizes.map((size) => size * random.normal()));
  const rate = 2e-3;
  const step = (w: { w: tf.Tensor }, g: { w: tf.Tensor }, state: ReturnType<typeof adamInit>, rate: tf.Scalar) =>
    adamUpdate(w, g, state, rate, { betas, epsilon });
  for (const update of [step, jit("adam", step)]) {
    let params: { [name: string]: tf.Tensor } = { w: tf.tensor1d([0, 0, 0, 0]) };
    let state = adamInit(params);
    for (const g of grads)
      ({ params, state } = update(params as { w: tf.Tensor }, { w: tf.tensor1d(g) }, state, tf.scalar(rate)));
    sizes.forEach((_, i) => {
      const expected = adam64(0, grads.map((g) => Math.fround(g[i])), rate, betas, epsilon); // prettier-ignore
      expect(Math.abs(params.w.dataSync()[i] - expected)).toBeLessThan(1e-3 * rate);
    });
    expect(state.step.dataSync()[0]).toBe(50);
  }
});

test("moments are kept by name, and an update leaves nothing else behind", () => {
  const params = { b: tf.tensor1d([1]), a: tf.tensor1d([2]) };
  const grads = { a: tf.tensor1d([0]), b: tf.tensor1d([5]) };
  const state = adamInit(params);
  const before = tf.memory().numTensors;
  const next = adamUpdate(params, grads, state, tf.scalar(0.1), { betas: [0.9, 0.999], epsilon: 1e-8 });
  expect(tf.memory().numTensors).toBe(before + 8); // 2 parameters, 4 moments, the step, the learning rate
  expect(next.params.a.dataSync()[0]).toBe(2);
  expect(next.params.b.dataSync()[0]).toBeCloseTo(0.9, 6);
  expect(next.state.m.b.dataSync()[0]).toBeCloseTo(0.5, 6);
  expect(next.state.v.a.dataSync()[0]).toBe(0);
});

test("gradients whose squares are beyond float32 are clipped as any other", () => {
  const { grads, norm } = clipByGlobalNorm({ a: tf.tensor1d([3e25, 0]), b: tf.tensor1d([-4e25]) }, 1);
  expect(norm.dataSync()[0] / 5e25).toBeCloseTo(1, 6);
  expect(grads.a.dataSync()[0]).toBeCloseTo(0.6, 6);
  expect(grads.b.dataSync()[0]).toBeCloseTo(-0.8, 6);
});

test("clipByGlobalNorm scales only what is longer than max, and gives the norm before it", () => {
  const grads = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[0], [4]]) };
  const clipped = clipByGlobalNorm(grads, 1);
  expect(clipped.norm.dataSync()[0]).toBeCloseTo(5, 6);
  expect(clipped.grads.a.dataSync()[0]).toBeCloseTo(3 / (5 + 1e-6), 7);
  expect(clipped.grads.b.dataSync()[1]).toBeCloseTo(4 / (5 + 1e-6), 7);
  expect([...clipByGlobalNorm(grads, 10).grads.a.dataSync()]).toEqual([3, 0]);
  expect([...clipByGlobalNorm({ a: tf.zeros([2]) }, 1).grads.a.dataSync()]).toEqual([0, 0]);
});

test("a norm that is not a number stays visible", () => {
  const { grads, norm } = clipByGlobalNorm({ a: tf.tensor1d([NaN, 1]) }, 1);
  expect(norm.dataSync()[0]).toBeNaN();
  expect(grads.a.dataSync()[1]).toBeNaN();
});

test("linearDecay goes from start at epoch 0 towards end at `epochs`", () => {
  expect(linearDecay(2e-3, 1e-5, 0, 1000)).toBe(2e-3);
  expect(linearDecay(2e-3, 1e-5, 500, 1000)).toBeCloseTo(1.005e-3, 12);
  expect(linearDecay(2e-3, 1e-5, 1000, 1000)).toBeCloseTo(1e-5, 12);
});
