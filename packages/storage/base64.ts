/** Numbers in a text: base64 of little-endian float32. */
import { InputError } from "@dmo-lab/input/errors";

/** The values as float32, in base64. @param values rounded to float32 */
export function toBase64(values: ArrayLike<number>): string {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The way back. @param text of {@link toBase64} @throws InputError that shows its beginning, where it is something else */
export function fromBase64(text: string): Float32Array {
  try {
    return new Float32Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
  } catch {
    throw new InputError(`"${text.slice(0, 20)}" is not base64 of float32 numbers.`);
  }
}
