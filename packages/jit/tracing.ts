/** What `jit` shares with those that record functions for it, and with what a recording cannot hold. */
import type { tf } from "./tf.js";

/** Numbers in which products of large matrices are taken; sums and everything else stay float32. */
export const precisions = ["float32", "bfloat16"] as const;
export type Precision = (typeof precisions)[number];

/** A recorded function: `run` as often as wanted, then `dispose`. */
export type Session = { run(inputs: readonly tf.Tensor[]): tf.Tensor[]; dispose(): void };

/**
 * A function that is to run as often as the tensors it goes through have rows: its first `carried` inputs are what it gave the
 * turn before, the next `rows` are single rows of those that are fed. Its outputs are what it carries on and a scalar
 * beside, of which the session gives one a turn.
 */
export type Turns = { carried: number; rows: number };

/** Records the function `name` while it runs once, on tensors equal to `inputs`. */
export type Tracer = (
  name: string,
  inputs: readonly tf.Tensor[],
  fn: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
  options?: { precision?: Precision; turns?: Turns },
) => Session;

/** By backend, which adds its own when it is loaded. Those without one run functions op by op. */
export const tracers = new Map<string, Tracer>();

/** The function that is being recorded right now, so that what a recording cannot hold can refuse itself by name. */
let current: string | undefined;

/** Why a trace refuses random numbers. */
export const RANDOM_IN_TRACE = "draws random numbers, which every call would repeat; pass them as an argument";

/** Why it refuses to read what a recording only stands for. */
export const READ_IN_TRACE = "reads the values of a tensor, which differ from call to call; return the tensor instead";

/** Why it refuses a tensor that is no argument. */
export const madeOutside = ({ shape, dtype }: Pick<tf.TensorInfo, "shape" | "dtype">): string =>
  `uses a ${dtype} tensor [${shape.join(", ")}] made outside; pass it as an argument`;

/** True while `jit` records a function. */
export const isTracing = (): boolean => current !== undefined;

/** Runs `record` as the trace of the function `name`. */
export function whileTracing<R>(name: string, record: () => R): R {
  current = name;
  try {
    return record();
  } finally {
    current = undefined;
  }
}

/** @throws Error `jit "name": what` while the function `name` is traced; `what` says what it does and what to do instead */
export function refuseWhileTracing(what: string): void {
  if (current !== undefined) throw new Error(`jit "${current}": ${what}`);
}

/** Replaces `object[key]`; the function returned puts back what was there. */
export function override<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): () => void {
  const before = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { value, configurable: true, writable: true });
  return () => {
    Reflect.deleteProperty(object, key);
    if (before) Object.defineProperty(object, key, before);
  };
}
