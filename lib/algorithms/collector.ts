import { statisticsOf, type NormalizerState, type RunningNormalizer } from "../dynamics/normalizer.js";
import type { OutcomeColumns, ColumnValues } from "../dynamics/replay-buffer.js";
import type { KnownKinematics } from "@dmo-lab/physics/known-kinematics";
import type { Environment, Step } from "../tasks/environment.js";
import type { RowLog } from "@dmo-lab/storage/saved-state";
import { NOTHING } from "../tensor/state.js";
import { ReturnMeter } from "./return-meter.js";

/** Where steps are kept: `add` takes the columns that it has, and nothing to learn from where `skip` is 1; `save` and `load` are those of a part. */
export interface Replay {
  add(rows: ColumnValues<OutcomeColumns & { ended: number; memory: number; change: number }>, skip: Uint8Array): void;
  save(): RowLog | null;
  load(log: RowLog | null): void;
}

/** Nothing is kept. */
export const NO_REPLAY: Replay = { ...NOTHING, add: () => undefined };

/** A recurrent model's memory of `width` numbers a robot, and what it is `after` a step; arrays are [env * numbers]. */
export type Recall = {
  readonly width: number;
  after(obs: Float32Array, action: Float32Array, memory: Float32Array): Float32Array;
};

/**
 * Steps the `envs` robots of an `environment` for a learner, and shows transitions to all who keep count of the world:
 * `replay` (observation before a reset), `normalizer` (after it), `meter` of returns. `load` takes what `save` gave.
 */
export class Collector {
  readonly envs: number;
  readonly meter = new ReturnMeter();
  /** What a recurrent model remembers of each episode, kept over epochs and 0 at its start, [env * width]. */
  memory: Float32Array;
  private readonly episodeReturn: Float64Array;

  constructor(
    readonly environment: Environment,
    readonly normalizer: RunningNormalizer,
    readonly replay: Replay = NO_REPLAY,
    private readonly recall: Recall = NO_MEMORY,
    /** Absent: rows have no change. */
    private readonly kinematics?: KnownKinematics,
  ) {
    this.envs = environment.engine.numEnvs;
    environment.reset();
    this.memory = new Float32Array(this.envs * recall.width);
    this.episodeReturn = new Float64Array(this.envs);
  }

  /** Where the environments stand, [env * obs]. */
  get obs(): Float32Array {
    return this.environment.obs;
  }

  /** Announces a rollout: its first observation counts in the normaliser. */
  begin(): void {
    this.normalizer.update(this.obs);
  }

  /** Steps all environments; action [env * act] in [-1, 1]. `nextMemory`: the memory after the step, before a reset. */
  step(action: Float32Array): Step & { nextMemory: Float32Array } {
    const before = this.environment.coordinates;
    const step = this.environment.step(action);
    const { obs, nextObs, ended, lost, state } = step;
    const { memory } = this;
    const change = this.kinematics?.change({ ...before, obs }, { ...state, obs: nextObs }) ?? new Float32Array();
    this.replay.add({ ...step, action, memory, change }, lost);
    const nextMemory = this.recall.after(obs, action, memory);
    this.memory = nextMemory.map((x, i) => (ended[Math.floor(i / this.recall.width)] ? 0 : x));
    this.normalizer.update(step.resetObs);
    this.countReturns(step);
    return { ...step, nextMemory };
  }

  /** The normaliser's statistics of what the actor sees. */
  actorStatistics(): NormalizerState {
    return statisticsOf(this.environment.task.actorSees, this.normalizer.save());
  }

  /** Environments included. */
  save() {
    return {
      environment: this.environment.save(),
      normalizer: this.normalizer.save(),
      replay: this.replay.save(),
      meter: this.meter.save(),
      memory: this.memory.slice(),
      episodeReturn: this.episodeReturn.slice(),
    };
  }

  load(state: ReturnType<Collector["save"]>): void {
    this.environment.load(state.environment);
    this.normalizer.load(state.normalizer);
    this.replay.load(state.replay);
    this.meter.load(state.meter);
    this.memory = state.memory ?? this.memory; // older checkpoints are of models without
    this.episodeReturn.set(state.episodeReturn);
  }

  private countReturns({ earned, ended }: Step): void {
    const finished: number[] = [];
    earned.forEach((r, i) => {
      this.episodeReturn[i] += r;
      if (!ended[i]) return;
      finished.push(this.episodeReturn[i]);
      this.episodeReturn[i] = 0;
    });
    this.meter.update(finished);
  }
}

/** A model that remembers nothing. */
export const NO_MEMORY: Recall = { width: 0, after: (_obs, _action, memory) => memory };
