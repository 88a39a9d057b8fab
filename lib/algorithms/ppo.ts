// PPO (Schulman et al. 2017, arXiv 1707.06347), in the form used for massively parallel simulation:
//   roll the Gaussian policy out for `horizon` steps in all environments;
//   advantages by GAE, bootstrapped at time-outs, and normalised;
//   a few passes over minibatches of whole environments, one Adam step on each, whose learning rate follows the
//   KL divergence between the policies of one pass and the next.
import { normalize, RunningNormalizer, type NormalizerTensors, EPSILON } from "../dynamics/normalizer.js";
import type { Environment, StepResult } from "../tasks/environment.js";
import { adamInit, adamUpdate, clipByGlobalNorm, type AdamState } from "../tensor/adam.js";
import { lossAndGrad } from "../tensor/grad.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { loadTree, saveTree, type State } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import { disposeTree, keepTree, tidy } from "../tensor/tree.js";
import { Collector } from "./collector.js";
import { requireFinite, stopwatch } from "./measure.js";
import type { CreateLearner, Learner, LearnerConfig, Metrics, PolicySnapshot } from "./learner.js";
import * as loss from "./ppo-loss.js";
import type { Gaussians, PpoBatch, PpoLossConfig } from "./ppo-loss.js";

export type PpoConfig = LearnerConfig & {
  ppo: PpoLossConfig & {
    /** Hidden layers, shared by policy and value. */
    hidden: number[];
    /** At the start. */
    learningRate: number;
    /** The KL divergence that the learning rate aims at. */
    targetKl: number;
    /** Passes over a rollout, each in this many minibatches of whole environments. */
    passes: number;
    minibatches: number;
    /** The lambda of GAE. */
    lambda: number;
    rewardScale: number;
    /** Largest norm of the gradient. */
    gradientClip: number;
  };
};

/** A step of all environments: what the policy saw and did, [env, .], and what came of it. */
type Step = { seen: Seen; value: tf.Tensor1D; result: StepResult };
type Seen = { obs: tf.Tensor2D; action: tf.Tensor2D; mean: tf.Tensor2D };

const act = jit("ppo act", (params: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D, noise: tf.Tensor2D) => {
  const { mean, value } = loss.meanAndValue(params, normalize(obs, normalizer));
  return { action: tf.add(mean, tf.mul(tf.exp(params["logStd"]), noise)) as tf.Tensor2D, mean, value };
});

const valueOf = jit("ppo value", (params: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D[]) => {
  return loss.meanAndValue(params, normalize(tf.concat(obs), normalizer)).value;
});

/** Per sample, [T, N]. */
type Targets = Pick<PpoBatch, "value" | "advantage" | "target">;

/** A rollout as minibatches of whole environments, each with the policy that acted. */
function minibatches(count: number) {
  const parts = (x: tf.Tensor): tf.Tensor[] =>
    tf.split(x, count, 1).map((part) => tf.reshape(part, [-1, ...x.shape.slice(2)]));
  return jit(
    "ppo minibatches",
    (
      steps: Seen[],
      logStd: tf.Tensor,
      normalizer: NormalizerTensors,
      targets: { [K in keyof Targets]: tf.Tensor2D },
    ) => {
      const [obs, action, mean] = (["obs", "action", "mean"] as const).map(
        (key) => parts(tf.stack(steps.map((step) => step[key]))) as tf.Tensor2D[],
      );
      const [value, advantage, target] = (["value", "advantage", "target"] as const).map(
        (key) => parts(targets[key]) as tf.Tensor1D[],
      );
      return obs.map((each, i) => ({
        batch: {
          obs: normalize(each, normalizer),
          action: action[i],
          logProbability: loss.logProbability(mean[i], logStd, action[i]),
          value: value[i],
          advantage: advantage[i],
          target: target[i],
        },
        policy: { mean: mean[i], logStd },
      }));
    },
  );
}

type PpoState = { params: Params; adam: AdamState };

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** All rows one after another. */
function join(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, t) => all.set(row, t * row.length));
  return all;
}

const ADAM = { betas: [0.9, 0.999], epsilon: 1e-8 } as const;

/** The columns of an update's report, in its order. */
const REPORT = ["actor_loss", "critic_loss", "bound_loss", "clip_fraction", "kl", "actor_grad_norm"] as const;

/** One Adam step; `policy` is the one before it, whose divergence from `old` is reported. */
function ppoUpdate(config: PpoConfig["ppo"]) {
  return jit("ppo update", ({ params, adam }: PpoState, batch: PpoBatch, old: Gaussians, rate: tf.Scalar) => {
    const { value, grad } = lossAndGrad((p: Params) => loss.ppoLoss(p, batch, config), params);
    const { grads, norm } = clipByGlobalNorm(grad, config.gradientClip);
    const next = adamUpdate(params, grads, adam, rate, ADAM);
    const policy = { mean: value.mean, logStd: params["logStd"] };
    const { actorLoss, valueLoss, boundLoss, clipFraction } = value;
    const kl = loss.klDivergence(policy, old);
    const report = tf.stack([actorLoss, valueLoss, boundLoss, clipFraction, kl, norm]);
    return { state: { params: next.params, adam: next.state }, policy, report };
  });
}

export const ppo: CreateLearner<PpoConfig> = (config, environment, stream) =>
  new PpoLearner(config, environment, stream);

export class PpoLearner implements Learner {
  private readonly collector: Collector;
  private readonly noise: RandomStream;
  /** Of the values' targets, in units of the scaled reward: the network's values are relative to it. */
  private readonly valueNormalizer = new RunningNormalizer(1);
  private state: PpoState;
  private rate: number;
  private readonly minibatches: ReturnType<typeof minibatches>;
  private readonly update: ReturnType<typeof ppoUpdate>;

