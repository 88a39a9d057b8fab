import { jit } from "@dmo-lab/jit/jit";
import { tf } from "@dmo-lab/jit/tf";
import type { LearnedModel } from "../lib/algorithms/forward.js";
import type { Forward } from "../lib/algorithms/rollout.js";
import { nextState, type ObservationPrediction } from "../lib/dynamics/model.js";
import type { Actions, Task } from "../lib/tasks/task.js";

/** Nothing in imagination reads where the robots are beside their observations. */
const NOWHERE = { q: new Float32Array(), qd: new Float32Array() };

/**
 * Steps of the model alone. A rollout starts, without actions before, from an observation that `draw` gives, and anew from
 * another one where the task ends it.
 */
export function imaginedForward(
  task: Task,
  prediction: ObservationPrediction,
  model: () => LearnedModel,
  draw: () => tf.Tensor2D,
): Forward {
  const imagine = jit("imagine alone", ({ params, normalizer }: LearnedModel, obs: tf.Tensor2D, actions: Actions) => {
    const next = nextState(params, normalizer, { obs, memory: [] }, actions.action, prediction).obs;
    return { next, reward: task.reward(next, actions, {}), terminated: task.terminated(next) };
  });
  return {
    begin: () => {
      const obs = draw();
      const none = tf.zeros<tf.Rank.R2>([obs.shape[0], task.actionSize]);
      return { obs, memory: [], coordinates: NOWHERE, previous: none, beforePrevious: none };
    },
    step: (_t, { obs }, actions) => {
      const { next, reward, terminated } = imagine(model(), obs, actions);
      const [earned, ended] = [reward.dataSync() as Float32Array, terminated.dataSync() as Uint8Array];
      const never = new Uint8Array(ended.length);
      return {
        ...{ nextObs: next, resetObs: tf.where(tf.expandDims(terminated, 1), draw(), next), nextMemory: [] },
        ...{ nextCoordinates: NOWHERE, resetCoordinates: NOWHERE, context: {} },
        ...{ reward: earned, earned, terminated: ended, ended, lost: never, truncated: never },
      };
    },
  };
}
