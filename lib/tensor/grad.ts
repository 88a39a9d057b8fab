/** Reverse-mode derivatives over trees of tensors. Both work eagerly and inside `jit`. */
import { tf } from "./tf.js";
import { cloneTree, disposeTree, flatten, keepTree, leaves, tidy, type Tree } from "./tree.js";

/** `f(x)` and its gradient, with the structure of `x`; zeros for leaves that `f` does not use. */
export function valueAndGrad<T extends Tree>(f: (x: T) => tf.Scalar, x: T): { value: tf.Scalar; grad: T } {
  return pullBack(() => f(x), x);
}

/** `f(x)` and the gradient of the inner product <f(x), cotangent> with respect to `x`. Shapes of `cotangent` = of `f(x)`. */
export function vjp<T extends Tree, R extends Tree>(f: (x: T) => R, x: T, cotangent: R): { value: R; grad: T } {
  return tidy(() => {
    let kept: R | undefined;
    const { grad } = pullBack(() => {
      const value = f(x);
      kept = keepTree(cloneTree(value)); // the tape's own scope ends before the value is returned
      const seeds = leaves(cotangent);
      return tf.addN(leaves(value).map((y, i) => seed(y, seeds[i])));
    }, x);
    const value = cloneTree(kept!);
    disposeTree(kept!);
    return { value, grad };
  });
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

function pullBack<T extends Tree>(f: () => tf.Scalar, x: T): { value: tf.Scalar; grad: T } {
  return tidy(() => {
    const { leaves: xs, restore } = flatten(x);
    const { value, grads } = tf.engine().gradients(f, xs, undefined, true);
    return { value: value as tf.Scalar, grad: restore(xs.map((leaf, i) => grads[i] ?? tf.zerosLike(leaf))) };
  });
}

/** A scalar, 0, whose gradient with respect to `y` is `cotangent` (a clone: the engine frees what it accumulates). */
function seed(y: tf.Tensor, cotangent: tf.Tensor): tf.Scalar {
  return withGradient(
    [y],
    () => ({ value: tf.scalar(0), saved: [] }),
    () => [cotangent.clone()],
  );
}
