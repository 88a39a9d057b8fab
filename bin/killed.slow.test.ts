import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parseCsv } from "../lib/training/metrics.js";
import { streams } from "../lib/tensor/random.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start, TINY } from "../tests/command-line.js";
import { withoutClock } from "../tests/tiny.js";

beforeAll(build);

const KILLS = 50;

/** A run with a checkpoint after each of its epochs: about half of the time is spent writing them. */
function train(out: string) {
  const what = ["--task", "cartpole", "--algorithm", "dmo", "--epochs", "60", "--set", "dynamics.replayCapacity=5000"];
  return start("dmo-lab.mjs", ["train", ...what, ...TINY, "--checkpoint-every", "1", "--resume", "--out", out]);
}

function result(out: string) {
  const read = (file: string): string => readFileSync(join(out, file), "utf8");
  const rows = withoutClock(parseCsv(read("metrics.csv")));
  return { rows, policy: read("policy.json"), evaluation: read("evaluation.json") };
}

test(`killed at ${KILLS} random moments, a run always ends with the same numbers`, async () => {
  const folder = temporaryFolder();
  const [whole, killed] = [join(folder, "whole"), join(folder, "killed")];
  const began = performance.now();
  expect(await train(whole).ended).toMatchObject({ code: 0, stderr: "" });
  const duration = performance.now() - began;
  const expected = result(whole);
  const random = streams(1)("moments");
  let [kills, resumed] = [0, 0];
  while (kills < KILLS) {
    const { child, ended } = train(killed);
    const timer = setTimeout(() => child.kill("SIGKILL"), random.uniform(0, duration));
    const { code, stdout, stderr } = await ended;
    clearTimeout(timer);
    expect(stderr).toBe("");
    if (stdout.includes("Going on after epoch")) resumed++;
    if (code === null) kills++;
    else {
      expect(code).toBe(0);
      expect(result(killed)).toEqual(expected);
      rmSync(killed, { recursive: true });
    }
  }
  expect((await train(killed).ended).code).toBe(0);
  expect(result(killed)).toEqual(expected);
  expect(resumed).toBeGreaterThan(KILLS / 5);
});
