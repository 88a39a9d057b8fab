import { beforeAll, describe, expect, test } from "vitest";
import { InputError, NonFiniteError } from "@dmo-lab/input/errors";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { findTask } from "../../lib/tasks/index.js";
import { type Matrix, simulate } from "./simulate.js";

beforeAll(async () => {
  await useBackend();
});

const hopper = findTask("hopper");
const actions = (steps: number, envs: number): Matrix[] =>
  Array.from({ length: steps }, (_, t) =>
    Array.from({ length: envs }, (_, e) => [0, 1, 2].map((i) => 0.8 * Math.sin(t + 2 * e + 5 * i))),
  );

test("every part has the shape [t][env]...", () => {
  const { q, qd, obs, reward, terminated, gradient } = simulate(hopper, actions(4, 2), { gradient: true });
  const shape = (x: unknown): number[] => (Array.isArray(x) ? [x.length, ...shape(x[0])] : []);
  expect([q, qd, obs, reward, terminated, gradient].map(shape)).toEqual([
    [4, 2, 6],
    [4, 2, 6],
    [4, 2, 11],
    [4, 2],
    [4, 2],
    [4, 2, 3],
  ]);
});

test("nothing is reset: a fallen robot stays fallen", () => {
  const state = { q: [[0, -1.2, Math.PI / 2, 0, 0, 0]], qd: [[0, 0, 0, 0, 0, 0]] };
  const { terminated, q } = simulate(hopper, actions(3, 1), { state });
  expect(terminated).toEqual([[true], [true], [true]]);
  expect(q[2][0][1]).toBeLessThan(-0.4);
});

test("actions are clipped to [-1, 1], and the gradient of what is clipped is 0", () => {
  const inside = actions(3, 1).map((rows) => rows.map((row) => row.with(1, 1)));
  const outside = inside.map((rows) => rows.map((row) => row.with(1, 2.5)));
  const [a, b] = [inside, outside].map((given) => simulate(hopper, given, { gradient: true }));
  expect(b.q).toEqual(a.q);
  expect(b.reward).toEqual(a.reward);
  b.gradient!.forEach((rows, t) => {
    expect(rows[0][1]).toBe(0);
    expect(a.gradient![t][0][1]).not.toBe(0);
    expect(rows[0][0]).toBe(a.gradient![t][0][0]);
  });
});

test("the gradient counts rewards that read earlier actions", () => {
  // Reward a' . a'' at every step: the engine has no part in it.
  const task = {
    ...hopper,
    reward: (_: tf.Tensor2D, x: { previous: tf.Tensor2D; beforePrevious: tf.Tensor2D }) =>
      tf.sum(tf.mul(x.previous, x.beforePrevious), 1) as tf.Tensor1D,
  };
  const given = actions(5, 2);
  const { gradient } = simulate(task, given, { gradient: true });
  const neighbours = (t: number, e: number, i: number) =>
    (t <= 3 && t >= 1 ? given[t - 1][e][i] : 0) + (t <= 2 ? given[t + 1][e][i] : 0);
  gradient!.forEach((rows, t) =>
    rows.forEach((row, e) => row.forEach((g, i) => expect(g).toBeCloseTo(neighbours(t, e, i), 5))),
  );
});

describe("refuses, and says why", () => {
  const cases: [string, () => unknown, string][] = [
    ["no steps", () => simulate(hopper, []), "actions is empty; allowed: a list of steps."],
    ["no array", () => simulate(hopper, 3 as unknown as Matrix[]), "actions is 3; allowed: a list of steps."],
    [
      "ragged environments",
      () => simulate(hopper, [...actions(1, 2), ...actions(1, 3)]),
      "actions[1] has 3 environments; allowed: 2.",
    ],
    ["too few components", () => simulate(hopper, [[[0, 0]]]), "actions[0][0] has 2 numbers; allowed: 3."],
    [
      "no number",
      () => simulate(hopper, [[[0, 0, "x" as unknown as number]]]),
      'actions[0][0][2] is "x"; allowed: a finite number.',
    ],
    ["NaN", () => simulate(hopper, [[[0, NaN, 0]]]), "actions[0][0][1] is NaN; allowed: a finite number."],
    [
      "too few states",
      () => simulate(hopper, actions(1, 2), { state: { q: [[]], qd: [] } }),
      "state.q has 1 environments; allowed: 2.",
    ],
    [
      "short velocity",
      () => simulate(hopper, actions(1, 1), { state: { q: [[0, 0, 0, 0, 0, 0]], qd: [[0]] } }),
      "state.qd[0] has 1 numbers; allowed: 6.",
    ],
  ];
  for (const [name, run, message] of cases)
    test(name, () => {
      expect(run).toThrow(InputError);
      expect(run).toThrow(message);
    });
  test("a state that leaves the finite numbers", () => {
    const state = { q: [[0, 0, 0, 0, 0, 0]], qd: [[3e38, 0, 0, 0, 0, 3e38]] };
    expect(() => simulate(hopper, actions(2, 1), { state })).toThrow(NonFiniteError);
  });
});
