/** Reverse-mode derivatives over trees of tensors. Both work eagerly and inside `jit`. */
import { tf } from "./tf.js";
import { cloneTree, disposeTree, flatten, keepTree, mapTree, tidy, type Tree } from "./tree.js";

/**
 * `f(x)` and its gradient, with the structure of `x`; zeros for leaves that `f` does not use.
 * @param f from a tree to a scalar, made of tensor operations @param x where: a tensor, or lists and records of them
 */
export function valueAndGrad<T extends Tree>(f: (x: T) => tf.Scalar, x: T): { value: tf.Scalar; grad: T } {
  return tidy(() => {
    // Leaves of their own: a tensor that stands at two places of `x` has a gradient for each.
    const { leaves: xs, restore } = flatten(cloneTree(x));
    const { value, grads } = tf.engine().gradients(() => f(restore(xs)), xs, undefined, true);
    return { value: value as tf.Scalar, grad: restore(xs.map((leaf, i) => grads[i] ?? tf.zerosLike(leaf))) };
  });
}

/** The same for a function that gives more than its loss: `value` is all of it, `grad` the gradient of `value.loss`. */
export function lossAndGrad<T extends Tree, R extends { loss: tf.Scalar; [key: string]: Tree }>(
  f: (x: T) => R,
  x: T,
): { value: R; grad: T } {
  return tidy(() => {
    let kept: R | undefined;
    const { grad } = valueAndGrad((x) => {
      const value = f(x);
      kept = keepTree(cloneTree(value)); // the gradient's own scope ends before the value is returned
      return value.loss;
    }, x);
    const value = cloneTree(kept!);
    disposeTree(kept!);
    return { value, grad };
  });
}

/**
 * `f(x)` and the gradient of the inner product <f(x), cotangent> with respect to `x`.
 * @param f from a tree to a tree, made of tensor operations @param x where
 * @param cotangent the gradient of something at f(x), with its structure and shapes
 * @throws Error unless structure and shapes of `cotangent` are those of `f(x)`
 */
export function vjp<T extends Tree, R extends Tree>(f: (x: T) => R, x: T, cotangent: R): { value: R; grad: T } {
  return tidy(() => {
    const weighted = (x: T) => {
      const value = f(x);
      return { loss: innerProduct(value, cotangent), value };
    };
    const { value, grad } = lossAndGrad(weighted, x);
    return { value: value.value, grad };
  });
}

/** A scalar whose gradient with respect to the leaves of `y` is `cotangent`; its value, which nobody needs, is 0. */
function innerProduct(y: Tree, cotangent: Tree): tf.Scalar {
  const [ys, cs] = [flatten(y), flatten(cotangent)];
  if (ys.structure !== cs.structure)
    throw new Error(`vjp: the cotangent is ${cs.structure}, but the function's value ${ys.structure}.`);
  const parts = ys.leaves.map((leaf, i) => {
    tf.util.assertShapesMatch(leaf.shape, cs.leaves[i].shape, `vjp: value and cotangent ${i}: `);
    const forward = () => ({ value: tf.scalar(0), saved: [] });
    return withGradient([leaf], forward, () => [cs.leaves[i].clone()]);
  });
  return parts.length ? tf.addN(parts) : tf.scalar(0);
}

/**
 * A function of `inputs` whose gradient is written by hand. `forward` gives the value and the tensors that the
 * gradient needs (all of them: nothing else lives until then); `backward` gives one new tensor for each input.
 */
export function withGradient<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: () => { value: T; saved: tf.Tensor[] },
  backward: (dy: T, saved: tf.Tensor[]) => tf.Tensor[],
): T {
  const op = tf.customGrad((...args) => {
    const save = args[inputs.length] as unknown as tf.GradSaveFunc;
    const { value, saved } = forward();
    save(saved);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => backward(dy as T, kept) };
  });
  return op(...inputs) as T;
}

/** Entries that are not finite become 0 and are counted. */
export function dropNonFinite<T extends Tree>(grads: T): { finite: T; dropped: tf.Scalar } {
  let dropped = tf.scalar(0);
  const finite = mapTree(grads, (g) => {
    const ok = tf.isFinite(g);
    dropped = dropped.add(tf.logicalNot(ok).cast("float32").sum());
    return tf.where(ok, g, tf.zerosLike(g));
  });
  return { finite, dropped };
}
