import { normalizerOf, RunningNormalizer, type NormalizerTensors } from "../dynamics/normalizer.js";
import { InputError } from "@dmo-lab/input/errors";
import type { Environment, EnvironmentState } from "../tasks/environment.js";
import type { Task } from "../tasks/task.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Composite, Held } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { Actor, initActor } from "./actor.js";
import type { Backward } from "./backward.js";
import { kinematicsOf, sectionsInUse, type FirstOrderMethod, type MethodInputs } from "./choices.js";
import { Collector } from "./collector.js";
import { recorded, type CriticRollout } from "./critic-rollouts.js";
import { Critics, NO_CRITICS, type CriticsPart } from "./critics.js";
import type { FirstOrderConfig } from "./first-order-settings.js";
import { simulatorForward } from "./forward.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import type { Constants } from "./objective.js";
import { actionNoise } from "./policies.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Forward, type Sense, type Transition } from "./rollout.js";
import { NO_TEMPERATURE, Temperature, type TemperaturePart } from "./temperature.js";
import { NO_WORLD_MODEL, WorldModel, type FrozenWorldModel, type WorldModelPart } from "./world-model.js";

/** Where gradients are compared: the environments' `start`, the `actor`, the `model`, and the `constants` of the objective. */
export type ComparisonPoint = { start: EnvironmentState; actor: Params; model: FrozenWorldModel; constants: Constants };

/** Looks at an epoch's gradient from outside, between the fit of the model and the rollout, and changes nothing; `dispose` frees it. */
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

/** Parts of a first-order learner of a `task`, by its `config`, watched by `observer`: `freezeNormalizer`, then `rollOut`. One it lacks does nothing. */
export class FirstOrderParts extends Composite<{
  collector: Collector;
  noise: RandomStream;
  actor: Actor;
  critics: CriticsPart;
  temperature: TemperaturePart;
  world: WorldModelPart;
}> {
  readonly task: Task;
  private readonly forward: Forward;
  private readonly backward: Backward;
  private readonly criticRollout: CriticRollout;
  private readonly gradient: ReturnType<typeof policyGradient<Constants>>;
  /** The normaliser that all networks see through within an epoch; not saved, as every epoch begins by freezing the running one. */
  private readonly frozen: Held<NormalizerTensors>;

  constructor(
    readonly config: FirstOrderConfig,
    environment: Environment,
    method: FirstOrderMethod,
    stream: (name: string) => RandomStream,
    readonly observer: GradientObserver = unobserved(config),
  ) {
    const { task, engine } = environment;
    const { observationSize: obs, actionSize: action } = engine;
    const { dynamics, critic, temperature, actor } = sectionsInUse(config);
    const running = new RunningNormalizer(obs);
    const frozen = new Held(running.tensors());
    const kinematics = kinematicsOf(config, environment);
    const sizes = { robots: config.envs, obs, action, change: kinematics?.size };
    const world = dynamics ? new WorldModel(dynamics, method.reward.model, sizes, running, stream) : NO_WORLD_MODEL;
    const model = (): FrozenWorldModel => world.frozen(frozen.value);
    const collector = new Collector(environment, running, world.replay, world.recall(model), kinematics);
    const params = initActor(task.actorSees.length, actor.hidden, action, stream("actor"), actor.policy);
    super(
      {
        collector,
        noise: stream("action noise"),
        actor: new Actor(actor, params),
        critics: critic ? new Critics(critic, obs + world.memory, stream) : NO_CRITICS,
        temperature: temperature ? new Temperature(temperature, action) : NO_TEMPERATURE,
        world,
      },
      [frozen, observer],
    );
    const simulator = recorded(simulatorForward(collector));
    const inputs: MethodInputs = { task, config, simulator, collector, model, reward: method.reward, kinematics };
    this.task = task;
    this.frozen = frozen;
    this.forward = method.forward(inputs);
    this.backward = method.backward(inputs);
    this.criticRollout = method.criticRollout(inputs);
    this.gradient = policyGradient(method.objective(task), this.backward, config.gamma, task.actorPart);
  }

  freezeNormalizer(): NormalizerTensors {
    this.frozen.replace(this.parts.collector.normalizer.tensors());
    return this.frozen.value;
  }

  /** Fills the replay buffer with the initial stochastic policy, the normaliser live. */
  collect(): void {
    const steps = Math.ceil(this.parts.world.minReplay / this.config.envs);
    if (steps > 0) this.parts.collector.begin();
    for (let k = 0; k < steps; k++)
      tf.tidy(() => {
        this.freezeNormalizer();
        this.act(1);
      });
  }

  rollOut(): Transition[] {
    this.parts.collector.begin();
    return this.act(this.config.horizon);
  }

  /** What critics learn from: the rollout, or another with its noise, with soft rewards where entropy counts. */
  lessons(steps: readonly Transition[]): readonly Transition[] {
    const noise = steps.map((step) => step.noise);
    const judged = this.criticRollout(steps, (forward) => this.follow(forward, noise));
    return this.parts.temperature.softRewards(judged, this.parts.actor.params, this.actorNormalizer());
  }

  /** The loss, and its gradient at the actor. @throws NonFiniteError */
  walkBack(steps: readonly Transition[]): { loss: number; grads: Params } {
    const { loss, grads } = this.gradient(steps, this.parts.actor.params, this.constants());
    return { loss: requireFinite(loss.dataSync()[0], "the actor's loss"), grads };
  }

  /** Entries of the gradient that were dropped on the way back, where the task allows it. */
  dropped(): Metrics {
    return this.task.stateLimit === undefined ? {} : { gradient_nonfinite: this.backward.dropped() };
  }

  /** Where the gradients of the epoch to come can be compared, before its rollout. Use it inside tf.tidy. */
  comparisonPoint(normalizer = this.freezeNormalizer()): ComparisonPoint {
    const { collector, actor, world } = this.parts;
    const start = collector.environment.save();
    return { start, actor: actor.params, model: world.frozen(normalizer), constants: this.constants() };
  }

  /** What the objective reads and does not differentiate. */
  private constants(): Constants {
    const { critics, temperature, world } = this.parts;
    const normalizer = this.frozen.value;
    return { targets: critics.targets, normalizer, temperature: temperature.alpha, reward: world.rewardParams };
  }

  private act(horizon: number): Transition[] {
    const shape: [number, number] = [this.config.envs, this.task.actionSize];
    const noise = Array.from({ length: horizon }, () => actionNoise(shape, this.parts.noise));
    this.backward.begin(horizon);
    return this.follow(this.forward, noise);
  }

  private follow(forward: Forward, noise: readonly tf.Tensor2D[]): Transition[] {
    const { actor, collector } = this.parts;
    const sense: Sense = (obs) => collector.environment.seenOf(obs);
    return rollout(actor.params, this.actorNormalizer(), forward, noise, sense);
  }

  private actorNormalizer(): NormalizerTensors {
    return normalizerOf(this.task.actorPart, this.frozen.value);
  }
}
