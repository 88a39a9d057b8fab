import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "./backend.js";
import { valueAndGrad } from "./grad.js";
import { jit } from "./jit.js";
import { inCalls, inLoop, repeat, stackDraws } from "./repeat.js";
import { tf } from "./tf.js";
import { disposeTree } from "./tree.js";

beforeAll(async () => {
  await useBackend();
});

type State = { weights: tf.Tensor2D; count: tf.Scalar };
type Row = { x: tf.Tensor2D; y: tf.Tensor2D };

/** A step of gradient descent on a batch, with constants, a product and something that is the same in all turns. */
const step = ({ weights, count }: State, { x, y }: Row, { rate, scale }: { rate: tf.Scalar; scale: tf.Tensor1D }) => {
  const loss = (w: tf.Tensor2D) => tf.mean<tf.Scalar>(tf.square(tf.sub(tf.matMul(tf.mul(x, tf.exp(scale)), w), y)));
  const { value, grad } = valueAndGrad(loss, weights);
  const next = { weights: tf.sub<tf.Tensor2D>(weights, tf.mul(grad, rate)), count: tf.add<tf.Scalar>(count, 1) };
  return { state: next, value };
};
const wave = (rows: number, columns: number, rate: number) =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(rate * i)),
    [rows, columns],
  );
const start = (): State => ({ weights: wave(130, 3, 0.7), count: tf.scalar(5) });
const batches = (turns: number): Row[] =>
  Array.from({ length: turns }, (_, k) => ({ x: wave(140, 130, 1.1 + k), y: wave(140, 3, 2.3 + k) }));
const fixed = () => ({ rate: tf.scalar(0.01), scale: tf.linspace(-1, 1, 130) });

const forms = { inCalls, inLoop };
const over = <B>(rows: readonly B[]) => {
  let next = 0;
  return () => rows[next++];
};

describe.each(["float32", "bfloat16"] as const)("in %s", (precision) => {
  test.each(["inCalls", "inLoop"] as const)("%s gives what as many calls give", (form) => {
    const one = jit("step", step, precision);
    const all = forms[form]("step", step, precision);
    const losses: number[] = [];
    let state = start();
    for (const row of batches(7)) {
      const next = one(state, row, fixed());
      state = next.state;
      losses.push(next.value.dataSync()[0]);
    }
    const result = all(start(), over(batches(7)), 7, fixed());
    expect(result.values).toEqual(losses);
    expect(result.state.weights.dataSync()).toEqual(state.weights.dataSync());
    expect(result.state.count.dataSync()[0]).toBe(12);
    expect(new Set(losses).size).toBe(7);
    [one, all].forEach((each) => each.dispose());
  });
});

test.each(["inCalls", "inLoop"] as const)(
  "%s leaves no tensors behind but its result, and the first state as it was",
  (form) => {
    const all = forms[form]("step", step);
    const [state, others] = [start(), fixed()];
    const weights = state.weights.dataSync();
    disposeTree(all(state, over(batches(4)), 4, others).state);
    const before = tf.memory().numTensors;
    disposeTree(all(state, over(batches(4)), 4, others).state);
    expect(tf.memory().numTensors).toBe(before);
    expect(state.weights.dataSync()).toEqual(weights);
    all.dispose();
  },
);

const scalars = (...values: number[]) => over(values.map((x) => tf.scalar(x)));

test("what a turn does not change is carried through a loop as well", () => {
  const all = inLoop("still", ({ a, b }: { a: tf.Scalar; b: tf.Scalar }, x: tf.Scalar) => ({
    state: { a: b, b: tf.scalar(3) },
    value: tf.add<tf.Scalar>(a, x),
  }));
  const { state, values } = all({ a: tf.scalar(1), b: tf.scalar(2) }, scalars(10, 20, 30, 40), 4, tf.scalar(0));
  expect(values).toEqual([11, 22, 33, 43]);
  expect([state.a, state.b].map((x) => x.dataSync()[0])).toEqual([3, 3]);
});

test("values that are not finite are of their own turn alone", () => {
  const all = inLoop("logarithm", (sum: tf.Scalar, x: tf.Scalar) => ({
    state: tf.add<tf.Scalar>(sum, 1),
    value: tf.log(x),
  }));
  expect(all(tf.scalar(0), scalars(1, 0, -1, 1), 4, tf.scalar(0)).values).toEqual([0, -Infinity, NaN, 0]);
});

test("a state that is built otherwise than the one before is refused", () => {
  const all = inLoop("other", (a: tf.Tensor) => ({
    state: [a, a] as unknown as tf.Tensor,
    value: tf.sum<tf.Scalar>(a),
  }));
  expect(() => all(tf.scalar(0), scalars(1), 1, tf.scalar(0))).toThrow(
    'repeat "other": the next state is not built like',
  );
});

test("without a GPU each turn is a call, and no turn leaves the state", () => {
  const all = repeat("step", step);
  const state = start();
  expect(all(state, over(batches(0)), 0, fixed())).toEqual({ state, values: [] });
  const expected = inCalls("step", step)(start(), over(batches(3)), 3, fixed());
  expect(all(state, over(batches(3)), 3, fixed()).values).toEqual(expected.values);
});

test("as many draws are stacked as fit, in the order of drawing", () => {
  const stacked = (count: number, numbers: number) => {
    let drawn = 0;
    const before = tf.memory().numTensors;
    const { x } = stackDraws(() => ({ x: tf.fill([2, 3], drawn++) }), count, numbers);
    expect(tf.memory().numTensors).toBe(before + 1);
    return [x.shape, drawn, [...x.dataSync()].filter((_, i) => i % 6 === 0)];
  };
  expect(stacked(4, 100)).toEqual([[4, 2, 3], 4, [0, 1, 2, 3]]);
  expect(stacked(4, 17)).toEqual([[2, 2, 3], 2, [0, 1]]);
  expect(stacked(4, 5)).toEqual([[1, 2, 3], 1, [0]]);
});
