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
  expect(await ensureTensorFlow(root, { retry: true, wasm: true })).toMatchObject(outcome);
  expect(said.mock.calls.join()).toContain('"npm run setup" gets it');
  expect(existsSync(join(root, folder, "lib"))).toBe(false);
  said.mockClear();
  expect(await ensureTensorFlow(root, { retry: false, wasm: false })).toMatchObject(outcome);
  expect(said).not.toHaveBeenCalled();
  expect(earlierOutcome(root)).toMatchObject(outcome);
  expect(existsSync(join(root, "cache"))).toBe(false);
});

test("what the set-up does not know is one line", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, ["scripts/setup.mjs", ...args], { encoding: "utf8" });
  const rest = " Allowed: --quiet, --retry, --backend wasm.\n";
  expect(run("--backend", "cuda")).toMatchObject({ status: 2, stderr: `Unknown: --backend cuda.${rest}` });
  expect(run("--backends", "fast")).toMatchObject({ status: 2, stderr: `Unknown: --backends, fast.${rest}` });
});
