// Reading the reference numbers in data/reference, for tests.
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../lib/tensor/layers.js";
import { streams } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { leaves, mapTree, type Tree } from "@dmo-lab/jit/tree";

/** A recorded file; its keys are described in data/reference/README.md. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- recorded JSON of many shapes, read by the tests alone
export function reference(name: string): any {
  return JSON.parse(readFileSync(new URL(`../data/reference/${name}.json`, import.meta.url), "utf8"));
}

type Nested = number | Nested[];

/**
 * Recorded weights (or their gradients) as our parameters. Recorded names are `<net>.<k>.weight` with k = 3i for the
 * i-th linear layer and 3i + 2 for its LayerNorm; linear weights are recorded [out][in], ours are [in, out]. Those of a
 * GRU have PyTorch's names.
 */
export function toParams(recorded: Record<string, Nested>): Params {
  const indices = Object.keys(recorded).map((name) => Number(name.split(".")[1] ?? 0));
  const output = Math.max(...indices.filter((index) => !Number.isNaN(index)));
  const params: Params = {};
  for (const [name, values] of Object.entries(recorded)) {
    const [net, index, part] = name.split(".");
    if (net === "gru") {
      const [kind, side] = index.split("_"); // such as weight_ih_l0
      params[`gru.${side === "ih" ? "input" : "hidden"}.${kind}`] = linearPart(values as number[][], kind);
      continue;
    }
    const k = Number(index);
    if (part === undefined) params["logStd"] = tf.tensor(flatten(values));
    else if (k % 3 === 2) params[`norm${(k - 2) / 3}.${part}`] = tf.tensor(values as number[]);
    else params[`${k === output ? "output" : `layer${k / 3}`}.${part}`] = linearPart(values as number[][], part);
  }
  return params;
}

const linearPart = (values: number[][], part: string): tf.Tensor =>
  part === "weight" ? tf.transpose(tf.tensor2d(values)) : tf.tensor(values);

/** Difference relative to the norm of what is expected, over all values together, of which there is one at least. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(expected.length).toBeGreaterThan(0);
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / Math.max(norm, 1e-30));
}

/** All parameters in one array, by sorted name. */
export function flat(params: Params): number[] {
  return Object.keys(params)
    .sort()
    .flatMap((name) => [...params[name].dataSync()]);
}

/** @throws where a recording holds something else than numbers, such as null for a gradient that there is not */
function flatten(values: Nested): number[] {
  if (Array.isArray(values)) return values.flatMap(flatten);
  if (!Number.isFinite(values)) throw new Error(`a recording holds ${values} where a number was expected`);
  return [values];
}

/** Asserts that a tensor equals recorded numbers to `tolerance` of their norm. */
export function expectClose(actual: tf.Tensor | ArrayLike<number>, expected: Nested, tolerance: number): void {
  const values = actual instanceof tf.Tensor ? actual.dataSync() : actual;
  expect(relativeError(values, flatten(expected))).toBeLessThan(tolerance);
}

/** Asserts that parameters equal recorded ones as {@link expectSameParams}. */
export const expectParams = (actual: Params, recorded: Record<string, Nested>, tolerance: number): void =>
  expectSameParams(actual, toParams(recorded), tolerance);

/** Asserts that each parameter (or its gradient) equals the expected one to `tolerance` of that one's norm. */
export function expectSameParams(actual: Params, expected: Params, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected))
    expect(relativeError(actual[name].dataSync(), values.dataSync()), name).toBeLessThan(tolerance);
}

/** The slope of f at x along a random direction: by its gradient, and by central differences of this step. */
export function slopes<T extends Tree>(f: (x: T) => tf.Scalar, x: T, step: number): { exact: number; numeric: number } {
  const random = streams(8)("direction");
  const at = leaves(x);
  const direction = at.map(({ size, shape }) => tf.tensor(random.normals(size), shape));
  const along = (t: number): number => f(mapTree(x, (leaf, i) => tf.add(leaf, tf.mul(direction[i], t)))).dataSync()[0];
  const products = leaves(valueAndGrad(f, x).grad).map((g, i) => tf.sum(tf.mul(g, direction[i])));
  return { exact: tf.addN(products).dataSync()[0], numeric: (along(step) - along(-step)) / (2 * step) };
}
