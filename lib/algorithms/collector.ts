import type { RunningNormalizer } from "../dynamics/normalizer.js";
import type { ReplayBuffer } from "../dynamics/replay-buffer.js";
import type { Environment, StepResult } from "../tasks/environment.js";
import { ReturnMeter } from "./return-meter.js";

/**
 * Steps the real environments for a learner, and shows every transition to those who keep count of the world: the
 * replay buffer (observation before a reset), the normaliser (observation after it) and the return meter.
 */
export class Collector {
  readonly envs: number;
  readonly meter = new ReturnMeter();
  /** Where the environments stand, [env * obs]. */
  obs: Float32Array;
  private readonly episodeReturn: Float64Array;

  constructor(
    readonly environment: Environment,
    readonly normalizer: RunningNormalizer,
    readonly replay?: Pick<ReplayBuffer, "add" | "save" | "load">,
  ) {
    this.envs = environment.engine.numEnvs;
    this.obs = environment.reset();
    this.episodeReturn = new Float64Array(this.envs);
  }

  /** Announces a rollout: its first observation counts in the normaliser. */
  begin(): void {
    this.normalizer.update(this.obs);
  }

  /** Steps all environments; action [env * act] in [-1, 1]. */
  step(action: Float32Array): StepResult {
    const result = this.environment.step(action);
    const { nextObs, reward, terminated, lost } = result;
    const rows = { obs: this.obs, action, nextObs, reward, terminated };
    this.replay?.add(rows, lost); // it keeps the columns that it has
    this.normalizer.update(result.resetObs);
    this.countReturns(result);
    this.obs = result.resetObs;
    return result;
  }

  /** Environments included. */
  save() {
    return {
      environment: this.environment.save(),
      normalizer: this.normalizer.save(),
      replay: this.replay?.save() ?? null,
      meter: this.meter.save(),
      obs: this.obs.slice(),
      episodeReturn: this.episodeReturn.slice(),
    };
  }

  load(state: ReturnType<Collector["save"]>): void {
    this.environment.load(state.environment);
    this.normalizer.load(state.normalizer);
    if (state.replay) this.replay?.load(state.replay);
    this.meter.load(state.meter);
    this.obs = state.obs;
    this.episodeReturn.set(state.episodeReturn);
  }

  private countReturns({ reward, terminated, truncated }: StepResult): void {
    const finished: number[] = [];
    reward.forEach((r, i) => {
      this.episodeReturn[i] += r;
      if (!terminated[i] && !truncated[i]) return;
      finished.push(this.episodeReturn[i]);
      this.episodeReturn[i] = 0;
    });
    this.meter.update(finished);
  }
}
