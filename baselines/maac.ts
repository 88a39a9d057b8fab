// MAAC (Clavera et al. 2020, arXiv 2005.08068), model-augmented actor-critic. For each epoch:
//   fit the dynamics models m_1, m_2, ... on the replay buffer
//   after every step of all environments:
//     imagine from where they stand:  a_k ~ pi(s_k),  s_{k+1} = m_j(s_k, a_k) with a random j for each k
//     pi   climbs  mean (sum_{k<H} gamma^k (r_k - alpha log pi(a_k|s_k)) + gamma^H (min_i Q_i(s_H, a_H) - alpha log pi(a_H|s_H)))
//     Q functions, temperature and targets as in SAC, on a batch of the replay buffer
import { dynamicsSettings } from "../lib/dynamics/dynamics-settings.js";
import { LearnedDynamics } from "../lib/dynamics/learned-dynamics.js";
import { initDynamics, predictNextObs } from "../lib/dynamics/model.js";
import type { NormalizerTensors } from "../lib/dynamics/normalizer.js";
import type { TransitionBatch } from "../lib/dynamics/replay-buffer.js";
import { InputError } from "@dmo-lab/input/errors";
import { count, pick, type Values } from "@dmo-lab/input/setting";
import { contextOf, type Context, type Task } from "../lib/tasks/task.js";
import { withGradient } from "@dmo-lab/jit/grad";
import type { Params } from "../lib/tensor/layers.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { rows } from "../lib/tensor/rows.js";
import { Composite } from "../lib/tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import type { LearnerConfig, Metrics } from "../lib/algorithms/learner.js";
import { requireFinite } from "../lib/algorithms/measure.js";
import type { FittedModels, OffPolicyInputs, OffPolicyMethod } from "./off-policy.js";
import { actionNoise } from "../lib/algorithms/policies.js";
import { softAction, softValue } from "./q-functions.js";
import type { Start } from "../lib/algorithms/rollout.js";
import { sacColumns, sacSettings, type ActorObjective } from "./sac.js";

export const maacSettings = {
  ...sacSettings,
  dynamics: pick(
    dynamicsSettings,
    ...(["hidden", "learningRate", "updates", "batch", "initialUpdates", "prediction", "loss", "precision"] as const),
  ),
  imagination: {
    models: count("dynamics models, of which each imagined step takes one at random", 1000),
    steps: count("imagined steps before a learned value", 1000),
  },
};

/** What MAAC measures in an epoch, as columns of metrics.csv. */
export const maacColumns = {
  ...sacColumns,
  model_loss: "mean loss of the dynamics models over the epoch's updates",
};

/** Settings of MAAC. */
export type MaacConfig = LearnerConfig & Values<typeof maacSettings>;

/** Where imagination starts, the model and the noise [robots, act] of each imagined step, and the noise of the last action. */
export type Imagined = {
  /** Raw observations [robots, obs] and the two actions before them [robots, act]. */
  start: Pick<Start, "obs" | "previous" | "beforePrevious">;
  /** The task's context of every robot, [robots, size] by the names of its rows. */
  context: Context;
  /** Parameters of the model that takes each imagined step, [steps]. */
  models: Params[];
  /** Standard normal [robots, act] for each imagined step and for the last action, [steps + 1]. */
  noise: tf.Tensor2D[];
};

/** A model's next observation [robots, obs]. */
export type ModelStep = (
  model: Params,
  normalizer: NormalizerTensors,
  obs: tf.Tensor2D,
  action: tf.Tensor2D,
) => tf.Tensor2D;

/**
 * The soft value of imagined rollouts, differentiable through the models. It counts nothing after an imagined end, and
 * does not differentiate through whether there is one. Without a step it is SAC's objective.
 * @param task gives reward and ends @param step what a model says comes next @param gamma discount, 0 to 1
 */
