import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Modules of the project that need Node, and what the page has in their place.
 * @type {[RegExp, string][]}
 */
const TWINS = [
  [/^@dmo-lab\/(storage\/files|input\/json)$/, "twins/disk"],
  [/^@dmo-lab\/(mujoco\/mujoco-engine|jit\/backend)$/, "twins/native"],
];

/**
 * The same of what reads a robot's MJCF.
 * @type {[RegExp, string][]}
 */
const READER_TWINS = [
  [/^(node:|module$)/, "twins/node"],
  [/\/mujoco-disk\.js$/, "twins/memory"],
];

/** @type {import("esbuild").BuildOptions} */
export const options = {
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  conditions: ["source"],
  alias: { "@tensorflow/tfjs": "@tensorflow/tfjs-core" }, // the rest of it is layers, readers of files and other back ends
  loader: { ".wasm": "binary", ".css": "text" },
  logLevel: "silent", // errors are thrown
};

/** Bundles what searches the site. @param {string} root the project's folder @param {string} outfile */
export async function bundleSearch(root, outfile) {
  const { build } = await import("esbuild");
  await build({ ...options, entryPoints: [join(root, "browser", "search.ts")], outfile });
}

/**
 * Bundles the page in which methods learn: one script, which holds its worker's script and WebAssembly as well, so that it
 * runs from a disk. Whatever it needs of Node's makes this fail.
 * @param {string} root the project's folder
 * @param {string} outfile
 */
export async function bundlePage(root, outfile) {
  const { build } = await import("esbuild");
  const file = (/** @type {string} */ name) => join(root, "browser", name);
  const twins = instead(root, TWINS);
  const worker = await build({ ...options, entryPoints: [file("worker.ts")], write: false, plugins: [twins] });
  const script = {
    name: "worker's script",
    setup(/** @type {import("esbuild").PluginBuild} */ { onResolve, onLoad }) {
      onResolve({ filter: /^worker-script$/ }, () => ({ path: "worker-script", namespace: "text" }));
      onLoad({ filter: /.*/, namespace: "text" }, () => ({ contents: worker.outputFiles[0].text, loader: "text" }));
    },
  };
  await build({ ...options, entryPoints: [file("page.ts")], outfile, plugins: [script, twins] });
}

/**
 * Bundles what reads a visitor's robot, which the page loads when there is one: a script that holds a worker's as a text.
 * @param {string} root the project's folder
 * @param {string} outfile
 */
export async function bundleReader(root, outfile) {
  const { build } = await import("esbuild");
  const entryPoints = [join(root, "browser", "mjcf-worker.ts")];
  const { outputFiles } = await build({
    ...options,
    entryPoints,
    write: false,
    plugins: [instead(root, READER_TWINS)],
  });
  await writeFile(outfile, `globalThis.mjcfWorker = ${JSON.stringify(outputFiles[0].text)};\n`);
}

/** Puts twins, files of browser/, in the place of modules. @param {string} root @param {[RegExp, string][]} twins */
export const instead = (root, twins) => ({
  name: "twins",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    for (const [filter, twin] of twins) onResolve({ filter }, () => ({ path: join(root, "browser", `${twin}.ts`) }));
  },
});
