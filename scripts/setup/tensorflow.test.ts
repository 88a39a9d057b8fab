import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { earlierOutcome, ensureTensorFlow } from "./tensorflow.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("where WASM is asked for, nothing is tried or cached, and that stands until a retry", async () => {
  const said = vi.spyOn(console, "log").mockReturnValue();
  const folder = "node_modules/@tensorflow/tfjs-node";
  const root = temporaryFolder({ [`${folder}/package.json`]: '{"version": "1.0.0"}', [`${folder}/lib/x`]: "" });
  vi.stubEnv("DMO_LAB_CACHE", join(root, "cache"));
  const outcome = { backend: "wasm", chosen: true };
  expect(await ensureTensorFlow(root, { retry: true, wasm: true, gpu: false })).toMatchObject(outcome);
  expect(said.mock.calls.join()).toContain('"npm run setup" gets it');
  expect(existsSync(join(root, folder, "lib"))).toBe(false);
  said.mockClear();
  expect(await ensureTensorFlow(root, { retry: false, wasm: false, gpu: false })).toMatchObject(outcome);
  expect(said).not.toHaveBeenCalled();
  expect(earlierOutcome(root)).toMatchObject(outcome);
  expect(existsSync(join(root, "cache"))).toBe(false);
});

test("TensorFlow for a GPU that can't be had is said with what helps, and what was there stays", async () => {
  const said = vi.spyOn(console, "log").mockReturnValue();
  const folder = "node_modules/@tensorflow/tfjs-node";
  const root = temporaryFolder({ [`${folder}/package.json`]: '{"version": "1.0.0"}', [`${folder}/lib/x`]: "" });
  vi.stubEnv("DMO_LAB_CACHE", join(root, "cache"));
  vi.stubEnv("PATH", join(root, "nowhere"));
  vi.stubEnv("CXX", "");
  const asked = ensureTensorFlow(root, { retry: true, wasm: false, gpu: true });
  await expect(asked).rejects.toThrow(
    /^TensorFlow with CUDA is not to be had here: .+\.\nTo try again: .*npm run setup -- --gpu/,
  );
  expect(said.mock.calls.join()).toMatch(/with CUDA: about 2.4 GB to download, 4 GB in /);
  expect(existsSync(join(root, folder, "lib/x"))).toBe(true);
  expect(earlierOutcome(root)).toBeUndefined();
});

test("what the set-up does not know is one line", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, ["scripts/setup.mjs", ...args], { encoding: "utf8" });
  const rest = " Allowed: --quiet, --retry, --backend wasm or --gpu.\n";
  expect(run("--backend", "cuda")).toMatchObject({ status: 2, stderr: `Unknown: --backend cuda.${rest}` });
  expect(run("--backend", "wasm", "--gpu").stderr).toBe(`Unknown: --backend wasm with --gpu.${rest}`);
  expect(run("--backends", "fast")).toMatchObject({ status: 2, stderr: `Unknown: --backends, fast.${rest}` });
});
