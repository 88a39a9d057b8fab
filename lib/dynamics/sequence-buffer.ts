import type { RandomStream } from "../tensor/random.js";
import type { RowLog } from "@dmo-lab/storage/saved-state";
import { tf } from "@dmo-lab/jit/tf";
import {
  type ChangeBatch,
  type ColumnSizes,
  ReplayBuffer,
  type ColumnValues,
  type TransitionBatch,
} from "./replay-buffer.js";

/** Steps of training sequences, unless the configuration says otherwise. */
export const SEQUENCE = 25;

/** Sequences of transitions, time-major: row k * batch + b is step k of sequence b. */
export type SequenceBatch = (TransitionBatch | ChangeBatch) & {
  /** 1 for rows that count, [steps * batch, 1]. */
  mask: tf.Tensor2D;
  /** The model's memory before the first steps, as it was when they were taken, [batch, width]. */
  memory: tf.Tensor2D;
};

/** Beside a transition: the memory before it, 1 where it ended an episode, 1 where it may be learned from. */
const stepColumns = (memory: number) => ({ memory, ended: 1, valid: 1 });
type StepColumns = ReturnType<typeof stepColumns>;

/** Numbers in the model's memory, steps of a sequence. */
export type SequenceSizes = { memory: number; steps: number };

/**
 * Ring buffer of the steps of all robots, from which sequences of one robot's consecutive steps are drawn. A sequence
 * may start anywhere. Its first step counts, a later one as long as no episode ended up to and in it; the newest step
 * is an end as well, because what follows it in the ring is the oldest. `load` takes what `save` gave.
 */
export class SequenceBuffer<C extends ColumnSizes> {
  private readonly rows: ReplayBuffer<C & StepColumns>;

  /** `capacity` in transitions is rounded down to whole steps of all robots. */
  constructor(
    capacity: number,
    readonly robots: number,
    private readonly columns: C,
    private readonly sizes: SequenceSizes,
  ) {
    const steps = Math.max(1, Math.floor(capacity / robots));
    this.rows = new ReplayBuffer(steps * robots, { ...columns, ...stepColumns(sizes.memory) });
  }

  /** Number of transitions held. */
  get size(): number {
    return this.rows.size;
  }

  /** Appends one step of all robots, [robots * numbers] each; those where `skip` is 1 are kept, but never learned from. */
  add(step: ColumnValues<C & Omit<StepColumns, "valid">>, skip?: Uint8Array): void {
    const { ended } = step as ColumnValues<StepColumns>;
    this.rows.add({ ...step, valid: Array.from(ended, (_, i) => 1 - (skip?.[i] ?? 0)) } as ColumnValues<
      C & StepColumns
    >);
  }

  /** `batch` sequences, their starts drawn uniformly, independently, with replacement. */
  sample(batch: number, random: RandomStream): SequenceBatch {
    return this.sequences(this.rows.draw(batch, random));
  }

  /** The sequences that start at these places of the ring. */
  sequences(starts: Int32Array): SequenceBatch {
    const { rows, robots, sizes, columns } = this;
    const batch = starts.length;
    const places = Int32Array.from({ length: sizes.steps * batch }, (_, row) => {
      const step = Math.floor(row / batch);
      return (starts[row % batch] + step * robots) % rows.capacity;
    });
    const transitions = Object.keys(columns).map((name) => [name, rows.gather(name, places)] as const);
    return {
      ...(Object.fromEntries(transitions) as TransitionBatch | ChangeBatch),
      mask: tf.tensor2d(this.mask(places, batch), [places.length, 1]),
      memory: rows.gather("memory", starts),
    };
  }

  save(): RowLog {
    return this.rows.save();
  }

  load(log: RowLog): void {
    this.rows.load(log);
  }

  private mask(places: Int32Array, batch: number): Float32Array {
    const { rows, robots } = this;
    const newest = (rows.writes - robots) % rows.capacity;
    const [ended, valid] = [rows.read("ended", places), rows.read("valid", places)];
    const open = new Uint8Array(batch).fill(1);
    return valid.map((counts, row) => {
      const isNewest = places[row] >= newest && places[row] < newest + robots;
      if (isNewest || ended[row]) open[row % batch] = 0;
      return row < batch || open[row % batch] ? counts : 0;
    });
  }
}
