// MAAC as the authors of DMO ran it (the settings of their development code): a value function in place of Q functions, and
// imagination that starts from what was seen before. For each epoch:
//   fit the dynamics model m on the replay buffer
//   step all environments with a ~ pi(s), into the replay buffer
//   imagine from observations of the buffer:  a_k ~ pi(s_k),  s_{k+1} = m(s_k, a_k);  after an end from another of them
//   pi  climbs  mean sum over segments of (sum_{k<n} gamma^k r_k + gamma^n V(s_n)),  through m
//   V   fits TD(lambda) targets of the imagined steps
import { InputError } from "@dmo-lab/input/errors";
import { count, pick, type Values } from "@dmo-lab/input/setting";
import { tf } from "@dmo-lab/jit/tf";
import { Actor, initActor, networkOf } from "../lib/algorithms/actor.js";
import { modelBackward, type Backward } from "../lib/algorithms/backward.js";
import { Collector } from "../lib/algorithms/collector.js";
import { Critics } from "../lib/algorithms/critics.js";
import { criticSettings, firstOrderSettings } from "../lib/algorithms/first-order-settings.js";
import { simulatorForward, type LearnedModel } from "../lib/algorithms/forward.js";
import type { CreateLearner, Learner, LearnerConfig, Metrics, PolicySnapshot } from "../lib/algorithms/learner.js";
import { requireFinite, stopwatch, taskColumns } from "../lib/algorithms/measure.js";
import { rewardAndValueObjective } from "../lib/algorithms/objective.js";
import { actionNoise } from "../lib/algorithms/policies.js";
import { policyGradient } from "../lib/algorithms/policy-gradient.js";
import { rollout, type Forward, type Sense, type Transition } from "../lib/algorithms/rollout.js";
import { dynamicsSettings } from "../lib/dynamics/dynamics-settings.js";
import { createDynamics, type LearnedDynamics } from "../lib/dynamics/learned-dynamics.js";
import type { ObservationPrediction } from "../lib/dynamics/model.js";
import { normalizerOf, RunningNormalizer, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import type { ReplayBuffer } from "../lib/dynamics/replay-buffer.js";
import type { Environment } from "../lib/tasks/environment.js";
import type { Task } from "../lib/tasks/task.js";
import { linearDecay } from "../lib/tensor/adam.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { Composite, Held } from "../lib/tensor/state.js";
import { imaginedForward } from "./imagined-forward.js";
import { maacSettings } from "./maac.js";

export const maacVSettings = {
  ...pick(firstOrderSettings, "decayEpochs", "finalLearningRate", "actor"),
  critic: criticSettings,
  dynamics: pick(
    dynamicsSettings,
    ...(["hidden", "learningRate", "updates", "batch", "initialUpdates", "minReplay", "replayCapacity"] as const),
    ...(["prediction", "targets", "loss", "precision"] as const),
  ),
  imagination: {
    robots: count("rollouts that are imagined in an epoch", 100_000),
    steps: maacSettings.imagination.steps,
  },
};

export type MaacVConfig = LearnerConfig & Values<typeof maacVSettings>;

type Parts = {
  collector: Collector;
  random: Composite<{ action: RandomStream; starts: RandomStream }>;
  actor: Actor;
  critics: Critics;
  dynamics: LearnedDynamics;
};

class MaacV extends Composite<Parts> implements Learner {
  private readonly task: Task;
  private readonly real: Forward;
  private readonly imagined: Forward;
  private readonly backward: Backward;
  private readonly gradient: ReturnType<typeof policyGradient>;
  /** The normaliser that everybody uses within an epoch; not saved, as every epoch begins by freezing the running one. */
  private readonly frozen: Held<NormalizerTensors>;

  constructor(
    readonly config: MaacVConfig,
    environment: Environment,
    stream: (name: string) => RandomStream,
  ) {
    const { task } = environment;
    const { actor, critic, imagination } = config;
    const prediction = predictionFor(task, config);
    const [obs, action] = [task.observationSize, task.actionSize];
    const { replay, dynamics } = createDynamics(config.dynamics, { robots: config.envs, obs, action }, stream);
    const buffer = replay as ReplayBuffer; // of a model without memory
    const running = new RunningNormalizer(obs);
    const frozen = new Held(running.tensors());
    const collector = new Collector(environment, running, replay);
    const random = { action: stream("action noise"), starts: stream("starts") };
    const fresh = initActor(task.actorSees.length, actor.hidden, action, stream("actor"), actor.policy);
    const critics = new Critics({ ...critic, count: 1, forward: "model" }, obs, stream);
    super({ collector, random: new Composite(random), actor: new Actor(actor, fresh), critics, dynamics: dynamics as LearnedDynamics }, [frozen]); // prettier-ignore
    const model = (): LearnedModel => ({ params: dynamics.params, normalizer: frozen.value });
    const draw = () => buffer.gather("obs", buffer.draw(imagination.robots, random.starts));
    this.task = task;
    this.frozen = frozen;
    this.real = simulatorForward(collector);
    this.imagined = imaginedForward(task, prediction, model, draw);
    this.backward = modelBackward(prediction, model, task);
    this.gradient = policyGradient(rewardAndValueObjective(task), this.backward, config.gamma, task.actorPart);
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      if (epoch === 0) this.collect();
      const { collector, actor, critics } = this.parts;
      const { envs, horizon, imagination, gamma, decayEpochs, finalLearningRate } = this.config;
      const decayed = (rate: number) => linearDecay(rate, finalLearningRate, Math.min(epoch, decayEpochs), decayEpochs);
      const time = stopwatch();

      const normalizer = this.freezeNormalizer();
      const fit = this.fit(epoch);
      time("fit_seconds");

      const lived = this.live(horizon);
      this.backward.begin(imagination.steps);
      const steps = this.follow(this.imagined, imagination.robots, imagination.steps, this.task.actorPart);
      time("rollout_seconds");

      const { loss, grads } = this.gradient(steps, actor.params, { targets: critics.targets, normalizer });
      const rate = decayed(actor.config.learningRate);
      const norm = requireFinite(actor.step(grads, rate), "the norm of the actor's gradient");
      time("actor_seconds");

      const critic = critics.fit(steps, normalizer, gamma, decayed);
      critics.moveTargets();
      time("critic_seconds");

      const progress = { samples: (epoch + 1) * envs * horizon, return: collector.meter.mean };
      const improved = { actor_loss: loss.dataSync()[0], actor_grad_norm: norm, actor_learning_rate: rate };
      return { ...progress, ...improved, ...critic, ...lived, ...this.dropped(), ...fit, ...time.seconds };
    });
  }

  policy(): PolicySnapshot {
    const { actor, collector } = this.parts;
    return { network: networkOf(actor.params), actor: actor.params, normalizer: collector.actorStatistics() };
  }

  private freezeNormalizer(): NormalizerTensors {
    this.frozen.replace(this.parts.collector.normalizer.tensors());
    return this.frozen.value;
  }

  private fit(epoch: number): Metrics {
    const { initialUpdates, updates } = this.config.dynamics;
    const loss = this.parts.dynamics.fit(this.frozen.value, epoch === 0 ? initialUpdates : updates);
    return { model_loss: requireFinite(loss, "the dynamics model's loss") };
  }

  /** Fills the replay buffer with the initial stochastic policy, the normaliser live. */
  private collect(): void {
    const { envs, dynamics } = this.config;
    this.parts.collector.begin();
    for (let k = 0; k < Math.ceil(dynamics.minReplay / envs); k++)
      tf.tidy(() => {
        this.freezeNormalizer();
        this.live(1);
      });
  }

  /** Steps all environments; what is counted of that. */
  private live(steps: number): Metrics {
    const { collector } = this.parts;
    const sense: Sense = (obs) => collector.environment.seenOf(obs);
    return taskColumns(this.task, this.follow(this.real, collector.envs, steps, sense));
  }

  private follow(forward: Forward, robots: number, steps: number, sense: Sense): Transition[] {
    const { actor, random } = this.parts;
    const shape: [number, number] = [robots, this.task.actionSize];
    const noise = Array.from({ length: steps }, () => actionNoise(shape, random.parts.action));
    return rollout(actor.params, normalizerOf(this.task.actorPart, this.frozen.value), forward, noise, sense);
  }

  private dropped(): Metrics {
    return this.task.stateLimit === undefined ? {} : { gradient_nonfinite: this.backward.dropped() };
  }
}

/** What the model predicts. @throws InputError where imagination alone lacks what the task or the prediction needs */
function predictionFor(task: Task, { dynamics }: MaacVConfig): ObservationPrediction {
  const refuse = (what: string) => {
    throw new InputError(
      `Task "${task.name}" ${what}, which imagined rollouts that start anywhere don't have. Use dmo.`,
    );
  };
  if (task.sensorSize > 0) refuse("ends episodes by its sensors");
  if (task.contextSize > 0) refuse("has goals or commands");
  if (dynamics.prediction === "kinematic")
    throw new InputError('setting dynamics.prediction is "kinematic"; allowed for maac-v: residual, absolute.');
  return dynamics.prediction;
}

export const maacV: CreateLearner<MaacVConfig> = (...inputs) => new MaacV(...inputs);
