import { existsSync, statSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errorLine, run } from "./process.mjs";

/** Where tfjs-node looks for its compiled binding, and the binding for libtensorflow, inside of its package. */
export const BINDING = join("lib", "napi-v8", "tfjs_binding.node");
export const LIBRARIES = join("deps", "lib");

/** NVIDIA's libraries, in a package whose libtensorflow can compute on a GPU. */
const NVIDIA = join("deps", "nvidia");

/** Whether the package's libtensorflow can compute on a GPU. @param {string} folder of the package */
export const hasCuda = (folder) => existsSync(join(folder, NVIDIA));

const PRODUCT = `
const isNullOrUndefined = (x) => x === null || x === undefined; // as the library does: gone since Node 23
Object.assign(require("node:util"), { isArray: Array.isArray, isNullOrUndefined });
const tf = require(process.argv[1]);
const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync().join();
if (product !== "19,22,43,50") throw new Error("wrong matrix product: " + product);
const { binding } = tf.backend();
console.log(binding.TF_Version, binding.isUsingGpuDevice());
`;

/**
 * Loads tfjs-node in a process of its own and multiplies two matrices, since a bad binding can end its process.
 * @param {string} folder of the package
 * @param {string} modules the node_modules folder with what it requires
 * @returns {Promise<{ version: string, gpu: boolean } | { problem: string }>} `gpu`: whether it computed on one
 */
export async function tryBinding(folder, modules) {
  const patience = hasCuda(folder) ? 20 : 2; // a GPU that is newer than the library compiles its kernels first
  const result = await run(process.execPath, ["-e", PRODUCT, folder], {
    env: { NODE_PATH: modules, NODE_OPTIONS: "", TF_CPP_MIN_LOG_LEVEL: "3", TF_FORCE_GPU_ALLOW_GROWTH: "true" },
    watch: (seconds) => (seconds > 60 * patience ? `no answer for ${patience} minutes` : undefined),
  });
  if (result.code !== 0) return { problem: errorLine(result) };
  const [version, gpu] = result.stdout.trim().split(" ");
  return { version, gpu: gpu === "true" };
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
