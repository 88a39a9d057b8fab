// A learned model that predicts what known kinematics leave open of a step (physics/known-kinematics.ts): its change is a
// network of the observation; where the change leads, and the derivative of that, are exact.
import { predict, type Memory, type ModelState } from "../dynamics/model.js";
import type { Coordinates } from "@dmo-lab/physics/engine";
import type { KnownKinematics, StepStart } from "@dmo-lab/physics/known-kinematics";
import type { Context, Task } from "../tasks/task.js";
import { vjp } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import { mapTree } from "@dmo-lab/jit/tree";
import { guardOf, type Backward } from "./backward.js";
import { besideSimulator, type LearnedModel, type ModelReward } from "./forward.js";
import type { Forward, RobotState, Transition } from "./rollout.js";

type Inputs = ModelState & { action: tf.Tensor2D };

/** A change [robots, size], and the model's memory after the step; or a gradient at them. */
type Change = { change: tf.Tensor2D; memory: Memory };

function predictChange({ params, normalizer }: LearnedModel, { obs, action, memory }: Inputs): Change {
  const { mean, memory: after } = predict(params, normalizer, obs, action, memory);
  return { change: mean, memory: after };
}

/** Imagination: the state where the predicted change leads, and the reward that follows from it. */
export function kinematicForward<M extends LearnedModel>(
  simulator: Forward,
  kinematics: KnownKinematics,
  model: () => M,
  reward: ModelReward<M>,
): Forward {
  const changes = jit("imagined change", (learned: M, at: Inputs) => predictChange(learned, at));
  const rewards = jit("imagined reward", reward);
  return besideSimulator(simulator, (state, actions, { context }) => {
    const { obs, memory } = state;
    const { change, memory: nextMemory } = changes(model(), { obs, memory, action: actions.action });
    const next = kinematics.next(startOf({ ...state, actions, context }), values(change));
    const nextObs = rows(obs.shape[0], next.obs);
    const earned = rewards(model(), { obs, memory }, { obs: nextObs, memory: nextMemory }, actions, context);
    return { nextObs, nextMemory, nextCoordinates: next, reward: earned };
  });
}

/** From a gradient at a step's change and the memory after it to the one at what they were predicted from. */
export type ChangeBackward = (step: Transition, gradient: Change) => Inputs;

/** The learned model's Jacobians of the change. */
export function learnedChangeBackward(model: () => LearnedModel): ChangeBackward {
  const pullBack = jit(
    "change backward",
    (learned: LearnedModel, at: Inputs, gradient: Change) =>
      vjp((x: Inputs) => predictChange(learned, x), at, gradient).grad,
  );
  return ({ obs, memory, actions: { action } }, gradient) => pullBack(model(), { obs, memory, action }, gradient);
}

/** A gradient at the state of the robots, [robots, numbers] each. */
type StateGradient = ModelState & { q: tf.Tensor2D; qd: tf.Tensor2D };

/** Exact kinematics at the rollout's states, with `through` for the change between them. */
export function kinematicBackward(kinematics: KnownKinematics, through: ChangeBackward, task: Task): Backward {
  const guard = jit("guarded gradient", guardOf(task)<StateGradient & { action?: tf.Tensor2D }>);
  const gather = jit("gradient after the step", (direct: ModelState, carry: StateGradient, running: tf.Tensor2D) => {
    const { q, qd, obs, memory } = mapTree(carry, (g) => tf.mul<tf.Tensor2D>(g, running));
    const plus = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.add<tf.Tensor2D>(a, b);
    return guard({ q, qd, obs: plus(direct.obs, obs), memory: direct.memory.map((g, i) => plus(g, memory[i])) });
  });
  let carry: StateGradient | undefined;
  let dropped: tf.Tensor[] = [];
  return {
    begin: () => {
      carry = undefined;
      dropped = [];
    },
    back: (_t, step, direct) => {
      const { nextCoordinates, nextObs, coordinates, running } = step;
      const after = gather(direct, carry ?? nothing(direct, coordinates), running);
      const { q, qd, obs, memory } = after.finite;
      const start = startOf(step);
      const change = kinematics.change(start, { ...nextCoordinates, obs: values(nextObs) });
      const known = asRows(running.shape[0], kinematics.back(start, change, { q: values(q), qd: values(qd), obs: values(obs) })); // prettier-ignore
      const learned = through(step, { change: known.change, memory });
      const before = guard({
        q: known.q,
        qd: known.qd,
        obs: tf.add<tf.Tensor2D>(known.obs, learned.obs),
        memory: learned.memory,
        action: tf.add<tf.Tensor2D>(known.action, learned.action),
      });
      dropped.push(after.dropped, before.dropped);
      const { action, ...later } = before.finite;
      carry = later;
      return action!;
    },
    dropped: () => tf.addN(dropped).dataSync()[0],
  };
}

const values = (x: tf.Tensor): Float32Array => x.dataSync() as Float32Array;

/** Arrays by name as matrices of so many rows. */
const asRows = <N extends string>(count: number, arrays: Record<N, Float32Array>): Record<N, tf.Tensor2D> =>
  Object.fromEntries(Object.entries<Float32Array>(arrays).map(([name, x]) => [name, rows(count, x)])) as Record<N, tf.Tensor2D>; // prettier-ignore

const nothing = (direct: ModelState, { q, qd }: Coordinates): StateGradient => {
  const robots = direct.obs.shape[0];
  const zeros = ({ length }: Float32Array) => tf.zeros<tf.Rank.R2>([robots, length / robots]);
  return { q: zeros(q), qd: zeros(qd), ...mapTree(direct, (g) => tf.zerosLike(g)) };
};

/** What known kinematics read of where a step starts. */
const startOf = ({
  obs,
  coordinates,
  actions: { action },
  context,
}: RobotState & Pick<Transition, "actions" | "context">): StepStart => ({
  ...coordinates,
  obs: values(obs),
  action: values(action),
  context: contextValues(context),
});

/** The rows of a context, in their order, [robots * numbers]. */
function contextValues(context: Context): Float32Array {
  const parts = Object.values(context) as tf.Tensor2D[];
  return parts.length > 0 ? values(tf.concat(parts, 1)) : new Float32Array();
}
