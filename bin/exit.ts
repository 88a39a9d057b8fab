/** How a program ends, and what it says when that is an error. */
import { InputError, NonFiniteError, StorageError } from "@dmo-lab/input/errors";

export const EXIT = { done: 0, bug: 1, badInput: 2, nonFinite: 3, storage: 4 } as const;

/** Bad input and a run that went wrong get one line; a bug keeps its stack. @returns the exit code */
export function explain(error: unknown): number {
  const exit = [
    { kind: InputError, code: EXIT.badInput },
    { kind: NonFiniteError, code: EXIT.nonFinite },
    { kind: StorageError, code: EXIT.storage },
  ].find(({ kind }) => error instanceof kind);
  console.error(exit ? (error as Error).message : error);
  return exit?.code ?? EXIT.bug;
}