export const imaginedValue =
  (task: Task, step: ModelStep, gamma: number): ActorObjective<Imagined> =>
  (actor, soft, { start, context, models, noise }) => {
    const { temperature, normalizer } = soft;
    let { obs, previous, beforePrevious } = start;
    let sum = tf.zeros([obs.shape[0]]);
    let weight = tf.ones([obs.shape[0]]); // gamma^k, 0 after an end
    const logProbabilities = models.map((model, k) => {
      const { action, logProbability } = softAction(actor, soft, obs, noise[k]);
      const nextObs = step(model, normalizer, obs, action);
      const reward = task.reward(nextObs, { action, previous, beforePrevious }, context);
      sum = tf.add(sum, tf.mul(weight, tf.sub(reward, tf.mul(temperature, logProbability))));
      weight = tf.mul(weight, tf.mul(goesOn(task, nextObs), gamma));
      [obs, previous, beforePrevious] = [nextObs, action, previous];
      return logProbability;
    });
    const last = softValue(actor, soft, obs, noise[models.length]);
    const [logProbability] = [...logProbabilities, last.logProbability];
    return { value: tf.add<tf.Tensor1D>(sum, tf.mul(weight, last.value)), logProbability };
  };

/** 1 where the task does not end at such observations [robots, obs], else 0; a constant for gradients. */
const goesOn = (task: Task, obs: tf.Tensor2D): tf.Tensor1D =>
  withGradient(
    [obs],
    () => ({ value: tf.sub<tf.Tensor1D>(1, tf.cast(task.terminated(obs), "float32")), saved: [] }),
    () => [tf.zeros(obs.shape)],
  );

/** Dynamics models that differ in their initial weights and in the batches that they are fitted on. */
export class Ensemble extends Composite<LearnedDynamics<TransitionBatch>[]> implements FittedModels {
  /** Fits all; reports the mean of their losses. */
  fit(epoch: number, normalizer: NormalizerTensors): Metrics {
    const losses = this.parts.map((member) => {
      const { initialUpdates, updates } = member.config;
      return member.fit(normalizer, epoch === 0 ? initialUpdates : updates);
    });
    const mean = losses.reduce((a, b) => a + b) / losses.length;
    return { model_loss: requireFinite(mean, "the mean loss of the dynamics models") };
  }

  /** `count` members, drawn uniformly, independently. */
  draw(count: number, random: RandomStream): Params[] {
    return Array.from({ length: count }, () => this.parts[random.integer(this.parts.length)].params);
  }
}

/**
 * MAAC (arXiv 2005.08068): SAC whose actor climbs a few imagined steps and then its Q functions.
 * @param made configuration, collector, replay buffer and random streams of the run
 */
export function maac({ config, collector, replay, stream }: OffPolicyInputs<MaacConfig>): OffPolicyMethod<Imagined> {
  const { environment, envs } = collector;
  const { task } = environment;
  const { dynamics, imagination } = config;
  if (task.sensorSize > 0)
    throw new InputError(`Task "${task.name}" ends episodes by its sensors, which MAAC's models don't know. Use dmo.`);
  const { prediction } = dynamics;
  if (prediction === "kinematic")
    throw new InputError('setting dynamics.prediction is "kinematic"; allowed for MAAC: residual, absolute.');
  const fit = { ...dynamics, minReplay: config.replay.initial, replayCapacity: config.replay.capacity };
  const models = new Ensemble(
    Array.from({ length: imagination.models }, (_, i) => {
      const { obs, action } = replay.columns;
      const params = initDynamics(obs, action, dynamics.hidden, stream(`dynamics ${i}`));
      return new LearnedDynamics<TransitionBatch>(fit, params, replay, stream(`dynamics replay ${i}`));
    }),
  );
  const whereTheyStand = () => ({
    obs: rows(envs, collector.obs),
    previous: rows(envs, environment.previous),
    beforePrevious: rows(envs, environment.beforePrevious),
  });
  return {
    objective: imaginedValue(task, (...at) => predictNextObs(...at, prediction), config.gamma),
    inputs: (_batch, random) => ({
      start: whereTheyStand(),
      context: contextOf(task, environment.context),
      models: models.draw(imagination.steps, random),
      noise: Array.from({ length: imagination.steps + 1 }, () => actionNoise([envs, replay.columns.action], random)),
    }),
    models,
  };
}
