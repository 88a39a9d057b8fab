import { EPSILON, type RunningNormalizer } from "../dynamics/normalizer.js";
import type { Replay } from "./collector.js";

/**
 * A replay buffer in which nothing is learned from transitions whose next observation, in any component, is further than
 * `sigmas` standard deviations from the mean that the normaliser has seen so far. Humanoid's official settings have it:
 * a body that flies apart for a step would otherwise rule the model's loss.
 */
export class OutlierFilter implements Replay {
  private found = 0;

  constructor(
    private readonly replay: Replay,
    private readonly normalizer: RunningNormalizer,
    private readonly sigmas: number,
  ) {}

  add(rows: Parameters<Replay["add"]>[0], skip: Uint8Array): void {
    const flags = this.outliers(rows.nextObs);
    this.found += flags.reduce((sum, flag, i) => sum + (flag && !skip[i] ? 1 : 0), 0);
    this.replay.add(
      rows,
      flags.map((flag, i) => flag | skip[i]),
    );
  }

  /** Transitions that were held back since the last call. */
  take(): number {
    const { found } = this;
    this.found = 0;
    return found;
  }

  save() {
    return this.replay.save();
  }

  load(log: ReturnType<Replay["save"]>): void {
    this.replay.load(log);
  }

  /** 1 where a row of observations [robots * obs] has a component that is not within the bounds, [robots]. */
  private outliers(obs: ArrayLike<number>): Uint8Array {
    const { mean, variance, size } = this.normalizer;
    return Uint8Array.from({ length: obs.length / size }, (_, robot) => {
      const within = mean.every((m, j) => {
        const distance = Math.abs(obs[robot * size + j] - m);
        return distance <= this.sigmas * Math.sqrt(variance[j] + EPSILON);
      });
      return Number(!within);
    });
  }
}
