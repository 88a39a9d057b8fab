/** MuJoCo's engine is not in the page. */
import { InputError } from "@dmo-lab/input/errors";

export function MujocoEngine(): never {
  throw new InputError("MuJoCo does not run in the page; allowed: differentiable.");
}
