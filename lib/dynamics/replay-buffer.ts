import type { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";

/** A batch of transitions as the dynamics model is trained on: `obs`, `nextObs` (before a reset) [batch, obs] in raw units, `action` [batch, act]. */
export type TransitionBatch = { obs: tf.Tensor2D; action: tf.Tensor2D; nextObs: tf.Tensor2D };

/** Ring buffer of transitions in row-major float32 columns; memory is committed as it fills. */
export class ReplayBuffer {
  private readonly obs: Float32Array;
  private readonly action: Float32Array;
  private readonly nextObs: Float32Array;
  private writes = 0;

  constructor(
    readonly capacity: number,
    readonly obsSize: number,
    readonly actionSize: number,
  ) {
    this.obs = new Float32Array(capacity * obsSize);
    this.action = new Float32Array(capacity * actionSize);
    this.nextObs = new Float32Array(capacity * obsSize);
  }

  /** Number of transitions held. */
  get size(): number {
    return Math.min(this.writes, this.capacity);
  }

  /** Appends one transition per robot: obs and nextObs [robot * obs], action [robot * act]. */
  add(obs: Float32Array, action: Float32Array, nextObs: Float32Array): void {
    const rows = action.length / this.actionSize;
    for (let i = 0; i < rows; i++) {
      const row = this.writes++ % this.capacity;
      copyRow(obs, i, this.obs, row, this.obsSize);
      copyRow(action, i, this.action, row, this.actionSize);
      copyRow(nextObs, i, this.nextObs, row, this.obsSize);
    }
  }

  /** `batch` rows drawn uniformly, independently, with replacement. */
  sample(batch: number, random: RandomStream): TransitionBatch {
    const rows = Int32Array.from({ length: batch }, () => random.integer(this.size));
    const gather = (column: Float32Array, width: number): tf.Tensor2D => {
      const values = new Float32Array(batch * width);
      rows.forEach((row, i) => copyRow(column, row, values, i, width));
      return tf.tensor2d(values, [batch, width]);
    };
    return {
      obs: gather(this.obs, this.obsSize),
      action: gather(this.action, this.actionSize),
      nextObs: gather(this.nextObs, this.obsSize),
    };
  }
}

function copyRow(from: Float32Array, fromRow: number, to: Float32Array, toRow: number, width: number): void {
  for (let j = 0; j < width; j++) to[toRow * width + j] = from[fromRow * width + j];
}
