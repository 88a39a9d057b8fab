import { build } from "esbuild";
import { expect, test } from "vitest";
import { packageFile } from "../lib/project.js";

/** What a bundle of modules for a browser is made of; packages other than Node's own and MuJoCo stay outside. */
async function bundled(...modules: string[]): Promise<string[]> {
  const contents = modules.map((file) => `export * from "./${file}.ts";`).join("\n");
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: packageFile("."), loader: "ts" },
    conditions: ["source"],
    external: ["@tensorflow/*", "seedrandom", "valibot", "node:*", "mujoco-js"],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
  });
  expect(outputFiles).toHaveLength(1);
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  return [...Object.keys(metafile.inputs), ...imported.map(({ path }) => path)];
}

/** Node's own modules, MuJoCo, and what reads files. */
const NOT_IN_A_BROWSER = /node:|mujoco|\/project\.ts/;

test.each([
  [
    "the differentiable engine",
    ["packages/physics/simulator", "packages/physics/known-kinematics"],
    /jit\/|lib\/|@tensorflow/,
  ],
  ["traced tensors", ["jit", "grad", "kernels", "tree"].map((file) => `packages/jit/${file}`), /physics\/|lib\//],
  ["a task in an environment", ["lib/tasks/environment", "lib/tasks/hopper"], /tasks\/index|tasks\/engines/],
  ["a method", ["lib/algorithms/first-order", "lib/algorithms/choices"], /tasks\/index|tasks\/engines|training/],
])("%s runs in a browser, and is a room of its own", async (_, modules, others) => {
  const parts = await bundled(...modules);
  expect(parts.length).toBeGreaterThan(modules.length);
  expect(parts.filter((part) => NOT_IN_A_BROWSER.test(part) || others.test(part))).toEqual([]);
});
