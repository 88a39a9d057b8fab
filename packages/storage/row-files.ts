// Row logs on disk. A log is a chain of segment files `<name>-<first row>.rows` (float32, little-endian), each about
// SEGMENT_BYTES: a checkpoint appends the rows that are new and notes how long each file was then, and its checksum.
// So a checkpoint never rewrites rows, an older one stays whole while a newer one is made, and the number of files is bounded.
import { createHash, type Hash } from "node:crypto";
import * as fs from "node:fs";
import path from "node:path";
import { RowLog, type SavedState } from "./saved-state.js";
import { DamagedError, sha256 } from "./container.js";

const SEGMENT_BYTES = 1 << 24;

type Segment = { from: number; rows: number; sha256: string };

/** A log as a checkpoint knows it; segments that hold no row from `first` on are left out. */
export type SavedLog = { name: string; width: number; first: number; end: number; segments: Segment[] };

export class RowFiles {
  /** What is on disk of each log, and the running checksum of its last segment. */
  private readonly written = new Map<string, { segments: Segment[]; hash: Hash }>();

  constructor(
    private readonly directory: string,
    private readonly segmentBytes = SEGMENT_BYTES,
  ) {}

  /** Writes the rows that are not on disk yet; returns the log as JSON. */
  append(log: RowLog): SavedLog {
    const { name, width, first, end } = log;
    const perSegment = Math.max(1, Math.floor(this.segmentBytes / (4 * width)));
    const known = this.written.get(name)?.segments ?? [];
    const segments = known.filter(({ from, rows }) => from + rows > first);
    let hash = this.written.get(name)?.hash.copy();
    for (let row = Math.max(first, endOf(segments)); row < end; row = endOf(segments)) {
      const last = segments.at(-1);
      const open = last && last.rows < perSegment ? segments.pop()! : { from: row, rows: 0 };
      if (open.rows === 0) hash = createHash("sha256");
      const rows = log.read(row, Math.min(end, open.from + perSegment));
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
      appendAt(this.file(name, open.from), open.rows * width * 4, bytes);
      hash!.update(bytes);
      const sum = hash!.copy().digest("hex");
      segments.push({ from: open.from, rows: open.rows + rows.length / width, sha256: sum });
    }
    if (hash) this.written.set(name, { segments, hash });
    return { name, width, first, end, segments };
  }

  /** A saved log, checked; further rows are appended after it. @throws DamagedError */
  open(saved: SavedState): RowLog {
    const { name, width, first, end, segments } = saved as SavedLog;
    let tail: Uint8Array = new Uint8Array();
    for (const { from, rows, sha256: sum } of segments) {
      const file = this.file(name, from);
      tail = beginning(file, rows * width * 4);
      if (sha256(tail) !== sum) throw new DamagedError(`needs "${file}", which does not match its checksum`);
    }
    this.written.set(name, { segments, hash: createHash("sha256").update(tail) });
    return new RowLog(name, width, first, end, (from, to) => {
      const values = new Float32Array((to - from) * width);
      for (const segment of segments) {
        const [start, stop] = [Math.max(from, segment.from), Math.min(to, segment.from + segment.rows)];
        if (start >= stop) continue;
        const target = values.subarray((start - from) * width, (stop - from) * width);
        readAt(this.file(name, segment.from), (start - segment.from) * width * 4, target);
      }
      return values;
    });
  }

  /** The segment files that these logs need. */
  filesOf(logs: readonly SavedLog[]): string[] {
    return logs.flatMap(({ name, segments }) => segments.map(({ from }) => this.file(name, from)));
  }

  private file(name: string, from: number): string {
    return path.join(this.directory, `${name}-${from}.rows`);
  }
}

const endOf = (segments: readonly Segment[]): number => {
  const last = segments.at(-1);
  return last ? last.from + last.rows : 0;
};

/** Cuts the file off at `length` (what an interrupted write left after it), and appends. */
function appendAt(file: string, length: number, bytes: Uint8Array): void {
  const handle = fs.openSync(file, "a");
  try {
    fs.ftruncateSync(handle, length);
    fs.writeFileSync(handle, bytes);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function beginning(file: string, length: number): Buffer {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new DamagedError(`needs "${file}", which can't be read: ${(error as Error).message}`);
  }
  if (bytes.length < length)
    throw new DamagedError(`needs "${file}", which is truncated: ${bytes.length} of ${length} bytes are there`);
  return bytes.subarray(0, length);
}

function readAt(file: string, position: number, target: Float32Array): void {
  const handle = fs.openSync(file, "r");
  try {
    fs.readSync(handle, target, 0, target.byteLength, position);
  } finally {
    fs.closeSync(handle);
  }
}
