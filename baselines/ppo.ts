// PPO (Schulman et al. 2017, arXiv 1707.06347), in the form used for massively parallel simulation:
//   roll the Gaussian policy out for `horizon` steps in all environments;
//   advantages by GAE, bootstrapped at time-outs, and normalised;
//   a few passes over minibatches of whole environments, one Adam step on each, whose learning rate follows the
//   KL divergence between the policies of one pass and the next.
import { InputError } from "@dmo-lab/input/errors";
import { count, fraction, keysOf, optional, positive, type Values } from "@dmo-lab/input/setting";
import { normalize, normalizerOf, RunningNormalizer, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import type { Environment, Step } from "../lib/tasks/environment.js";
import { widths } from "../lib/tensor/network-settings.js";
import { clipByGlobalNorm, descend, untrained, type Trained } from "../lib/tensor/adam.js";
import { lossAndGrad } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../lib/tensor/layers.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { rows } from "../lib/tensor/rows.js";
import { Composite, Held, Variable } from "../lib/tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { tidy } from "@dmo-lab/jit/tree";
import { Collector } from "../lib/algorithms/collector.js";
import { learnerColumns, type CreateLearner, type Learner, type LearnerConfig } from "../lib/algorithms/learner.js";
import type { Metrics, PolicySnapshot } from "../lib/algorithms/learner.js";
import { requireFinite, stopwatch, taskColumns } from "../lib/algorithms/measure.js";
import {
  adaptedRate,
  initPpo,
  klDivergence,
  meanAndValue,
  policyParams,
  ppoLoss,
  ppoLossSettings,
  type Gaussians,
  type PpoBatch,
} from "./ppo-loss.js";
import { minibatches, PpoTargets, type Acted } from "./ppo-samples.js";

export const ppoSettings = {
  ppo: {
    hidden: widths("hidden layers that policy and value share"),
    initialStd: optional(
      positive("standard deviation of the policy at the start, before its action is clipped (default: 1)"),
    ),
    learningRate: positive("learning rate at the start; it follows the KL divergence"),
    targetKl: positive("KL divergence between passes that the learning rate aims at"),
    passes: count("passes over a rollout"),
    minibatches: count("minibatches of a pass, each of whole environments: a divisor of envs"),
    lambda: fraction("lambda of the advantage estimates"),
    ...ppoLossSettings,
    rewardScale: positive("rewards are multiplied by it"),
    gradientClip: positive("largest norm of the gradient"),
  },
};

/** Settings of PPO. */
export type PpoConfig = LearnerConfig & Values<typeof ppoSettings>;

/** Refuses minibatches that would cut an environment's steps. @throws InputError */
export function checkPpo({ envs, ppo: { minibatches } }: PpoConfig): void {
  if (envs % minibatches)
    throw new InputError(
      `setting ppo.minibatches is "${minibatches}"; allowed: a divisor of envs (${envs}), so that a minibatch holds whole environments.`,
    );
}

/** The policy's decisions, the values at what it saw [T][N], and the steps that followed. */
type PpoRollout = { acted: Acted[]; values: Float32Array[]; steps: Step[] };

const act = jit("ppo act", (params: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D, noise: tf.Tensor2D) => {
  const { mean, value } = meanAndValue(params, normalize(obs, normalizer));
  return { action: tf.add(mean, tf.mul(tf.exp(params["logStd"]), noise)), mean, value };
});

const valuesOf = jit(
  "ppo values",
  (params: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D[]) =>
    meanAndValue(params, normalize(tf.concat(obs), normalizer)).value,
);

/** What an update reports, in this order; a row has the means over the epoch's updates. */
const report = {
  actor_loss: "the clipped surrogate, mean over the updates",
  critic_loss: "mean squared error of normalised values, clipped, mean over the updates",
  bound_loss: "how far means of actions lie beyond [-1.1, 1.1], squared, summed over the action; mean over the updates",
  clip_fraction: "fraction of samples whose probability ratio is clipped; mean over the updates",
  kl: "KL divergence of the policy from the one of the pass before, on a minibatch; mean over the updates",
  actor_grad_norm: "norm of the whole network's gradient, before clipping; mean over the updates",
};
const REPORT = keysOf(report);

/** What PPO measures in an epoch, as columns of metrics.csv. */
export const ppoColumns = {
  ...learnerColumns,
  ...report,
  actor_learning_rate: "learning rate after the last update",
  action_std: "standard deviation of the policy before its action is clipped, mean over the components",
  actor_seconds: "seconds of advantages and all updates",
};

/** One Adam step. `policy` is the one before it, and `kl` its divergence from `old`, the minibatch's last one. */
function ppoUpdate(config: PpoConfig["ppo"]) {
  return jit("ppo update", (trained: Trained, batch: PpoBatch, old: Gaussians, rate: tf.Scalar) => {
    const { value, grad } = lossAndGrad((params: Params) => ppoLoss(params, batch, config), trained.params);
    const { grads, norm } = clipByGlobalNorm(grad, config.gradientClip);
    const policy = { mean: value.mean, logStd: trained.params["logStd"] };
    const { actorLoss, valueLoss, boundLoss, clipFraction } = value;
    const report = tf.stack([actorLoss, valueLoss, boundLoss, clipFraction, klDivergence(policy, old), norm]);
    return { trained: descend(trained, grads, rate), policy, report };
  });
}

/**
 * PPO (arXiv 1707.06347): the clipped surrogate, GAE, and a learning rate that follows the KL divergence.
 * @param config settings, checked @param environment is owned and disposed by the learner
 * @param stream the run's random streams by name
 */
export const ppo: CreateLearner<PpoConfig> = (config, environment, stream) =>
  new PpoLearner(config, environment, stream);

type PpoParts = {
  collector: Collector;
  noise: RandomStream;
  valueNormalizer: PpoTargets;
  state: Held<Trained>;
  rate: Variable<number>;
};

export class PpoLearner extends Composite<PpoParts> implements Learner {
  private readonly minibatches: ReturnType<typeof minibatches>;
  private readonly update: ReturnType<typeof ppoUpdate>;

  constructor(
    readonly config: PpoConfig,
    private readonly environment: Environment,
    stream: (name: string) => RandomStream,
  ) {
    const { task, engine } = environment;
    const { hidden, initialStd = 1, learningRate, minibatches: count } = config.ppo;
    const sizes = [task.actorSees.length, hidden, engine.actionSize] as const;
    const [batches, update] = [minibatches(count), ppoUpdate(config.ppo)];
    super(
      {
        collector: new Collector(environment, new RunningNormalizer(engine.observationSize)),
        noise: stream("action noise"),
        valueNormalizer: new PpoTargets(config.gamma, config.ppo),
        state: tidy(() => new Held(untrained(initPpo(...sizes, stream("policy"), initialStd)))),
        rate: new Variable(learningRate),
      },
      [batches, update],
    );
    this.minibatches = batches;
    this.update = update;
  }

  get params(): Params {
    return this.parts.state.value.params;
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      const time = stopwatch();
      const normalizer = normalizerOf(this.environment.task.actorPart, this.parts.collector.normalizer.tensors());
      const rollout = this.rollOut(normalizer);
      time("rollout_seconds");
      const report = this.improve(rollout, normalizer);
      time("actor_seconds");
      const samples = (epoch + 1) * this.config.envs * this.config.horizon;
      return { samples, return: this.parts.collector.meter.mean, ...report, ...time.seconds };
    });
  }

  policy(): PolicySnapshot {
    return {
      network: "elu-clip",
      actor: policyParams(this.params),
      normalizer: this.parts.collector.actorStatistics(),
    };
  }

  private rollOut(normalizer: NormalizerTensors): PpoRollout {
    const { environment } = this;
    const { collector, noise: random } = this.parts;
    const { envs, horizon } = this.config;
    const { actionSize } = environment.engine;
    const rollout: PpoRollout = { acted: [], values: [], steps: [] };
    collector.begin();
    for (let t = 0; t < horizon; t++) {
      const obs = rows(envs, environment.seen);
      const noise = rows(envs, random.normals(envs * actionSize));
      const { action, mean, value } = act(this.params, normalizer, obs, noise);
      rollout.acted.push({ obs, action: action as tf.Tensor2D, mean });
      rollout.values.push(value.dataSync() as Float32Array);
      rollout.steps.push(collector.step(action.dataSync() as Float32Array));
    }
    return rollout;
  }

  /** All updates of an epoch; reports their means. */
  private improve({ acted, values, steps }: PpoRollout, normalizer: NormalizerTensors): Metrics {
    const { passes, targetKl } = this.config.ppo;
    const targets = this.parts.valueNormalizer.of(steps, values, this.nextValues(steps, normalizer));
    const batches = this.minibatches(acted, targets, this.params["logStd"], normalizer);
    const reports: Float32Array[] = [];
    for (let k = 0; k < passes * batches.length; k++) {
      const at = batches[k % batches.length];
      const { trained, policy, report } = this.update(
        this.parts.state.value,
        at.batch,
        at.policy,
        tf.scalar(this.parts.rate.value),
      );
      at.policy = policy;
      this.parts.state.replace(trained);
      reports.push(report.dataSync() as Float32Array);
      this.parts.rate.value = adaptedRate(this.parts.rate.value, reports[k][REPORT.indexOf("kl")], targetKl);
    }
    const means = REPORT.map(
      (name, j) => [name, reports.reduce((sum, report) => sum + report[j], 0) / reports.length] as const,
    );
    for (const [name, mean] of means) requireFinite(mean, `PPO's ${name}`);
    const std = tf.exp(this.params["logStd"]).mean().dataSync()[0];
    const report = { ...Object.fromEntries(means), actor_learning_rate: this.parts.rate.value, action_std: std };
    return { ...report, ...taskColumns(this.environment.task, steps) };
  }

  /** The network's values at the observations after the steps, before a reset, [T][N]. */
  private nextValues(steps: readonly Step[], normalizer: NormalizerTensors): Float32Array[] {
    const { envs } = this.config;
    const nextObs = steps.map((step) => rows(envs, this.environment.sense(step.nextObs)));
    const next = valuesOf(this.params, normalizer, nextObs).dataSync() as Float32Array;
    return steps.map((_, t) => next.subarray(t * envs, (t + 1) * envs));
  }
}
