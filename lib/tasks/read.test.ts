import { beforeAll, expect, test } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { findTask } from "./index.js";
import { reader } from "./read.js";

beforeAll(async () => {
  await useBackend();
});

const table = [
  { name: "height", size: 1, unit: "m" },
  { name: "velocity: forward, up", size: 2, unit: "m/s" },
  { name: "joint angles: hip and knee of left, right", size: 4, unit: "rad" },
  { name: "head: turn", size: 1, unit: "rad" },
] as const;
const read = reader(table);
const obs = () => tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17], [2, 8]);

test("a row of size 1 and a component come as [env], another row as [env, size]", () => {
  const height: tf.Tensor1D = read(obs(), "height");
  const up: tf.Tensor1D = read(obs(), "velocity: up");
  const velocity: tf.Tensor2D = read(obs(), "velocity: forward, up");
  expect(height.arraySync()).toEqual([0, 10]);
  expect(up.arraySync()).toEqual([2, 12]);
  expect(velocity.arraySync()).toEqual([
    [1, 2],
    [11, 12],
  ]);
  expect(read(obs(), "head: turn").arraySync()).toEqual([7, 17]);
  expect(read(obs(), "joint angles: hip and knee of left, right").shape).toEqual([2, 4]);
});

test("a misspelt name is refused by the compiler, and with a suggestion where there is none", () => {
  // @ts-expect-error it is no name of the table
  expect(() => read(obs(), "velocity: foward")).toThrow(InputError);
  const untyped = reader(findTask("hopper").observation);
  expect(() => untyped(tf.zeros([1, 11]), "velocity: foward")).toThrow(
    'observation row "velocity: foward" is unknown. Did you mean "velocity: forward"? Allowed: height, pitch, ',
  );
  // @ts-expect-error a list of other things than the components names none
  expect(() => read(obs(), "joint angles: right")).toThrow(InputError);
});
