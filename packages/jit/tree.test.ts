import { beforeAll, expect, test } from "vitest";
import { useBackend } from "./backend.js";
import { tf } from "./tf.js";
import { cloneTree, disposeTree, flatten, keepTree, leaves, mapTree, tidy, type Tree } from "./tree.js";

beforeAll(async () => {
  await useBackend();
});

test("leaves come in the order of sorted keys, whatever the insertion order", () => {
  const [a, b, c] = [1, 2, 3].map((x) => tf.scalar(x));
  expect(leaves({ z: c, a: [a, { q: b }] })).toEqual([a, b, c]);
  expect(flatten({ z: c, a: a }).structure).toBe(flatten({ a: a, z: c }).structure);
  expect(flatten({ z: c, a: a }).structure).not.toBe(flatten({ z: c, b: a }).structure);
  expect(flatten([a, [b]]).structure).not.toBe(flatten([[a], b]).structure);
});

test("mapTree and restore keep the structure, empty parts included", () => {
  const tree = { empty: {}, none: [], pair: [tf.scalar(1), tf.scalar(2)] as const };
  const doubled = mapTree(tree, (leaf) => leaf.mul(2));
  expect(Object.keys(doubled)).toEqual(["empty", "none", "pair"]);
  expect(doubled.pair.map((leaf) => leaf.dataSync()[0])).toEqual([2, 4]);
  expect(flatten(tree).restore(leaves(doubled)).pair[1]).toBe(doubled.pair[1]);
});

test("what is not a tree is refused with its place", () => {
  const bad = { layer: [tf.scalar(1), 3] } as unknown as Tree;
  expect(() => leaves(bad)).toThrow("tree.layer[1] is 3: everything has to be a tensor, an array or a record");
  expect(() => leaves({ x: undefined } as unknown as Tree)).toThrow("tree.x is undefined");
  expect(() => leaves({ x: new Map() } as unknown as Tree)).toThrow("tree.x is [object Map]");
});

test("clones share values and are freed on their own; tidy frees all but the result; keep outlives it", () => {
  const tree = { a: tf.scalar(1), b: tf.scalar(2) };
  const before = tf.memory().numTensors;
  const copy = cloneTree(tree);
  disposeTree(copy);
  expect(tree.a.isDisposed).toBe(false);
  let kept: typeof tree | undefined;
  const result = tidy(() => {
    kept = keepTree(cloneTree(tree));
    return { sum: tree.a.add(tree.b).add(1) };
  });
  expect(tf.memory().numTensors).toBe(before + 3);
  expect(result.sum.dataSync()[0]).toBe(4);
  disposeTree([result, kept!]);
  expect(tf.memory().numTensors).toBe(before);
});
