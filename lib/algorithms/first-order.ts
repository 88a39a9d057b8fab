// The loop of every first-order method, as in "One epoch" of DMO: fit the model, roll out, walk back, update the actor,
// fit the critics, move their targets. What differs between the methods is which functions their settings choose.
import { normalizerOf, RunningNormalizer, statisticsOf, type NormalizerTensors } from "../dynamics/normalizer.js";
import { memoryAfter } from "../dynamics/recurrent.js";
import { InputError } from "../errors.js";
import type { Environment, EnvironmentState } from "../tasks/environment.js";
import { linearDecay } from "../tensor/adam.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { Held, type SavedState } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import { Actor, initActor, networkOf } from "./actor.js";
import type { Backward } from "./backward.js";
import { sectionsInUse } from "./choices.js";
import type { Constants, FirstOrderMethod, Workbench, World } from "./choices.js";
import type { FirstOrderConfig } from "./first-order-settings.js";
import { Collector, type Recall } from "./collector.js";
import { Critics } from "./critics.js";
import { recording, type CriticRollout } from "./critic-rollouts.js";
import { simulatorForward } from "./forward.js";
import { LearnedWorld } from "./learned-world.js";
import type { Learner, Metrics, PolicySnapshot } from "./learner.js";
import { countLost, floored, requireFinite, stopwatch } from "./measure.js";
import { actionNoise } from "./policies.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Forward, type Transition } from "./rollout.js";
import { Temperature } from "./temperature.js";

/** Where gradients are compared: the environments' states, the policy, and what the gradients are made of. */
export type ComparisonPoint = { start: EnvironmentState; actor: Params; model: World; constants: Constants };

/** Looks at an epoch's gradient from outside, between the fit of the model and the rollout, and changes nothing. */
export interface GradientObserver {
  /** Columns of the epoch's row; `lap` books the time it took. */
  measure(epoch: number, point: () => ComparisonPoint, lap: (column: string) => void): Metrics;
  dispose(): void;
}

/** Nobody looks. @throws InputError if the settings want somebody to */
export function unobserved(config: FirstOrderConfig): GradientObserver {
  const every = sectionsInUse(config).dynamics?.gradientEvery;
  if (every)
    throw new InputError(
      `setting dynamics.gradientEvery is "${every}", and this learner was given no observer; hand it gradientObserver(config, task, stream).`,
    );
  return { measure: () => ({}), dispose: () => undefined };
}

export class FirstOrderLearner implements Learner {
  private readonly collector: Collector;
  private readonly world?: LearnedWorld;
  private readonly critics?: Critics;
  private readonly temperature?: Temperature;
  private readonly forward: Forward;
  private readonly backward: Backward;
  private readonly criticRollout: CriticRollout;
  private readonly gradient: ReturnType<typeof policyGradient<Constants>>;
  private readonly noise: RandomStream;
  private readonly actor: Actor;
  /** The normaliser that rollout, actor, critic and model use within an epoch. */
  private readonly frozen: Held<NormalizerTensors>;

