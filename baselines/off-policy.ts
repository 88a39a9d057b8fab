// The loop of SAC and its relatives: step all environments, then update once on a batch of everything that was seen.
import { normalize, normalizerOf, RunningNormalizer, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import { outcomeColumns, ReplayBuffer, type OutcomeBatch, type OutcomeColumns } from "../lib/dynamics/replay-buffer.js";
import type { Environment } from "../lib/tasks/environment.js";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../lib/tensor/layers.js";
import type { RandomStream } from "../lib/tensor/random.js";
import { Composite, Held, type Part } from "../lib/tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { tidy, type Tree } from "@dmo-lab/jit/tree";
import { Collector } from "../lib/algorithms/collector.js";
import type { CreateLearner, Learner, Metrics, PolicySnapshot } from "../lib/algorithms/learner.js";
import { countLost, requireFinite, stopwatch } from "../lib/algorithms/measure.js";
import { actionNoise, sampledAction } from "../lib/algorithms/policies.js";
import { SOFT_ACTOR } from "./q-functions.js";
import { initSac, SAC_REPORT, sacUpdate, type ActorObjective, type SacConfig, type SacState } from "./sac.js";

/** What a method is made from. */
export type OffPolicyInputs<C extends SacConfig> = {
  /** Settings of the method, checked. */
  config: C;
  /** Steps the environments, and puts what it sees into `replay`. */
  collector: Collector;
  /** Transitions with their outcomes, of which updates draw batches. */
  replay: ReplayBuffer<OutcomeColumns>;
  /** The run's random streams by name, each independent of the others. */
  stream: (name: string) => RandomStream;
};

/** What the actor climbs, and what it reads for that in an update on `batch`; the models that it learns. */
export type OffPolicyMethod<I extends Tree> = {
  /** What the actor climbs, [batch]. */
  objective: ActorObjective<I>;
  /** What the objective reads besides, for an update on `batch`; draws from `random` alone. */
  inputs: (batch: OutcomeBatch, random: RandomStream) => I;
  /** The models that the method learns; SAC has none. */
  models: FittedModels;
};

/** Dynamics models that are fitted at the beginning of each epoch. */
export interface FittedModels extends Required<Part> {
  /** Fits them on the replay buffer, before the rollout of that epoch (from 0); gives columns of metrics.csv. */
  fit(epoch: number, normalizer: NormalizerTensors): Metrics;
}

/** Makes the learner of an off-policy method. */
export const offPolicy =
  <C extends SacConfig, I extends Tree>(method: (inputs: OffPolicyInputs<C>) => OffPolicyMethod<I>): CreateLearner<C> =>
  (config, environment, stream) =>
    new OffPolicyLearner(config, environment, method, stream);

const act = jit("sac act", (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampledAction(SOFT_ACTOR, actor, normalize(seen, normalizer), noise),
);

type OffPolicyParts = {
  collector: Collector;
  random: Composite<{ action: RandomStream; replay: RandomStream; update: RandomStream }>;
  state: Held<SacState>;
  models: FittedModels;
};

export class OffPolicyLearner<C extends SacConfig, I extends Tree>
  extends Composite<OffPolicyParts>
  implements Learner
{
  private readonly replay: ReplayBuffer<OutcomeColumns>;
  private readonly inputs: OffPolicyMethod<I>["inputs"];
  private readonly update: ReturnType<typeof sacUpdate<I>>;
  /** The normaliser that everybody uses within an epoch; not saved, as every epoch begins by freezing the running one. */
  private readonly frozen: Held<NormalizerTensors>;

  constructor(
    readonly config: C,
    environment: Environment,
    method: (inputs: OffPolicyInputs<C>) => OffPolicyMethod<I>,
    stream: (name: string) => RandomStream,
  ) {
    const { task } = environment;
    const { observationSize, actionSize } = task;
    const replay = new ReplayBuffer(config.replay.capacity, outcomeColumns(observationSize, actionSize));
    const collector = new Collector(environment, new RunningNormalizer(observationSize), replay);
    const { objective, inputs, models } = method({ config, collector, replay, stream });
    const random = { action: stream("action noise"), replay: stream("replay"), update: stream("update noise") };
    const state = tidy(() => new Held(initSac(config, task, stream("networks"))));
    const update = sacUpdate(config, objective, task);
    const frozen = new Held(collector.normalizer.tensors());
    super({ collector, random: new Composite(random), state, models }, [frozen, update]);
    this.replay = replay;
    this.inputs = inputs;
    this.update = update;
    this.frozen = frozen;
  }

  epoch(epoch: number): Metrics {
    return tf.tidy(() => {
      if (epoch === 0) this.collect();
      const { envs, horizon } = this.config;
      const time = stopwatch();
      this.freezeNormalizer();
      const fit = this.parts.models.fit(epoch, this.frozen.value);
      time("fit_seconds");
      this.parts.collector.begin();
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
      const { meter, environment } = this.parts.collector;
      const limited = environment.task.stateLimit !== undefined && { lost_states: lost };
      return { samples, return: meter.mean, ...Object.fromEntries(means), ...fit, ...limited, ...time.seconds };
    });
  }

  policy(): PolicySnapshot {
    const { collector, state } = this.parts;
    return { network: "relu-tanh", actor: state.value.actor.params, normalizer: collector.actorStatistics() };
  }

  private freezeNormalizer(): void {
    this.frozen.replace(this.parts.collector.normalizer.tensors());
  }

  /** Fills the replay buffer with uniformly random actions. */
  private collect(): void {
    const { envs, replay } = this.config;
    const { actionSize } = this.parts.collector.environment.task;
    this.parts.collector.begin();
    for (let k = 0; k < Math.ceil(replay.initial / envs); k++)
      this.parts.collector.step(
        Float32Array.from({ length: envs * actionSize }, () => this.parts.random.parts.action.uniform(-1, 1)),
      );
  }

  /** One of all environments; returns how many of them left the task's limit. */
  private step(): number {
    const { envs, environment } = this.parts.collector;
    const { actorSees, actorPart, actionSize } = environment.task;
    const seen = tf.tensor2d(environment.seen, [envs, actorSees.length]);
    const noise = actionNoise([envs, actionSize], this.parts.random.parts.action);
    const action = act(this.parts.state.value.actor.params, normalizerOf(actorPart, this.frozen.value), seen, noise);
    const { lost } = this.parts.collector.step(action.dataSync() as Float32Array);
    return countLost([{ lost }]);
  }

  private improve(): Float32Array {
    const { update, replay } = this.parts.random.parts;
    const batch = this.replay.sample(this.config.replay.batch, replay);
    const noise = actionNoise(batch.action.shape, update);
    const next = this.update(this.parts.state.value, this.frozen.value, batch, noise, this.inputs(batch, update));
    this.parts.state.replace(next.state);
    return next.report.dataSync() as Float32Array;
  }
}
