// The loop of SAC and its relatives: step all environments, then update once on a batch of everything that was seen.
import {
  normalize,
  normalizerOf,
  RunningNormalizer,
  statisticsOf,
  type NormalizerTensors,
} from "../dynamics/normalizer.js";
import { outcomeColumns, ReplayBuffer, type OutcomeBatch, type OutcomeColumns } from "../dynamics/replay-buffer.js";
import type { Environment } from "../tasks/environment.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Held, type SavedState } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import { tidy, type Tree } from "../tensor/tree.js";
import { Collector } from "./collector.js";
import type { CreateLearner, Learner, Metrics, PolicySnapshot } from "./learner.js";
import { countLost, requireFinite, stopwatch } from "./measure.js";
import { actionNoise, sampledAction } from "./policies.js";
import { SOFT_ACTOR } from "./q-functions.js";
import { initSac, SAC_REPORT, sacUpdate, type ActorObjective, type SacConfig, type SacState } from "./sac.js";

/** What a method chooses from. */
export type Bench<C extends SacConfig> = {
  config: C;
  collector: Collector;
  replay: ReplayBuffer<OutcomeColumns>;
  stream: (name: string) => RandomStream;
};

/** What the actor climbs, and what it reads for that in an update on `batch`; the models that it learns, if any. */
export type OffPolicyMethod<I extends Tree> = {
  objective: ActorObjective<I>;
  inputs: (batch: OutcomeBatch, random: RandomStream) => I;
  models?: FittedModels;
};

/** Dynamics models that are fitted at the beginning of each epoch. */
export interface FittedModels {
  fit(epoch: number, normalizer: NormalizerTensors): Metrics;
  save(): SavedState;
  load(state: SavedState): void;
  dispose(): void;
}

/** Makes the learner of an off-policy method. */
export const offPolicy =
  <C extends SacConfig, I extends Tree>(method: (bench: Bench<C>) => OffPolicyMethod<I>): CreateLearner<C> =>
  (config, environment, stream) =>
    new OffPolicyLearner(config, environment, method, stream);

const act = jit("sac act", (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampledAction(SOFT_ACTOR, actor, normalize(seen, normalizer), noise),
);

export class OffPolicyLearner<C extends SacConfig, I extends Tree> implements Learner {
  private readonly collector: Collector;
  private readonly replay: ReplayBuffer<OutcomeColumns>;
  private readonly method: OffPolicyMethod<I>;
  private readonly update: ReturnType<typeof sacUpdate<I>>;
  private readonly random: { action: RandomStream; replay: RandomStream; update: RandomStream };
  private readonly state: Held<SacState>;
  /** The normaliser that everybody uses within an epoch. */
  private readonly frozen: Held<NormalizerTensors>;

  constructor(
    readonly config: C,
    environment: Environment,
    method: (bench: Bench<C>) => OffPolicyMethod<I>,
    stream: (name: string) => RandomStream,
  ) {
    const { task } = environment;
    const { observationSize, actionSize } = task;
    this.replay = new ReplayBuffer(config.replay.capacity, outcomeColumns(observationSize, actionSize));
    this.collector = new Collector(environment, new RunningNormalizer(observationSize), this.replay);
    this.random = { action: stream("action noise"), replay: stream("replay"), update: stream("update noise") };
    this.state = tidy(() => new Held(initSac(config, task, stream("networks"))));
    this.frozen = new Held(this.collector.normalizer.tensors());
    this.method = method({ config, collector: this.collector, replay: this.replay, stream });
    this.update = sacUpdate(config, this.method.objective, task);
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      if (epoch === 0) this.collect();
      const { envs, horizon } = this.config;
      const time = stopwatch();
      this.freezeNormalizer();
      const fit = this.method.models?.fit(epoch, this.frozen.value);
      time("fit_seconds");
      this.collector.begin();
      let lost = 0;
      const reports = Array.from({ length: horizon }, () => {
        lost += tf.tidy(() => this.step());
        time("rollout_seconds");
        const report = tf.tidy(() => this.improve());
        time("actor_seconds");
        return report;
      });
      const mean = (j: number): number => reports.reduce((sum, report) => sum + report[j], 0) / horizon;
      const means = SAC_REPORT.map((name, j) => [name, mean(j)] as const);
      for (const [name, value] of means) requireFinite(value, `the mean ${name}`);
      const samples = (epoch + 1) * envs * horizon;
      const { meter, environment } = this.collector;
      const limited = environment.task.stateLimit !== undefined && { lost_states: lost };
      return { samples, return: meter.mean, ...Object.fromEntries(means), ...fit, ...limited, ...time.seconds };
    });
  }

  policy(): PolicySnapshot {
    const { environment, normalizer } = this.collector;
    const seen = statisticsOf(environment.task.actorSees, normalizer.save());
    return { network: "relu-tanh", actor: this.state.value.actor.params, normalizer: seen };
  }

  /** The frozen normaliser is not part of it: every epoch begins by freezing the running one. */
  save() {
    const { action, replay, update } = this.random;
    return {
      collector: this.collector.save(),
      random: { action: action.save(), replay: replay.save(), update: update.save() },
      state: this.state.save(),
      models: this.method.models?.save() ?? null,
    };
  }

  load(saved: SavedState): void {
    const { collector, random, state, models } = saved as ReturnType<OffPolicyLearner<C, I>["save"]>;
    this.collector.load(collector);
    for (const name of ["action", "replay", "update"] as const) this.random[name].load(random[name]);
    this.state.load(state);
    if (models) this.method.models?.load(models);
  }

  dispose(): void {
    this.state.dispose();
    this.frozen.dispose();
    this.update.dispose();
    this.method.models?.dispose();
  }

  private freezeNormalizer(): void {
    this.frozen.replace(this.collector.normalizer.tensors());
  }

  /** Fills the replay buffer with uniformly random actions. */
  private collect(): void {
    const { envs, replay } = this.config;
    const { actionSize } = this.collector.environment.task;
    this.collector.begin();
    for (let k = 0; k < Math.ceil(replay.initial / envs); k++)
      this.collector.step(Float32Array.from({ length: envs * actionSize }, () => this.random.action.uniform(-1, 1)));
  }

  /** One of all environments; returns how many of them left the task's limit. */
  private step(): number {
    const { obs, envs, environment } = this.collector;
    const { actorSees, actorPart, actionSize } = environment.task;
    const seen = tf.tensor2d(environment.sense(obs), [envs, actorSees.length]);
    const noise = actionNoise([envs, actionSize], this.random.action);
    const action = act(this.state.value.actor.params, normalizerOf(actorPart, this.frozen.value), seen, noise);
    const { lost } = this.collector.step(action.dataSync() as Float32Array);
    return countLost([{ lost }]);
  }

  private improve(): Float32Array {
    const { update, replay } = this.random;
    const batch = this.replay.sample(this.config.replay.batch, replay);
    const noise = actionNoise(batch.action.shape, update);
    const next = this.update(this.state.value, this.frozen.value, batch, noise, this.method.inputs(batch, update));
    this.state.replace(next.state);
    return next.report.dataSync() as Float32Array;
  }
}
