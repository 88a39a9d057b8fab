/** Writes protocol buffer messages (protobuf.dev, "Encoding"): as much as ONNX files need. */

const VARINT = 0;
const BYTES = 2;

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

export const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);
