// Scalars of a TensorBoard event file (TensorFlow's record format, event.proto and summary.proto), in the forms in which
// TensorFlow, PyTorch and tensorboardX write them.
import { InputError } from "@dmo-lab/input/errors";

/** `time` in seconds. */
export type Scalar = { tag: string; step: number; value: number; time: number };

/** A field of a message: a number for those of fixed size and whole numbers, else its bytes. */
type Field = { number: number; value: number | Buffer };

/** All scalars in the order of the file; a last record that is cut is left out. @throws InputError for another kind of file */
export function readScalars(file: Buffer, name: string): Scalar[] {
  const scalars: Scalar[] = [];
  try {
    for (const event of records(file)) scalars.push(...scalarsOf(fieldsOf(event)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`"${name}" is damaged, or no event file of TensorBoard.`);
  }
  if (scalars.length === 0) throw new InputError(`"${name}" holds no scalars.`);
  return scalars;
}

/** Records are length [8 bytes], its checksum [4], the bytes, their checksum [4]. */
function* records(file: Buffer): Generator<Buffer> {
  for (let at = 0; at + 12 <= file.length;) {
    const [begin, size] = [at + 12, Number(file.readBigUInt64LE(at))];
    if (begin + size + 4 > file.length) return;
    yield file.subarray(begin, begin + size);
    at = begin + size + 4;
  }
}

function scalarsOf(event: readonly Field[]): Scalar[] {
  const [time, step] = [1, 2].map((number) => Number(event.find((field) => field.number === number)?.value ?? 0));
  return bytesOf(event, 5)
    .flatMap((summary) => bytesOf(fieldsOf(summary), 1))
    .map(fieldsOf)
    .flatMap((scalar) => {
      const value = valueOf(scalar);
      return value === undefined ? [] : [{ tag: bytesOf(scalar, 1)[0].toString(), step, value, time }];
    });
}

/** `simple_value`, or the only number of a tensor of floats. */
function valueOf(scalar: readonly Field[]): number | undefined {
  const simple = scalar.find(({ number }) => number === 2)?.value;
  if (typeof simple === "number") return simple;
  const tensor = bytesOf(scalar, 8).flatMap(fieldsOf);
  const [DT_FLOAT, type] = [1, tensor.find(({ number }) => number === 1)?.value];
  if (type !== DT_FLOAT) return undefined;
  const [content] = bytesOf(tensor, 4);
  if (content?.length === 4) return content.readFloatLE();
  const listed = tensor.find(({ number }) => number === 5)?.value;
  if (Buffer.isBuffer(listed)) return listed.length === 4 ? listed.readFloatLE() : undefined;
  return listed;
}

const bytesOf = (fields: readonly Field[], number: number): Buffer[] =>
  fields.flatMap((field) => (field.number === number && Buffer.isBuffer(field.value) ? [field.value] : []));

/** @throws RangeError for what is no message */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const take = (size: number): Buffer => {
    if (at + size > message.length) throw new RangeError("a field is cut");
    return message.subarray(at, (at += size));
  };
  const READERS = [varint, () => take(8).readDoubleLE(), () => take(varint()), undefined, undefined, () => take(4).readFloatLE()]; // prettier-ignore
  while (at < message.length) {
    const key = varint();
    const read = READERS[key % 8];
    if (!read) throw new RangeError(`a field has the kind ${key % 8}`);
    fields.push({ number: Math.floor(key / 8), value: read() });
  }
  return fields;
}
