// Generated damage to files, for tests (fast-check).
import fc from "fast-check";

export const oddNumber = fc.constantFrom(0, -0, -1, 0.5, 1, 2, 1e-300, 1e9, 1e300, 2 ** 53, -1e300);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: oddNumber },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** A JSON value in which one to three places are replaced, removed or doubled. */
export function mutated(original: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({
    steps: fc.array(fc.nat(), { minLength: 1, maxLength: 7 }),
    value: oddValue,
    kind: fc.nat(3),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    let value = structuredClone(original);
    for (const { steps, value: odd, kind } of changes) value = changedAt(value, steps, odd, kind);
    return value;
  });
}

function changedAt(value: unknown, [step, ...rest]: number[], odd: unknown, kind: number): unknown {
  if (step === undefined || typeof value !== "object" || value === null) return odd;
  const keys = Object.keys(value);
  if (keys.length === 0) return odd;
  const key = keys[step % keys.length];
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as { [key: string]: unknown };
  if (rest.length > 0) copy[key] = changedAt(copy[key], rest, odd, kind);
  else if (kind === 0 && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (kind === 0) Reflect.deleteProperty(copy, key);
  else if (kind === 1 && Array.isArray(copy)) copy.push(copy[key]);
  else if (kind === 1) copy[`${key}x`] = copy[key];
  else copy[key] = odd;
  return copy;
}

/** Bytes with some of them changed, removed or added. */
export function damaged(original: Uint8Array): fc.Arbitrary<Buffer> {
  const place = fc.nat(original.length - 1);
  const bytes = fc.uint8Array({ maxLength: 20 });
  return fc.oneof(
    place.map((end) => Buffer.from(original.subarray(0, end))),
    fc.tuple(place, bytes).map(([at, b]) => Buffer.concat([original.subarray(0, at), b, original.subarray(at)])),
    fc
      .tuple(place, bytes)
      .map(([at, b]) => Buffer.concat([original.subarray(0, at), b, original.subarray(at + b.length)])),
    bytes.map((b) => Buffer.from(b)),
  );
}
