import { type Memory, type ModelState, nextState, type Prediction } from "../dynamics/model.js";
import type { NormalizerTensors } from "../dynamics/normalizer.js";
import { type Actions, type Context, type Task, contextOf } from "../tasks/task.js";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Collector } from "./collector.js";
import type { Forward } from "./rollout.js";

/** The simulator gives the next state. */
export function simulatorForward(collector: Collector): Forward {
  const matrix = (values: Float32Array) => rows(collector.envs, values);
  const memoryOf = (values: Float32Array): Memory => (values.length > 0 ? [matrix(values)] : []);
  return {
    begin: () => {
      const { obs, memory, environment } = collector;
      const [previous, beforePrevious] = [environment.previous, environment.beforePrevious].map(matrix);
      return { obs: matrix(obs), memory: memoryOf(memory), previous, beforePrevious };
    },
    step: (_t, _state, { action }) => {
      const result = collector.step(action.dataSync() as Float32Array);
      const [nextObs, resetObs] = [result.nextObs, result.resetObs].map(matrix);
      const context = contextOf(collector.environment.task, result.context);
      return { ...result, nextObs, resetObs, nextMemory: memoryOf(result.nextMemory), context };
    },
  };
}

/** The learned model in use; read anew at every rollout, because fitting replaces its parameters. */
export type LearnedModel = { params: Params; normalizer: NormalizerTensors };

/** The reward [robots] of an imagined step. */
export type ModelReward<M> = (
  model: M,
  state: ModelState,
  next: ModelState,
  actions: Actions,
  context: Context,
) => tf.Tensor1D;

/**
 * Imagination: the learned model gives the next state and the reward follows from it. The simulator steps in parallel
 * with the same actions; it ends the episodes, and the rollout continues from its state after a reset.
 */
export function modelForward<M extends LearnedModel>(
  simulator: Forward,
  task: Task,
  prediction: Prediction,
  model: () => M,
  reward: ModelReward<M> = (_model, _state, next, actions, context) => task.reward(next.obs, actions, context),
): Forward {
  const imagine = jit("imagine", (learned: M, state: ModelState, actions: Actions, context: Context) => {
    const next = nextState(learned.params, learned.normalizer, state, actions.action, prediction);
    const earned = reward(learned, state, next, actions, context);
    return { nextObs: next.obs, nextMemory: next.memory, reward: earned };
  });
  return {
    begin: () => simulator.begin(),
    step: (t, state, actions) => {
      const real = simulator.step(t, state, actions);
      const { nextObs, nextMemory, reward } = imagine(model(), state, actions, real.context);
      const ended = tf
        .tensor1d(
          real.terminated.map((flag, i) => flag | real.truncated[i]),
          "bool",
        )
        .expandDims(1);
      const resetObs = tf.where(ended, real.resetObs, nextObs);
      return { ...real, nextObs, nextMemory, resetObs, reward: reward.dataSync() as Float32Array };
    },
  };
}
