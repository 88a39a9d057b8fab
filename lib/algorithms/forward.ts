import { predictNextObs, type Prediction } from "../dynamics/model.js";
import type { NormalizerTensors } from "../dynamics/normalizer.js";
import { type Actions, type Context, type Task, contextOf } from "../tasks/task.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import { tf } from "../tensor/tf.js";
import type { Collector } from "./collector.js";
import type { Forward } from "./rollout.js";

/** The simulator gives the next state. */
export function simulatorForward(collector: Collector): Forward {
  const rows = (values: Float32Array): tf.Tensor2D =>
    tf.tensor2d(values, [collector.envs, values.length / collector.envs]);
  return {
    begin: () => {
      const { obs, environment } = collector;
      return { obs: rows(obs), previous: rows(environment.previous), beforePrevious: rows(environment.beforePrevious) };
    },
    step: (_t, _obs, { action }) => {
      const result = collector.step(action.dataSync() as Float32Array);
      const context = contextOf(collector.environment.task, result.context);
      return { ...result, nextObs: rows(result.nextObs), resetObs: rows(result.resetObs), context };
    },
  };
}

/** The learned model in use; read anew at every rollout, because fitting replaces its parameters. */
export type LearnedModel = { params: Params; normalizer: NormalizerTensors };

/**
 * Imagination: the learned model gives the next state and the reward follows from it. The simulator steps in parallel
 * with the same actions; it ends the episodes, and the rollout continues from its state after a reset.
 */
export function modelForward(
  simulator: Forward,
  task: Task,
  prediction: Prediction,
  model: () => LearnedModel,
): Forward {
  const imagine = jit(
    "imagine",
    ({ params, normalizer }: LearnedModel, obs: tf.Tensor2D, actions: Actions, context: Context) => {
      const nextObs = predictNextObs(params, normalizer, obs, actions.action, prediction);
      return { nextObs, reward: task.reward(nextObs, actions, context) };
    },
  );
  return {
    begin: () => simulator.begin(),
    step: (t, obs, actions) => {
      const real = simulator.step(t, obs, actions);
      const { nextObs, reward } = imagine(model(), obs, actions, real.context);
      const ended = tf
        .tensor1d(
          real.terminated.map((flag, i) => flag | real.truncated[i]),
          "bool",
        )
        .expandDims(1);
      const resetObs = tf.where(ended, real.resetObs, nextObs);
      return { ...real, nextObs, resetObs, reward: reward.dataSync() as Float32Array };
    },
  };
}
