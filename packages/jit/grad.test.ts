import { beforeAll, expect, test } from "vitest";
import { useBackend } from "./backend.js";
import { valueAndGrad, vjp } from "./grad.js";
import { tf } from "./tf.js";
import { disposeTree } from "./tree.js";

beforeAll(async () => {
  await useBackend();
});

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

test("valueAndGrad: gradients by name, zeros for what is not used, nothing left over", () => {
  const x = { a: tf.tensor1d([1, 2]), b: [tf.scalar(3)], unused: tf.ones([2, 2]) };
  const before = tf.memory().numTensors;
  const { value, grad } = valueAndGrad(({ a, b }) => tf.sum(tf.mul(tf.square(a), b[0])) as tf.Scalar, x);
  expect(tf.memory().numTensors).toBe(before + 4);
  expect(values(value)).toEqual([15]);
  expect(values(grad.a)).toEqual([6, 12]);
  expect(values(grad.b[0])).toEqual([5]);
  expect(grad.unused.shape).toEqual([2, 2]);
  expect(values(grad.unused)).toEqual([0, 0, 0, 0]);
});

test("valueAndGrad of a constant is zero everywhere", () => {
  const { value, grad } = valueAndGrad(() => tf.scalar(2), tf.ones([3]));
  expect(values(value)).toEqual([2]);
  expect(values(grad)).toEqual([0, 0, 0]);
});

test("vjp: several outputs, some of them inputs or constants, each with its own cotangent", () => {
  const x = { a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 4]) };
  const cotangent = { product: tf.tensor1d([1, 10]), same: tf.tensor1d([100, 200]), constant: tf.scalar(7) };
  const before = tf.memory().numTensors;
  const { value, grad } = vjp(
    ({ a, b }) => ({ product: tf.mul(a, b), same: a, constant: tf.scalar(5) as tf.Tensor }),
    x,
    cotangent,
  );
  expect(tf.memory().numTensors).toBe(before + 5);
  expect(values(value.product)).toEqual([3, 8]);
  expect(values(value.same)).toEqual([1, 2]);
  expect(values(grad.a)).toEqual([103, 240]);
  expect(values(grad.b)).toEqual([1, 20]);
  disposeTree({ value, grad });
  expect(tf.memory().numTensors).toBe(before);
  expect(x.a.isDisposed).toBe(false);
});

test("vjp of a linear function is its transpose; scaling the cotangent scales the gradient", () => {
  const matrix = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const pull = (cotangent: number[]) =>
    values(vjp((x) => tf.matMul(matrix, x), tf.ones([3, 1]) as tf.Tensor2D, tf.tensor2d(cotangent, [2, 1])).grad);
  expect(pull([1, 0])).toEqual([1, 2, 3]);
  expect(pull([0, 2])).toEqual([8, 10, 12]);
});

test("derivatives nest: the gradient of a squared gradient", () => {
  const x = tf.tensor1d([1, 2]);
  const cubed = (x: tf.Tensor1D) => tf.sum(tf.mul(tf.square(x), x)) as tf.Scalar;
  const outer = valueAndGrad((x) => tf.sum(valueAndGrad(cubed, x).grad) as tf.Scalar, x);
  expect(values(outer.value)).toEqual([15]); // sum of 3 x^2
  expect(values(outer.grad)).toEqual([6, 12]); // 6 x
});

test("a tensor at two places has a gradient for each; what is captured instead of passed has none", () => {
  const a = tf.scalar(3);
  const twice = valueAndGrad(([x, y]) => tf.mul(tf.square(x), y) as tf.Scalar, [a, a]);
  expect(twice.grad.map(values)).toEqual([[18], [9]]);
  expect(values(valueAndGrad(() => tf.square(a) as tf.Scalar, a).grad)).toEqual([0]);
  expect(a.isDisposed).toBe(false);
});

test("vjp refuses a cotangent of another structure or shape", () => {
  const x = tf.ones([2]);
  const pull = (cotangent: { y: tf.Tensor }) => vjp((x: tf.Tensor) => ({ y: x }), x, cotangent);
  expect(() => pull({ z: x } as unknown as { y: tf.Tensor })).toThrow(/cotangent is \{"z":\*\}, but .* \{"y":\*\}/);
  expect(() => pull({ y: tf.ones([3]) })).toThrow("vjp: value and cotangent 0");
});
