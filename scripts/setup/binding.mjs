import { statSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errorLine, run } from "./process.mjs";

/** Where tfjs-node looks for its compiled binding, and the binding for libtensorflow, inside of its package. */
export const BINDING = join("lib", "napi-v8", "tfjs_binding.node");
export const LIBRARIES = join("deps", "lib");

const PRODUCT = `
const isNullOrUndefined = (x) => x === null || x === undefined; // as the library does: gone since Node 23
Object.assign(require("node:util"), { isArray: Array.isArray, isNullOrUndefined });
const tf = require(process.argv[1]);
const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync().join();
if (product !== "19,22,43,50") throw new Error("wrong matrix product: " + product);
console.log(tf.backend().binding.TF_Version);
`;

/**
 * Loads tfjs-node in a process of its own and multiplies two matrices, since a bad binding can end its process.
 * @param {string} folder of the package
 * @param {string} modules the node_modules folder with what it requires
 * @returns {Promise<{ version: string } | { problem: string }>}
 */
export async function tryBinding(folder, modules) {
  const result = await run(process.execPath, ["-e", PRODUCT, folder], {
    env: { NODE_PATH: modules, NODE_OPTIONS: "", TF_CPP_MIN_LOG_LEVEL: "3" },
    watch: (seconds) => (seconds > 120 ? "no answer for two minutes" : undefined),
  });
  return result.code === 0 ? { version: result.stdout.trim() } : { problem: errorLine(result) };
}

/**
 * Changes if the binding or one of the libraries does; nothing where the binding is missing.
 * @param {string} folder of the package
 * @returns {string | undefined}
 */
export function bindingFingerprint(folder) {
  try {
    const libraries = readdirSync(join(folder, LIBRARIES)).map((name) => join(LIBRARIES, name));
    return [BINDING, ...libraries.sort()]
      .map((file) => {
        const { size, mtimeMs } = statSync(join(folder, file));
        return `${file} ${size} ${mtimeMs}`;
      })
      .join("\n");
  } catch {
    return undefined;
  }
}
