import { type Memory, type ModelState, nextState, type ObservationPrediction } from "../dynamics/model.js";
import type { NormalizerTensors } from "../dynamics/normalizer.js";
import { type Actions, type Context, type Task, contextOf } from "../tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Collector } from "./collector.js";
import type { Forward, ForwardOutcome, RobotState } from "./rollout.js";

/** The simulator gives the next state; `collector` steps its environments. */
export function simulatorForward(collector: Collector): Forward {
  const matrix = (values: Float32Array) => rows(collector.envs, values);
  const memoryOf = (values: Float32Array): Memory => (values.length > 0 ? [matrix(values)] : []);
  return {
    begin: () => {
      const { obs, memory, environment } = collector;
      const [previous, beforePrevious] = [environment.previous, environment.beforePrevious].map(matrix);
      return {
        obs: matrix(obs),
        memory: memoryOf(memory),
        coordinates: environment.coordinates,
        previous,
        beforePrevious,
      };
    },
    step: (_t, _state, { action }) => {
      const result = collector.step(action.dataSync() as Float32Array);
      const [nextObs, resetObs] = [result.nextObs, result.resetObs].map(matrix);
      const context = contextOf(collector.environment.task, result.context);
      const coordinates = { nextCoordinates: result.state, resetCoordinates: collector.environment.coordinates };
      return { ...result, ...coordinates, nextObs, resetObs, nextMemory: memoryOf(result.nextMemory), context };
    },
  };
}

/** The learned model in use, `params` that see through `normalizer`; read anew at every rollout, because fitting replaces them. */
export type LearnedModel = { params: Params; normalizer: NormalizerTensors };

/** The reward [robots] of an imagined step. */
export type ModelReward<M> = (
  model: M,
  state: ModelState,
  next: ModelState,
  actions: Actions,
  context: Context,
) => tf.Tensor1D;

/** What a model makes of a step. */
type Imagined = Pick<ForwardOutcome, "nextObs" | "nextMemory" | "nextCoordinates"> & { reward: tf.Tensor1D };

/**
 * Imagination: a model gives the next state and the reward. The simulator steps in parallel with the same actions; it ends
 * the episodes, and the rollout continues from its state after a reset. `imagine` is given the simulator's step as well.
 */
export const besideSimulator = (
  simulator: Forward,
  imagine: (state: RobotState, actions: Actions, real: ForwardOutcome) => Imagined,
): Forward => ({
  begin: () => simulator.begin(),
  step: (t, state, actions) => {
    const real = simulator.step(t, state, actions);
    const { reward, ...next } = imagine(state, actions, real);
    const { ended } = real;
    return {
      ...real,
      ...next,
      resetObs: tf.where(tf.tensor2d(ended, [ended.length, 1], "bool"), real.resetObs, next.nextObs),
      resetCoordinates: {
        q: choose(ended, real.resetCoordinates.q, next.nextCoordinates.q),
        qd: choose(ended, real.resetCoordinates.qd, next.nextCoordinates.qd),
      },
      reward: reward.dataSync() as Float32Array,
    };
  },
});

/** Rows of `a` where the flag is 1, else of `b`. */
const choose = (flags: Uint8Array, a: Float32Array, b: Float32Array): Float32Array =>
  b.map((x, i) => (flags[Math.floor((i * flags.length) / b.length)] ? a[i] : x));

/** The `model` gives the next observation, as `prediction` says, and `reward` (by default of `task`) follows from it; `simulator` steps beside it. */
export function modelForward<M extends LearnedModel>(
  simulator: Forward,
  task: Task,
  prediction: ObservationPrediction,
  model: () => M,
  reward: ModelReward<M> = (_model, _state, next, actions, context) => task.reward(next.obs, actions, context),
): Forward {
  const imagine = jit("imagine", (learned: M, state: ModelState, actions: Actions, context: Context) => {
    const next = nextState(learned.params, learned.normalizer, state, actions.action, prediction);
    const earned = reward(learned, state, next, actions, context);
    return { nextObs: next.obs, nextMemory: next.memory, reward: earned };
  });
  return besideSimulator(simulator, ({ obs, memory }, actions, { context, nextCoordinates }) => ({
    ...imagine(model(), { obs, memory }, actions, context),
    nextCoordinates,
  }));
}
