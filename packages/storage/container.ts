// A SavedState as a file: three lines of text (format; checksum and size of what follows; JSON), then the arrays' bytes.
// In the JSON a record with the key "$" stands for what JSON has not: typed arrays, row logs, NaN, infinities and -0.
import { createHash } from "node:crypto";
import { RowLog, type NumberArray, type SavedState } from "./saved-state.js";

const FORMAT = "dmo-lab checkpoint 1";
const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array } as const;

/** A file that is damaged or of another kind; `message` goes on after its name: "is truncated: ...". */
export class DamagedError extends Error {}

/** The file's content. `append` stores a row log beside it and tells what of it is written here. */
export function encode(state: SavedState, append: (log: RowLog) => SavedState): Buffer {
  const blobs: Uint8Array[] = [];
  const json = JSON.stringify(toJson(state, blobs, append));
  const body = Buffer.concat([Buffer.from(`${json}\n`), ...blobs]);
  return Buffer.concat([Buffer.from(`${FORMAT}\nsha256 ${sha256(body)}, ${body.length} bytes\n`), body]);
}

/** The state; `open` gives back the row log that `append` stored. @throws DamagedError */
export function decode(file: Uint8Array, open: (saved: SavedState) => RowLog): SavedState {
  const body = bodyOf(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  const end = body.indexOf("\n");
  return fromJson(JSON.parse(body.toString("utf8", 0, end)) as SavedState, body.subarray(end + 1), open);
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What follows the two lines at the beginning, checked. */
function bodyOf(file: Buffer): Buffer {
  const [format, second] = file.toString("latin1", 0, 200).split("\n", 2);
  if (!format.startsWith("dmo-lab checkpoint "))
    throw new DamagedError("is not a checkpoint of DMO Lab, or its beginning is damaged");
  if (format !== FORMAT) throw new DamagedError(`has the format "${format}"; this version reads "${FORMAT}"`);
  const [, checksum, size] = /^sha256 ([0-9a-f]{64}), (\d+) bytes$/.exec(second ?? "") ?? [];
  if (size === undefined) throw new DamagedError("has a damaged beginning");
  const body = file.subarray(format.length + second.length + 2);
  if (body.length < Number(size)) throw new DamagedError(`is truncated: ${body.length} of ${size} bytes are there`);
  if (body.length > Number(size) || sha256(body) !== checksum)
    throw new DamagedError("does not match its checksum: it was altered or damaged");
  return body;
}

function toJson(value: SavedState, blobs: Uint8Array[], append: (log: RowLog) => SavedState): SavedState {
  if (typeof value === "number") return isJson(value) ? value : { $: "number", text: asText(value) };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof RowLog) return { $: "rows", rows: append(value) };
  if (ArrayBuffer.isView(value)) return encodeArray(value as NumberArray, blobs);
  if (Array.isArray(value)) return value.map((part: SavedState) => toJson(part, blobs, append));
  const parts = Object.entries(value as { [key: string]: SavedState });
  return Object.fromEntries(parts.map(([key, part]) => [key, toJson(part, blobs, append)]));
}

const isJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);
const asText = (value: number): string => (value === 0 ? "-0" : String(value));

function encodeArray(values: NumberArray, blobs: Uint8Array[]): SavedState {
  const [kind] = Object.entries(ARRAYS).find(([, type]) => values instanceof type)!;
  const at = blobs.reduce((sum, blob) => sum + blob.length, 0);
  blobs.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { $: kind, at, length: values.length };
}

type Tagged = { $: string; text: string; rows: SavedState; at: number; length: number };

function fromJson(value: SavedState, blob: Buffer, open: (saved: SavedState) => RowLog): SavedState {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((part: SavedState) => fromJson(part, blob, open));
  const { $: kind, text, rows, at, length } = value as Tagged;
  if (kind === undefined) {
    const parts = Object.entries(value as { [key: string]: SavedState });
    return Object.fromEntries(parts.map(([key, part]) => [key, fromJson(part, blob, open)]));
  }
  if (kind === "number") return Number(text);
  if (kind === "rows") return open(rows);
  const type = ARRAYS[kind as keyof typeof ARRAYS];
  return new type(new Uint8Array(blob.subarray(at, at + length * type.BYTES_PER_ELEMENT)).buffer);
}
