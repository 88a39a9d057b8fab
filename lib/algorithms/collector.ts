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
  /** The last two actions [env * act], 0 after a reset. */
  previous: Float32Array;
  beforePrevious: Float32Array;
  private readonly episodeReturn: Float64Array;

  constructor(
    readonly environment: Environment,
    readonly normalizer: RunningNormalizer,
    readonly replay?: ReplayBuffer,
  ) {
    const { numEnvs, actionSize } = environment.engine;
    this.envs = numEnvs;
    this.obs = environment.reset();
    this.previous = new Float32Array(numEnvs * actionSize);
    this.beforePrevious = new Float32Array(numEnvs * actionSize);
    this.episodeReturn = new Float64Array(numEnvs);
  }

  /** Announces a rollout: its first observation counts in the normaliser. */
  begin(): void {
    this.normalizer.update(this.obs);
  }

  /** Steps all environments; action [env * act] in [-1, 1]. */
  step(action: Float32Array): StepResult {
    const result = this.environment.step(action);
    this.replay?.add(this.obs, action, result.nextObs);
    this.normalizer.update(result.resetObs);
    this.shiftActions(action, result);
    this.countReturns(result);
    this.obs = result.resetObs;
    return result;
  }

  private shiftActions(action: Float32Array, { terminated, truncated }: StepResult): void {
    const size = action.length / this.envs;
    const running = (_: number, k: number): boolean =>
      !(terminated[Math.floor(k / size)] | truncated[Math.floor(k / size)]);
    this.beforePrevious = this.previous.map((a, k) => (running(a, k) ? a : 0));
    this.previous = action.map((a, k) => (running(a, k) ? a : 0));
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
