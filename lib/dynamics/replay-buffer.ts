import type { RandomStream } from "../tensor/random.js";
import { RowLog } from "@dmo-lab/storage/saved-state";
import { tf } from "@dmo-lab/jit/tf";

/** Numbers that a row holds under each name, in this order. */
export type ColumnSizes = { readonly [name: string]: number };

/** ColumnValues by column: values [rows * numbers] to write, tensors [rows, numbers] when read. */
export type ColumnValues<C extends ColumnSizes> = { readonly [name in keyof C]: ArrayLike<number> };
/** Rows as tensors, [batch, column]. */
export type Batch<C extends ColumnSizes> = { [name in keyof C]: tf.Tensor2D };

/** Transitions as a dynamics model is trained on: `obs` numbers of raw observations and of the next before a reset, `action` numbers in [-1, 1]. */
export const transitionColumns = (obs: number, action: number) => ({ obs, action, nextObs: obs });
/** Of {@link transitionColumns}. */
export type TransitionColumns = ReturnType<typeof transitionColumns>;
/** Transitions as tensors. */
export type TransitionBatch = Batch<TransitionColumns>;

/** The same with the step's reward, and 1 where it ended the episode for good. */
export const outcomeColumns = (obs: number, action: number) => ({
  ...transitionColumns(obs, action),
  reward: 1,
  terminated: 1,
});
/** Of {@link outcomeColumns}. */
export type OutcomeColumns = ReturnType<typeof outcomeColumns>;
/** Transitions with their outcome, as tensors. */
export type OutcomeBatch = Batch<OutcomeColumns>;

/** Transitions as a model is trained on that predicts the change which known kinematics leave open, in place of their end. */
export const changeColumns = (obs: number, action: number, change: number) => ({ obs, action, change });
/** Rows that a model of changes is fitted on. */
export type ChangeBatch = Batch<ReturnType<typeof changeColumns>>;

/** ColumnValues that are copied at a time into a buffer that is loaded. */
const LOAD_ROWS = 65536;

/** Ring buffer of at most `capacity` float32 rows of `columns`; memory is committed as it fills. `load` takes what `save` gave. */
export class ReplayBuffer<C extends ColumnSizes = TransitionColumns> {
  /** Numbers in a row. */
  readonly width: number;
  /** ColumnValues ever added; row k is at place k % capacity. */
  writes = 0;
  private readonly rows: Float32Array;
  /** Each column's name, first number in a row and size. */
  private readonly layout: { name: keyof C; first: number; size: number }[];

  constructor(
    readonly capacity: number,
    readonly columns: C,
    /** Of its rows in a checkpoint. */
    private readonly name = "replay",
  ) {
    let width = 0;
    this.layout = Object.entries(columns).map(([name, size]) => ({ name, first: (width += size) - size, size }));
    this.width = width;
    this.rows = new Float32Array(capacity * width);
  }

  /** Number of rows held. */
  get size(): number {
    return Math.min(this.writes, this.capacity);
  }

  /** Appends rows, those where `skip` is 1 left out. */
  add(rows: ColumnValues<C>, skip?: Uint8Array): void {
    const { name, size } = this.layout[0];
    const count = rows[name].length / size;
    for (let i = 0; i < count; i++) {
      if (skip?.[i]) continue;
      const at = (this.writes++ % this.capacity) * this.width;
      for (const { name, first, size } of this.layout) copy(rows[name], i * size, this.rows, at + first, size);
    }
  }

  /** `batch` rows drawn uniformly, independently, with replacement. */
  sample(batch: number, random: RandomStream): Batch<C> {
    const places = this.draw(batch, random);
    const columns = this.layout.map(({ name }) => [name, this.gather(name, places)] as const);
    return Object.fromEntries(columns) as Batch<C>;
  }

  /** Places of rows drawn so. */
  draw(batch: number, random: RandomStream): Int32Array {
    return Int32Array.from({ length: batch }, () => random.integer(this.size));
  }

  /** A column of the rows at these places, [places, numbers]. */
  gather(name: keyof C, places: Int32Array): tf.Tensor2D {
    return tf.tensor2d(this.read(name, places), [places.length, this.columns[name]]);
  }

  /** The same as an array. */
  read(name: keyof C, places: Int32Array): Float32Array {
    const { first, size } = this.layout.find((column) => column.name === name)!;
    const values = new Float32Array(places.length * size);
    places.forEach((place, i) => copy(this.rows, place * this.width + first, values, i * size, size));
    return values;
  }

  save(): RowLog {
    return new RowLog(this.name, this.width, this.writes - this.size, this.writes, (from, to) => {
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

function copy(from: ArrayLike<number>, start: number, to: Float32Array, at: number, length: number): void {
  for (let j = 0; j < length; j++) to[at + j] = from[start + j];
}
