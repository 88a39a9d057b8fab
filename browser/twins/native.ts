/** What a page has none of: threads, and MuJoCo in them. */
import { InputError } from "@dmo-lab/input/errors";

const none = (): never => {
  throw new InputError('engine "mujoco" does not run in a page; allowed: differentiable.');
};

export const MujocoEngine = none;
export const threadCount = none;
