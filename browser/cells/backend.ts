/** What computes a page's tensors, as the library's cells choose it: WebAssembly alone. */
import type { BackendInfo } from "@dmo-lab/jit/backend";
import { InputError } from "@dmo-lab/input/errors";
import { tf } from "@dmo-lab/jit/tf";
import { startBackend } from "../backend.js";

let started: Promise<void> | undefined;

export async function useBackend(name: BackendInfo["name"] = "wasm"): Promise<BackendInfo> {
  if (name !== "wasm") throw new InputError(`backend "${name}" does not run in a page; allowed: wasm.`);
  await (started ??= startBackend(1));
  return { name, version: tf.version_core, threads: 1 };
}

export const threadCount = (): number => 1;
