/** What the page needs of a browser. */

/** The smallest module with a SIMD instruction, i8x16.splat. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

const NEEDED: { readonly [name: string]: () => boolean } = {
  "workers (the Worker interface)": () => typeof Worker === "function",
  WebAssembly: () => typeof WebAssembly === "object",
  "WebAssembly SIMD": () => typeof WebAssembly === "object" && WebAssembly.validate(Uint8Array.from(SIMD)),
};

/** What this browser lacks, by name. */
export const missingHere = (): string[] => Object.keys(NEEDED).filter((name) => !NEEDED[name]());

/** Threads for tensors: WebAssembly shares memory among them only in pages that are cross-origin isolated. */
export const threadsHere = (): number =>
  globalThis.crossOriginIsolated ? Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)) : 1;
