/** Numbers in a text: base64 of little-endian float32. */
import { InputError } from "@dmo-lab/input/errors";

export function toBase64(values: ArrayLike<number>): string {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** The way back. @throws InputError */
export function fromBase64(text: string): Float32Array {
  try {
    return new Float32Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
  } catch {
    throw new InputError(`"${text.slice(0, 20)}" is not base64 of float32 numbers.`);
  }
}
