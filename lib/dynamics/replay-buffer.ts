import type { RandomStream } from "../tensor/random.js";
import { RowLog } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";

/** A batch of transitions as the dynamics model is trained on: `obs`, `nextObs` (before a reset) [batch, obs] in raw units, `action` [batch, act]. */
export type TransitionBatch = { obs: tf.Tensor2D; action: tf.Tensor2D; nextObs: tf.Tensor2D };

/** Rows that are copied at a time into a buffer that is loaded. */
const LOAD_ROWS = 65536;

/** Ring buffer of transitions as float32 rows [obs, action, nextObs]; memory is committed as it fills. */
export class ReplayBuffer {
  /** Numbers in a row. */
  readonly width: number;
  private readonly rows: Float32Array;
  /** Rows ever added; row k is at place k % capacity. */
  private writes = 0;

  constructor(
    readonly capacity: number,
    readonly obsSize: number,
    readonly actionSize: number,
  ) {
    this.width = 2 * obsSize + actionSize;
    this.rows = new Float32Array(capacity * this.width);
  }

  /** Number of transitions held. */
  get size(): number {
    return Math.min(this.writes, this.capacity);
  }

  /** Appends one transition per robot: obs and nextObs [robot * obs], action [robot * act]; none where `skip` is 1. */
  add(obs: Float32Array, action: Float32Array, nextObs: Float32Array, skip?: Uint8Array): void {
    const { obsSize, actionSize, rows, width } = this;
    for (let i = 0; i < action.length / actionSize; i++) {
      if (skip?.[i]) continue;
      const at = (this.writes++ % this.capacity) * width;
      copy(obs, i * obsSize, rows, at, obsSize);
      copy(action, i * actionSize, rows, at + obsSize, actionSize);
      copy(nextObs, i * obsSize, rows, at + obsSize + actionSize, obsSize);
    }
  }

  /** `batch` rows drawn uniformly, independently, with replacement. */
  sample(batch: number, random: RandomStream): TransitionBatch {
    const drawn = Int32Array.from({ length: batch }, () => random.integer(this.size));
    const gather = (first: number, size: number): tf.Tensor2D => {
      const values = new Float32Array(batch * size);
      drawn.forEach((row, i) => copy(this.rows, row * this.width + first, values, i * size, size));
      return tf.tensor2d(values, [batch, size]);
    };
    const { obsSize, actionSize } = this;
    return {
      obs: gather(0, obsSize),
      action: gather(obsSize, actionSize),
      nextObs: gather(obsSize + actionSize, obsSize),
    };
  }

  save(): RowLog {
    return new RowLog("replay", this.width, this.writes - this.size, this.writes, (from, to) => {
      const values = new Float32Array((to - from) * this.width);
      for (let row = from; row < to;) {
        const place = row % this.capacity;
        const count = Math.min(to - row, this.capacity - place);
        values.set(this.rows.subarray(place * this.width, (place + count) * this.width), (row - from) * this.width);
        row += count;
      }
      return values;
    });
  }

  load(log: RowLog): void {
    if (log.width !== this.width) throw new Error(`rows of ${log.width} numbers do not fit a buffer of ${this.width}`);
    for (let row = log.first; row < log.end;) {
      const place = row % this.capacity;
      const to = Math.min(log.end, row + LOAD_ROWS, row + this.capacity - place);
      this.rows.set(log.read(row, to), place * this.width);
      row = to;
    }
    this.writes = log.end;
  }
}

function copy(from: Float32Array, start: number, to: Float32Array, at: number, length: number): void {
  for (let j = 0; j < length; j++) to[at + j] = from[start + j];
}
