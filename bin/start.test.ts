import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";

beforeAll(build);

test("takes a folder of its own, and a stopped tour says how to go on", async () => {
  const cwd = temporaryFolder({ "runs/hopper-dmo-start/config.json": "{}" });
  const run = join("runs", "hopper-dmo-start-2");
  const { child, ended } = start("dmo-lab.mjs", ["start"], {}, cwd);
  child.stdout!.once("data", function stop(text) {
    if (/^epoch/m.test(String(text))) child.kill("SIGINT");
    else child.stdout!.once("data", stop);
  });
  const { code, stdout } = await ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/^Training dmo on hopper, seed 1: \d+ epochs of 4,096 samples$/m);
  expect(stdout).toMatch(
    /^First epoch: [\d,]+ updates of the dynamics model, later ones \d+\. Ctrl-C during it keeps nothing$/m,
  );
  expect(stdout).toMatch(/^Preset laptop, not the paper's settings: /m);
  expect(stdout).toMatch(
    /^The paper's own settings take longer: npx dmo-lab train --task hopper --algorithm dmo --seed 1$/m,
  );
  expect(existsSync(join(cwd, run, "policy.json"))).toBe(true);
  expect(stdout).toContain(`--out ${run} --resume goes on from there`);
  const settings = [...stdout.matchAll(/--set (\S+)/g)].map((match) => match[1]);
  const config: unknown = JSON.parse(readFileSync(join(cwd, run, "config.json"), "utf8"));
  expect(resolveConfig("hopper", "dmo", 1, settings)).toEqual(config);
});
