import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { instead, options } from "./bundle.mjs";

/**
 * Modules of the library that need Node, and what a page's cells have in their place.
 * @type {[RegExp, string][]}
 */
const TWINS = [
  [/^dmo-lab$/, "cells/library"],
  [/^@dmo-lab\/(storage\/files|input\/json)$|\/project\.js$/, "cells/files"],
  [/^@dmo-lab\/jit\/backend$/, "cells/backend"],
  [/notebook\/figure\.js$|^\.\/figure\.js$/, "cells/figure"],
  [/^\.\/danfo\.js$/, "cells/danfo"],
];

/** What nothing of a page's cells calls, though modules of the library name it. */
const UNUSED =
  /\/(image|png)\.js$|^(node:.*|module|fs|stream|request|node-fetch|xlsx|stream-json.*|papaparse|plotly.js-dist-min|mujoco-js)$/;

/** Bundles what runs cells in a notebook's page. @param {string} root the project's folder @param {string} outfile */
export async function bundleCellsPage(root, outfile) {
  const { build } = await import("esbuild");
  await build({ ...options, entryPoints: [join(root, "browser", "cells", "page.ts")], outfile });
}

/**
 * Bundles a notebook's cells: a script that holds that of the worker that runs them as a text.
 * @param {string} root the project's folder
 * @param {string} notebook its text
 * @param {string} outfile
 */
export async function bundleCells(root, notebook, outfile) {
  const { build } = await import("esbuild");
  const cells = cellsOf(notebook);
  const { outputFiles } = await build({
    ...options,
    alias: { ...options.alias, "@tensorflow/tfjs-node": "@tensorflow/tfjs-core" },
    stdin: { contents: programOf(cells, join(root, "browser", "cells", "worker.ts")), resolveDir: root, loader: "ts" },
    write: false,
    plugins: [instead(root, TWINS), unused, carried(root, cells)],
  });
  writeFileSync(outfile, `globalThis.cellsWorker = ${JSON.stringify(outputFiles[0].text)};\n`);
}

/** Code cells of a notebook. @param {string} text @returns {string[]} */
export function cellsOf(text) {
  const { cells } = /** @type {{ cells: { cell_type: string, source: string[] | string }[] }} */ (JSON.parse(text));
  return cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => [source].flat().join(""));
}

/** One function of all cells, so that a cell sees the names of those before it. @param {string[]} cells @param {string} worker */
function programOf(cells, worker) {
  const imports = /^import [^;]*;$/gms;
  const bodies = cells.map((cell) => cell.replaceAll(imports, ""));
  return [
    ...cells.flatMap((cell) => cell.match(imports) ?? []),
    `import { serve } from ${JSON.stringify(worker)};`,
    `serve(async function* () {\n${bodies.join("\nyield;\n")}\n});`,
  ].join("\n");
}

/** @type {import("esbuild").Plugin} */
const unused = {
  name: "unused",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: "unused" }));
    onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: NOTHING }));
  },
};

/**
 * A module that has every name: a function that gives such a module again, as some are called while other modules load. The
 * names are its prototype's, which a bundle's import of it inherits.
 */
const NOTHING = `
const names = new Proxy({}, { get: (_, name) => (name === "__esModule" ? undefined : name === "randomUUID" ? uuid : nothing()) });
const nothing = () => Object.setPrototypeOf(function () { return nothing(); }, names);
let places = 0;
const uuid = () => String(places++);
module.exports = nothing();`;

/** The package's files that cells name. @param {string} root @param {string[]} cells @returns {import("esbuild").Plugin} */
function carried(root, cells) {
  const names = cells.flatMap((cell) => [...cell.matchAll(/packageFile\("([^"]+)"\)/g)].map(([, name]) => name));
  const contents = JSON.stringify(
    Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), "utf8")])),
  );
  return {
    name: "carried files",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^carried-files$/ }, ({ path }) => ({ path, namespace: "carried" }));
      onLoad({ filter: /.*/, namespace: "carried" }, () => ({ contents, loader: "json" }));
    },
  };
}
