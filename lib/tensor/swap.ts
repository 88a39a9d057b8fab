import { tf } from "./tf.js";

/**
 * The idea of DMO in one line: the simulator's value forward, the learned model's gradient backward.
 * Forward: `truth`. Backward: the incoming gradient goes to `model` alone, none to `truth`. Equal shapes.
 */
export function swap<T extends tf.Tensor>(model: T, truth: T): T {
  const exchange = tf.customGrad((...args) => {
    const truth = args[1] as tf.Tensor;
    return { value: truth.clone(), gradFunc: (dy: tf.Tensor) => [dy.clone(), tf.zerosLike(dy)] };
  });
  return exchange(model, truth) as T;
}