  constructor(
    readonly config: PpoConfig,
    environment: Environment,
    stream: (name: string) => RandomStream,
  ) {
    const { observationSize, actionSize } = environment.engine;
    this.collector = new Collector(environment, new RunningNormalizer(observationSize));
    this.noise = stream("action noise");
    this.rate = config.ppo.learningRate;
    this.state = tidy(() => {
      const params = loss.initPpo(observationSize, config.ppo.hidden, actionSize, stream("policy"));
      return keepTree({ params, adam: adamInit(params) });
    });
    this.minibatches = minibatches(config.ppo.minibatches);
    this.update = ppoUpdate(config.ppo);
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      const time = stopwatch();
      const normalizer = this.collector.normalizer.tensors();
      const steps = this.rollOut(normalizer);
      time("rollout_seconds");
      const report = this.improve(steps, normalizer);
      time("actor_seconds");
      const samples = (epoch + 1) * this.config.envs * this.config.horizon;
      return { samples, return: this.collector.meter.mean, ...report, ...time.seconds };
    });
  }

  policy(): PolicySnapshot {
    const actor = loss.policyParams(this.state.params);
    return { network: "elu-clip", actor, normalizer: this.collector.normalizer.save() };
  }

  save() {
    return {
      collector: this.collector.save(),
      noise: this.noise.save(),
      valueNormalizer: this.valueNormalizer.save(),
      state: saveTree(this.state),
      rate: this.rate,
    };
  }

  load(saved: State): void {
    const { collector, noise, valueNormalizer, state, rate } = saved as ReturnType<PpoLearner["save"]>;
    this.collector.load(collector);
    this.noise.load(noise);
    this.valueNormalizer.load(valueNormalizer);
    this.state = loadTree(this.state, state);
    this.rate = rate;
  }

  dispose(): void {
    disposeTree(this.state);
    this.minibatches.dispose();
    this.update.dispose();
  }

  private rollOut(normalizer: NormalizerTensors): Step[] {
    const { collector, config } = this;
    const { actionSize } = collector.environment.engine;
    const rows = (values: Float32Array) => tf.tensor2d(values, [config.envs, values.length / config.envs]);
    collector.begin();
    return Array.from({ length: config.horizon }, () => {
      const obs = rows(collector.obs);
      const noise = rows(this.noise.normals(config.envs * actionSize));
      const { action, mean, value } = act(this.state.params, normalizer, obs, noise);
      return { seen: { obs, action, mean }, value, result: collector.step(action.dataSync() as Float32Array) };
    });
  }

  /** All updates of an epoch; reports their means. */
  private improve(steps: Step[], normalizer: NormalizerTensors): Metrics {
    const { passes, targetKl } = this.config.ppo;
    const { logStd } = this.state.params;
    const seen = steps.map((step) => step.seen);
    const batches = this.minibatches(seen, logStd, normalizer, this.targets(steps, normalizer));
    const reports: Float32Array[] = [];
    for (let k = 0; k < passes * batches.length; k++) {
      const minibatch = batches[k % batches.length];
      const { state, policy, report } = this.update(
        this.state,
        minibatch.batch,
        minibatch.policy,
        tf.scalar(this.rate),
      );
      minibatch.policy = policy;
      disposeTree(this.state);
      this.state = keepTree(state);
      reports.push(report.dataSync() as Float32Array);
      this.rate = loss.adaptedRate(this.rate, reports[k][REPORT.indexOf("kl")], targetKl);
    }
    const means = REPORT.map((name, j) => [name, mean(reports.map((report) => report[j]))] as const);
    for (const [name, value] of means) requireFinite(value, `PPO's ${name}`);
    const std = tf.exp(this.state.params["logStd"]).mean().dataSync()[0];
    return { ...Object.fromEntries(means), actor_learning_rate: this.rate, action_std: std };
  }

  /** Values, advantages and their sum, the value's target: GAE in units of the scaled reward, then normalised. */
  private targets(steps: Step[], normalizer: NormalizerTensors) {
    const { gamma, envs, horizon, ppo } = this.config;
    const { valueNormalizer } = this;
    const scale = () => Math.sqrt(valueNormalizer.variance[0] + EPSILON);
    const denormalized = (v: number) => v * scale() + valueNormalizer.mean[0];
    const value = steps.map((step) => (step.value.dataSync() as Float32Array).map(denormalized));
    const nextObs = steps.map(({ result }) => tf.tensor2d(result.nextObs, [envs, result.nextObs.length / envs]));
    const next = (valueOf(this.state.params, normalizer, nextObs).dataSync() as Float32Array).map(denormalized);
    const nextValue = steps.map((_, t) => next.subarray(t * envs, (t + 1) * envs));
    const scaled = steps.map(({ result }) => ({ ...result, reward: result.reward.map((r) => ppo.rewardScale * r) }));
    const advantage = join(loss.gae(scaled, value, nextValue, gamma, ppo.lambda));
    const values = join(value);
    const target = advantage.map((a, i) => a + values[i]);
    valueNormalizer.update(values);
    valueNormalizer.update(target);
    const normalized = (v: number) => (v - valueNormalizer.mean[0]) / scale();
    const rows = (x: Float32Array) => tf.tensor2d(x, [horizon, envs]);
    return {
      value: rows(values.map(normalized)),
      target: rows(target.map(normalized)),
      advantage: rows(loss.standardized(advantage)),
    };
  }
}
