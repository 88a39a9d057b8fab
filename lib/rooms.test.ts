import { build } from "esbuild";
import { expect, test } from "vitest";
import { packageFile } from "./project.js";

/** What a bundle of modules of lib/ for a browser is made of; packages other than Node's own and MuJoCo stay outside. */
async function bundled(...modules: string[]): Promise<string[]> {
  const contents = modules.map((file) => `export * from "./${file}.ts";`).join("\n");
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: packageFile("lib"), loader: "ts" },
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
  ["the differentiable engine", ["physics/simulator", "physics/known-kinematics"], /tensor\/|tasks\/|@tensorflow/],
  ["traced tensors", ["tensor/jit", "tensor/grad", "tensor/kernels", "tensor/tree"], /physics\/|layers|adam|random/],
  ["a task in an environment", ["tasks/environment", "tasks/task"], /tasks\/index|tasks\/engines/],
])("%s runs in a browser, and is a room of its own", async (_, modules, others) => {
  const parts = await bundled(...modules);
  expect(parts.length).toBeGreaterThan(modules.length);
  expect(parts.filter((part) => NOT_IN_A_BROWSER.test(part) || others.test(part))).toEqual([]);
});
