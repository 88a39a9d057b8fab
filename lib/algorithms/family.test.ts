// What DMO's learner loads when it runs: its own family, and neither robots, engines nor other methods.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { expect, it } from "vitest";

/** Files of the project that a file loads, itself included; types are no load. */
async function loadedBy(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    metafile: true,
    write: false,
  });
  return Object.keys(metafile.inputs);
}

it("DMO's learner loads its own family alone", async () => {
  const files = await loadedBy("lib/algorithms/first-order.ts");
  expect(files).toContain("lib/dynamics/learned-dynamics.ts"); // it does follow
  const strangers = /baselines|robots|mujoco|tasks\/(?!task|env|read)|lib\/(training|report|study)/;
  expect(files.filter((file) => strangers.test(file))).toEqual([]);
  expect(files.length).toBeLessThanOrEqual(45);
  const lines = files.reduce((sum, file) => sum + readFileSync(file, "utf8").split("\n").length - 1, 0);
  expect(lines).toBeLessThanOrEqual(4000);
});