  constructor(
    readonly config: FirstOrderConfig,
    environment: Environment,
    method: FirstOrderMethod,
    stream: (name: string) => RandomStream,
    private readonly observer: GradientObserver = unobserved(config),
  ) {
    const { task, engine } = environment;
    const { observationSize, actionSize } = engine;
    const normalizer = new RunningNormalizer(observationSize);
    const { actor, critic, dynamics } = sectionsInUse(config);
    const sizes = { robots: config.envs, obs: observationSize, action: actionSize };
    this.world = dynamics && new LearnedWorld(dynamics, config.reward === "learned", sizes, normalizer, stream);
    const memory = dynamics?.recurrent?.width ?? 0;
    const recall: Recall = { width: memory, after: (...step) => memoryAfter(this.learnedModel(), ...step) };
    this.collector = new Collector(environment, normalizer, this.world?.replay, memory ? recall : undefined);
    this.noise = stream("action noise");
    this.actor = new Actor(
      actor,
      initActor(task.actorSees.length, actor.hidden, actionSize, stream("actor"), actor.policy),
    );
    this.critics = critic && new Critics(critic, observationSize + memory, stream);
    this.temperature = config.temperature && new Temperature(config.temperature, actionSize);
    this.frozen = new Held(normalizer.tensors());
    const { collector } = this;
    const simulator = recording(simulatorForward(collector));
    const bench: Workbench = { task, config, collector, simulator, model: () => this.learnedModel() };
    this.forward = method.forward(bench);
    this.backward = method.backward(bench);
    this.criticRollout = method.criticRollout(bench);
    this.gradient = policyGradient(method.objective(task), this.backward, config.gamma, task.actorPart);
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      if (epoch === 0 && this.world) this.collect(this.world.config.minReplay);
      const { decayEpochs, finalLearningRate } = this.config;
      const decayed = (start: number): number =>
        linearDecay(start, finalLearningRate, Math.min(epoch, decayEpochs), decayEpochs);
      const time = stopwatch();
      this.freezeNormalizer();
      const fit = this.world?.fit(epoch, this.frozen.value);
      time("fit_seconds");
      const quality = this.observer.measure(epoch, () => this.comparisonPoint(), time);
      this.collector.begin();
      const steps = this.rollOut(this.config.horizon);
      const seen = this.critics ? this.criticRollout(steps, (forward) => this.act(forward, noiseOf(steps))) : steps;
      const held = this.world?.heldBack();
      time("rollout_seconds");
      const entropy = this.temperature?.soften(seen, this.actor.params, this.actorNormalizer());
      const actor = this.improveActor(steps, decayed(this.config.actor.learningRate));
      time("actor_seconds");
      const critic = this.fitCritics(entropy?.steps ?? seen, decayed);
      const tuned = entropy?.tune();
      time("critic_seconds");
      const samples = (epoch + 1) * this.config.envs * this.config.horizon;
      return {
        samples,
        return: this.collector.meter.mean,
        ...actor,
        ...critic,
        ...tuned,
        ...fit,
        ...held,
        ...quality,
        ...time.seconds,
      };
    });
  }

  policy(): PolicySnapshot {
    const { normalizer: running, environment } = this.collector;
    const normalizer = statisticsOf(environment.task.actorSees, running.save());
    return { network: networkOf(this.actor.params), actor: this.actor.params, normalizer };
  }

  /** The frozen normaliser is not part of it: every epoch begins by freezing the running one. */
  save() {
    return {
      collector: this.collector.save(),
      noise: this.noise.save(),
      actor: this.actor.save(),
      critics: this.critics?.save() ?? null,
      temperature: this.temperature?.save() ?? null,
      world: this.world?.save() ?? null,
    };
  }

  load(state: SavedState): void {
    const { collector, noise, actor, critics, temperature, world } = state as ReturnType<FirstOrderLearner["save"]>;
    this.collector.load(collector);
    this.noise.load(noise);
    this.actor.load(actor);
    if (critics) this.critics?.load(critics);
    if (temperature) this.temperature?.load(temperature);
    if (world) this.world?.load(world);
  }

  dispose(): void {
    const { frozen, actor, critics, temperature, world, observer } = this;
    for (const part of [frozen, actor, critics, temperature, world, observer]) part?.dispose();
  }

  /** Where the gradients of the epoch to come can be compared, before its rollout. Use it inside tf.tidy. */
  comparisonPoint(): ComparisonPoint {
    this.freezeNormalizer(); // not done yet where the learner was just loaded
    const start = this.collector.environment.save();
    return { start, actor: this.actor.params, model: this.learnedModel(), constants: this.constants() };
  }

  /** What the objective reads and does not differentiate. */
  private constants(): Constants {
    return {
      targets: this.critics?.targets ?? [],
      normalizer: this.frozen.value,
      temperature: this.temperature?.alpha ?? tf.scalar(0),
      reward: this.world?.rewardParams ?? {},
    };
  }

  private learnedModel(): World {
    if (!this.world) throw new Error("This method has no dynamics section: it cannot use a learned model.");
    return { params: this.world.params, normalizer: this.frozen.value, reward: this.world.rewardParams };
  }

  private freezeNormalizer(): void {
    this.frozen.replace(this.collector.normalizer.tensors());
  }

  /** Fills the replay buffer with the initial stochastic policy, the normaliser live. */
  private collect(transitions: number): void {
    const steps = Math.ceil(transitions / this.config.envs);
    this.collector.begin();
    for (let k = 0; k < steps; k++)
      tf.tidy(() => {
        this.freezeNormalizer();
        this.rollOut(1);
      });
  }

  private rollOut(horizon: number): Transition[] {
    const { envs, environment } = this.collector;
    const noise = Array.from({ length: horizon }, () => actionNoise([envs, environment.engine.actionSize], this.noise));
    this.backward.begin(horizon);
    return this.act(this.forward, noise);
  }

  private act(forward: Forward, noise: tf.Tensor2D[]): Transition[] {
    return rollout(this.actor.params, this.actorNormalizer(), forward, noise, (obs) => this.sense(obs));
  }

  /** Of what the actor sees. */
  private actorNormalizer(): NormalizerTensors {
    return normalizerOf(this.collector.environment.task.actorPart, this.frozen.value);
  }

  private sense(obs: tf.Tensor2D): tf.Tensor2D {
    const values = obs.dataSync() as Float32Array;
    const seen = this.collector.environment.sense(values);
    return seen === values ? obs : rows(obs.shape[0], seen);
  }

  private improveActor(steps: Transition[], learningRate: number): Metrics {
    const { loss, grads } = this.gradient(steps, this.actor.params, this.constants());
    const actorLoss = loss.dataSync()[0];
    requireFinite(actorLoss, "the actor's loss");
    const norm = this.actor.step(grads, learningRate);
    requireFinite(norm, `the norm of the actor's gradient over ${this.config.horizon} steps (horizon)`);
    const { task } = this.collector.environment;
    const rates = { actor_loss: actorLoss, actor_grad_norm: norm, actor_learning_rate: learningRate };
    const report = { ...rates, ...floored(task, steps) };
    if (task.stateLimit === undefined) return report;
    const lost = countLost(steps);
    return { ...report, gradient_nonfinite: this.backward.dropped(), lost_states: lost };
  }

  private fitCritics(steps: readonly Transition[], decayed: (start: number) => number): Metrics {
    const { critics } = this;
    return critics?.fit(steps, this.frozen.value, this.config.gamma, decayed(critics.config.learningRate)) ?? {};
  }
}

const noiseOf = (steps: readonly Transition[]): tf.Tensor2D[] => steps.map((step) => step.noise);
