import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "./backend.js";
import { bfloat16 } from "./bfloat16.js";
import { valueAndGrad } from "./grad.js";
import { jit } from "./jit.js";
import { matMul } from "./kernels.js";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "./tf.js";
import { tracers } from "./tracing.js";
import { disposeTree, tidy, type Tree } from "./tree.js";

const native = (await useBackend()).name === "tensorflow";
/** Plain JavaScript runs functions op by op: where it was chosen for a test, those of traces do not apply. */
const traces = tracers.has(tf.getBackend());
const applies = traces || !process.env.DMO_LAB_BACKEND;
/** Likewise a graph's folder, where WebAssembly was chosen. */
const hasFolders = native || !process.env.DMO_LAB_BACKEND;
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const sessions = () =>
  native
    ? (tf.backend() as unknown as { binding: { getNumOfSavedModels(): number } }).binding.getNumOfSavedModels()
    : 0;
/** Tensors, and data of the backend: a recording's constants are data alone. */
const held = () => ({ tensors: tf.memory().numTensors, data: tf.backend().numDataIds() });

let folder: string;
const previous = process.env.TMPDIR;
beforeAll(() => {
  folder = process.env.TMPDIR = fs.mkdtempSync(path.join(os.tmpdir(), "jit-test-"));
});
afterAll(() => {
  expect(fs.readdirSync(folder)).toEqual([]); // no temporary SavedModel is left
  fs.rmSync(folder, { recursive: true });
  if (previous === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = previous;
});

describe("results", () => {
  test("keep the structure; inputs, constants and repeated tensors may be outputs", () => {
    const fn = jit("fn", ({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const sum = tf.add(x, y);
      return { sum, rest: [x, x, sum, tf.scalar(3)] as const, empty: {} };
    });
    const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
    for (const args of [
      { x, y },
      { y, x },
    ]) {
      const before = tf.memory().numTensors;
      const result = fn(args);
      expect(tf.memory().numTensors).toBe(before + 5);
      expect(values(result.sum)).toEqual([11, 22]);
      expect(result.rest.map(values)).toEqual([[1, 2], [1, 2], [11, 22], [3]]);
      expect(result.empty).toEqual({});
      disposeTree(result);
      expect(tf.memory().numTensors).toBe(before);
      expect(x.isDisposed || y.isDisposed).toBe(false);
    }
    fn.dispose();
  });

  test("axes are added, also where the op's type is not said", () => {
    const outer = jit("outer", (x: tf.Tensor1D) => tf.matMul(tf.expandDims(x, 1), tf.expandDims(x, 0)));
    const flags = jit("flags", (x: tf.Tensor1D) => tf.expandDims(tf.greater(x, 1), 1));
    const x = tf.tensor1d([1, 2]);
    expect(values(outer(x))).toEqual([1, 2, 2, 4]);
    expect(flags(x)).toMatchObject({ dtype: "bool", shape: [2, 1] });
    [outer, flags].forEach((fn) => fn.dispose());
  });

  test("one tensor passed twice is still two arguments", () => {
    const fn = jit("difference", (a: tf.Tensor, b: tf.Tensor) => tf.sub(a, b));
    const [one, two] = [tf.scalar(1), tf.scalar(2)];
    expect(values(fn(one, one))).toEqual([0]);
    expect(values(fn(two, one))).toEqual([1]);
    fn.dispose();
  });

  test("new shapes, data types and structures are traced anew, known ones are not", () => {
    let runs = 0;
    const fn = jit("sum", (parts: readonly tf.Tensor[]) => {
      runs++;
      return tf.sum(tf.concat(parts.map((part) => tf.cast(part.flatten(), "float32"))));
    });
    const call = (...parts: tf.Tensor[]) => values(fn(parts))[0];
    expect(call(tf.ones([2]))).toBe(2);
    expect(call(tf.ones([2, 3]))).toBe(6);
    expect(call(tf.ones([2], "int32"))).toBe(2);
    expect(call(tf.tensor1d([true, false], "bool"))).toBe(1);
    expect(call(tf.ones([2]), tf.ones([3]))).toBe(5);
    if (traces) {
      expect(runs).toBe(5);
      expect(call(tf.zeros([2]))).toBe(0);
      expect(runs).toBe(5);
      expect(sessions()).toBe(native ? 5 : 0);
      fn.dispose();
      expect(sessions()).toBe(0);
      expect(call(tf.ones([2]))).toBe(2);
      fn.dispose();
    }
  });

  test("a compiled function inside another becomes part of it", () => {
    const square = jit("square", (x: tf.Tensor) => tf.square(x));
    const fn = jit("outer", (x: tf.Tensor) => valueAndGrad(([x]) => tf.sum(square(x)) as tf.Scalar, [x]));
    const { value, grad } = fn(tf.tensor1d([1, 2, 3]));
    expect(values(value)).toEqual([14]);
    expect(values(grad[0])).toEqual([2, 4, 6]);
    if (native) expect(sessions()).toBe(1);
    fn.dispose();
    square.dispose();
  });

  test("a compiled function has a gradient", () => {
    const cube = jit("cube", (x: tf.Tensor) => tf.mul(x, tf.square(x)));
    const { value, grad } = valueAndGrad((x) => tf.sum(cube(x)) as tf.Scalar, tf.tensor1d([1, 2]));
    expect(values(value)).toEqual([9]);
    expect(values(grad)).toEqual([3, 12]);
    cube.dispose();
  });

  test("a result does not change when its arguments are freed or another call follows", () => {
    const fn = jit("identity and double", (x: tf.Tensor) => [x, tf.mul(x, 2)]);
    const x = tf.tensor1d([1, 2]);
    const [same, double] = fn(x);
    x.dispose();
    disposeTree(fn(tf.tensor1d([5, 6])));
    expect([values(same), values(double)]).toEqual([
      [1, 2],
      [2, 4],
    ]);
    fn.dispose();
  });

  test("arguments, results and functions that do not fit are named", () => {
    const half = jit("half", (x: tf.Tensor) => tf.div(x, 2));
    expect(() => half(3 as unknown as tf.Tensor)).toThrow('jit "half": arguments[0] is 3: everything has to be');
    const loss = jit("loss", (x: tf.Tensor) => ({ loss: 3, x }) as unknown as Tree);
    expect(() => loss(tf.scalar(1))).toThrow('jit "loss": result.loss is 3: everything has to be');
    const later = (async (x: tf.Tensor) => tf.scalar((await x.data())[0])) as unknown as (x: tf.Tensor) => tf.Tensor;
    expect(() => jit("later", later)(tf.scalar(1))).toThrow('jit "later": the function is asynchronous');
  });
});

if (applies)
  describe.skipIf(!traces)("what a trace cannot hold is refused by name", () => {
    const x = tf.tensor1d([1, 2]);
    const attempt = (fn: (x: tf.Tensor) => Tree) => () => {
      const step = jit("step", fn);
      try {
        return tidy(() => step(x));
      } finally {
        step.dispose();
      }
    };

    test("tensors made outside, whether used before or not", () => {
      const used = tf.ones([2, 3]);
      values(tf.add(used, 1));
      const message = 'jit "step": uses a float32 tensor [2, 3] made outside; pass it as an argument';
      expect(attempt(() => tf.add(used, 1))).toThrow(message);
      const fresh = tf.ones([2, 3]);
      expect(attempt(() => tf.add(fresh, 1))).toThrow(message);
      expect(attempt(() => fresh)).toThrow(message);
      expect(attempt((y) => tf.add(x, y))).toThrow("made outside"); // the argument itself, captured
    });

    test("reading values", async () => {
      const message = 'jit "step": reads the values of a tensor';
      expect(attempt((x) => tf.scalar(x.dataSync()[0]))).toThrow(message);
      expect(attempt((x) => tf.scalar((tf.sum(x).arraySync() as number) * 2))).toThrow(message);
      let reading: Promise<unknown> | undefined;
      attempt((x) => {
        reading = tf.square(x).data();
        return x;
      })();
      await expect(reading).rejects.toThrow(message);
      expect(values(attempt((x) => tf.add(x, tf.scalar(2).dataSync()[0]))() as tf.Tensor)).toEqual([3, 4]); // a constant
    });

    test("random numbers", () => {
      const message = 'jit "step": draws random numbers';
      expect(attempt((x) => tf.add(x, tf.randomNormal([2])))).toThrow(message);
      expect(attempt((x) => tf.add(x, tf.randomUniform([2])))).toThrow(message);
      expect(attempt((x) => tf.multinomial(x as tf.Tensor1D, 3, 1))).toThrow(message);
      expect(attempt((x) => tf.mul(x, Math.random()))).toThrow(message);
      expect(attempt((x) => tf.mul(x, streams(0)("noise").normal()))).toThrow(message);
    });

    const ofFolders = hasFolders ? test.skipIf(!native) : () => undefined;
    ofFolders("a graph that does not load leaves no folder", () => {
      const backend = tf.backend() as unknown as { binding: object };
      const binding = backend.binding;
      const loadSavedModel = (folder: string) => {
        expect(fs.readdirSync(folder)).toEqual(["saved_model.pb"]);
        throw new Error("unknown op");
      };
      backend.binding = Object.create(binding, { loadSavedModel: { value: loadSavedModel } }) as object;
      try {
        expect(attempt((x) => tf.square(x))).toThrow('jit "step": TensorFlow does not accept the graph: unknown op');
      } finally {
        backend.binding = binding;
      }
      expect(fs.readdirSync(folder)).toEqual([]);
    });

    test("a failed trace leaves no tensor, session or changed backend behind", () => {
      const before = held();
      expect(attempt((x) => tf.add(tf.square(x), tf.randomNormal([2])))).toThrow();
      expect(held()).toEqual(before);
      expect(sessions()).toBe(0);
      expect(Math.random()).toBeLessThan(1);
      expect(values(tf.add(x, tf.ones([2])))).toEqual([2, 3]);
      expect(values(attempt((x) => tf.square(x))() as tf.Tensor)).toEqual([1, 4]);
    });
  });

if (applies)
  test.skipIf(!traces)("10,000 calls leave the number of tensors and the memory of the process as they are", () => {
    const fn = jit("step", (x: tf.Tensor, w: tf.Tensor) => [tf.tanh(tf.matMul(x, w)), tf.sum(x), x]);
    let x: tf.Tensor = tf.ones([64, 32]);
    const w = tf.fill([32, 32], 0.01);
    const run = (calls: number) => {
      for (let i = 0; i < calls; i++) {
        const [next, sum, same] = fn(x, w);
        disposeTree([x, sum, same]);
        x = next;
      }
      return { held: held(), megabytes: process.memoryUsage().rss / 2 ** 20 };
    };
    const rounds = [2_000, 4_000, 4_000, 4_000].map(run);
    for (const { held } of rounds) expect(held).toEqual(rounds[0].held);
    // One leaked result a call would be 32 MB in every round; the heap alone grows in some.
    const growth = rounds.slice(1).map(({ megabytes }, i) => megabytes - rounds[i].megabytes);
    expect(Math.min(...growth)).toBeLessThan(8);
    fn.dispose();
  });

test("precision: bfloat16 rounds the factors of large products alone, where the function is one graph", () => {
  const random = streams(4)("factors");
  const matrix = (n: number) => tf.tensor2d(random.normals(n * n), [n, n]);
  const product = (x: tf.Tensor2D, y: tf.Tensor2D) => matMul(x, y);
  const [exact, low] = [jit("exact", product), jit("low", product, "bfloat16")];
  const [x, y] = [matrix(64), matrix(64)];
  expect(low(x, y).dataSync()).toEqual(exact(x, y).dataSync());
  const [a, b] = [matrix(256), matrix(256)];
  const sums = exact(nearest(a), nearest(b));
  const expected = { rounded: nearest(sums), truncated: towardsZero(sums), float32: exact(a, b) }[bfloat16()];
  expect(bfloat16() === "float32").toBe(!native);
  // A sum in another order may round to a neighbour, 2^-8 away at most; one in a thousand of them gives this norm.
  expect(distance(low(a, b), expected)).toBeLessThan(1e-4);
  exact.dispose();
  low.dispose();
});

const distance = (a: tf.Tensor, b: tf.Tensor): number => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)).dataSync()[0];

/** The upper half of a float32's bits is a bfloat16. */
const upperBits = (change: (bits: number) => number) => (x: tf.Tensor2D) => {
  const bits = new Uint32Array((x.dataSync() as Float32Array).slice().buffer).map((b) => change(b) & 0xffff0000);
  return tf.tensor2d(new Float32Array(bits.buffer), x.shape);
};
const towardsZero = upperBits((bits) => bits);
const nearest = upperBits((bits) => bits + 0x7fff + ((bits >>> 16) & 1));
