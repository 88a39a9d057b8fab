/** Which traced function is being recorded right now, so that what a trace cannot hold can refuse itself by name. */
let current: string | undefined;

/** Why a trace refuses random numbers. */
export const RANDOM_IN_TRACE = "draws random numbers, which every call would repeat; pass them as an argument";

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
