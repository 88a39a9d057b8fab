import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";

beforeAll(build);

const score = (stdout: string): number => Number(/^Score ([\d.,-]+)/m.exec(stdout)![1].replaceAll(",", ""));

test("the tour ends with a hopper that scores at least 3,000 and falls from no start, and its learning curve", async () => {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await start("dmo-lab.mjs", ["start"], {}, cwd).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(score(stdout)).toBeGreaterThan(3000);
  const run = join(cwd, "runs/hopper-dmo-start");
  expect(existsSync(join(run, "report.html"))).toBe(true);
  const evaluated = await start("dmo-lab.mjs", ["evaluate", run, "--episodes", "100", "--json"], {}, cwd).ended;
  const { returns } = JSON.parse(evaluated.stdout) as { returns: number[] };
  expect(Math.min(...returns)).toBeGreaterThan(2500);
});

test("without native TensorFlow it says so once, and the hopper still learns", async () => {
  const { code, stdout } = await start("dmo-lab.mjs", ["start"], { DMO_LAB_BACKEND: "wasm" }, temporaryFolder()).ended;
  expect(code).toBe(0);
  expect(stdout.match(/instead of native TensorFlow/g)).toHaveLength(1);
  expect(score(stdout)).toBeGreaterThan(1000);
});
