/** What a long computation gives to be kept, as plain data: a checkpoint is one such value. */

/** Numbers, as a checkpoint writes them. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** What a part gives to be saved: JSON, with arrays of numbers and logs of rows in it. */
export type SavedState =
  | null
  | boolean
  | number
  | string
  | NumberArray
  | RowLog
  | readonly SavedState[]
  | { readonly [key: string]: SavedState };

/**
 * Rows [width] that were appended one after another over a run, of which those from `first` to before `end` are held.
 * A checkpoint writes each of them once, however often it is made. `read(from, to)` gives rows [to - from][width].
 */
export class RowLog {
  constructor(
    /** Of its files in a checkpoint. */
    readonly name: string,
    /** Numbers in a row. */
    readonly width: number,
    /** Number of the oldest row that is held, from 0. */
    readonly first: number,
    /** Number of the row to come. */
    readonly end: number,
    /** Copies of rows `from` to before `to`, row after row. */
    readonly read: (from: number, to: number) => Float32Array,
  ) {}
}
