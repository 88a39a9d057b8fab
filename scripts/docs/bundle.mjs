import { join } from "node:path";

/**
 * Modules of the project that need Node, and what the page has in their place.
 * @type {[RegExp, string][]}
 */
const TWINS = [
  [/^@dmo-lab\/(storage\/files|input\/json)$/, "disk"],
  [/^@dmo-lab\/(mujoco\/mujoco-engine|jit\/backend)$/, "native"],
];

/** @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  minify: true,
  format: "iife",
  platform: "browser",
  target: "es2022",
  conditions: ["source"],
  alias: { "@tensorflow/tfjs": "@tensorflow/tfjs-core" }, // the rest of it is layers, readers of files and other back ends
  loader: { ".wasm": "binary", ".css": "text" },
  logLevel: "error",
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
  const twins = {
    name: "twins",
    setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
      for (const [filter, twin] of TWINS) onResolve({ filter }, () => ({ path: file(`twins/${twin}.ts`) }));
    },
  };
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
