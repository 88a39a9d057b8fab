/** Bad input from the user: the command line prints the message alone, one line, and exits with 2. */
export class InputError extends Error {
  override name = "InputError";

  /** Line ends and the like, which stem from what was typed or read, are shown escaped. */
  constructor(message: string, options?: ErrorOptions) {
    super(
      message.replace(/[\u0000-\u001f]/g, (c) => JSON.stringify(c).slice(1, -1)),
      options,
    );
  }
}

/** A file can't be written, because of a full disk for example: the command line prints the message alone and exits with 4. */
export class StorageError extends Error {
  override name = "StorageError";
}

/** A run met a value that is not finite: the command line prints the message alone and exits with 3. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
}

/** Number of single-character edits that turn `a` into `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

/** ` Did you mean "hopper"?` for a near miss, otherwise nothing. */
export function suggest(value: string, allowed: readonly string[]): string {
  const near = allowed
    .map((name) => ({ name, distance: editDistance(value.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(2, Math.floor(near.name.length / 3)) ? ` Did you mean "${near.name}"?` : "";
}

/** `value` when it is one of `allowed`; otherwise an {@link InputError} that names the field, the value and the choices. */
export function oneOf<T extends string>(field: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new InputError(`${field} "${value}" is unknown.${suggest(value, allowed)} Allowed: ${allowed.join(", ")}.`);
}
