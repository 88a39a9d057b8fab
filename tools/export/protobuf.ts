/** Writes protocol buffer messages (protobuf.dev, "Encoding"): as much as ONNX and event files need. */

const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

/** A whole number from 0 in groups of seven bits, lowest first. */
function varint(value: number): Buffer {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

/** A field of a message: a whole number from 0, a text, or bytes, such as those of a message. */
export function field(number: number, value: number | string | Uint8Array): Buffer {
  if (typeof value === "number") return Buffer.concat([varint(number * 8 + VARINT), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes]);
}

/** A field of type double. */
export function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(9, number * 8 + DOUBLE);
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

/** A field of type float. */
export function float(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(5, number * 8 + FLOAT);
  bytes.writeFloatLE(value, 1);
  return bytes;
}

export const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
