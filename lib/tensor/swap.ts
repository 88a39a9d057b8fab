import { withGradient } from "@dmo-lab/jit/grad";
import { tf } from "@dmo-lab/jit/tf";

/**
 * The idea of DMO in one line: the simulator's value forward, the learned model's gradient backward.
 * Forward: `truth`. Backward: the incoming gradient goes to `model` alone, none to `truth`.
 * @throws Error for unequal shapes
 */
export function swap<T extends tf.Tensor>(model: T, truth: T): T {
  tf.util.assertShapesMatch(model.shape, truth.shape, "swap: model and truth: ");
  const forward = () => ({ value: truth.clone() as T, saved: [] });
  return withGradient([model, truth], forward, (dy) => [dy.clone(), tf.zerosLike(dy)]);
}
