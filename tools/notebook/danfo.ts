import { createRequire } from "node:module";
import { tf } from "@dmo-lab/jit/tf";

const require = createRequire(import.meta.url);

/**
 * Danfojs asks for tfjs-node, which is native TensorFlow or an error. Where this process computes with something else, it
 * is given the tfjs of this process. It loads a module that Node 22 calls deprecated, which no reader of a cell can change.
 */
export function danfo(): typeof import("danfojs-node") {
  const native = require.resolve("@tensorflow/tfjs-node");
  require.cache[native] ??= { exports: tf, loaded: true, id: native, filename: native } as NodeJS.Module;
  const { noDeprecation } = process as { noDeprecation?: boolean };
  Object.assign(process, { noDeprecation: true });
  try {
    return require("danfojs-node") as typeof import("danfojs-node");
  } finally {
    Object.assign(process, { noDeprecation });
  }
}
