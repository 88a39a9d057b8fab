// An algorithm file on the command line: it trains, learns, stops and goes on, is scored and exported like the others.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseCsv } from "../lib/training/metrics.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";
import { withoutClock } from "../tests/tiny.js";

beforeAll(build);

const FILE = "examples/random-search.js";
const dmoLab = (...argv: string[]) => start("dmo-lab.mjs", argv).ended;
const rows = (run: string) => withoutClock(parseCsv(readFileSync(join(run, "metrics.csv"), "utf8")));

/** Trains into a run's folder; every run has the same settings but for `more`. */
const train = (run: string, epochs: number, ...more: string[]) =>
  dmoLab(
    "train",
    "--task",
    "cartpole",
    "--algorithm",
    FILE,
    "--seed",
    "1",
    "--epochs",
    `${epochs}`,
    "--out",
    run,
    ...more,
  );

describe("the algorithm of a file", () => {
  test("learns; its run in two parts equals the whole; it is scored and exported from its folder", async () => {
    const [whole, parts] = [1, 2].map(() => join(temporaryFolder(), "run"));
    const { code, stdout, stderr } = await train(whole, 15);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const returns = rows(whole).map((row) => row.return!);
    expect(returns).toHaveLength(15);
    expect(returns[14]).toBeGreaterThan(returns[0] / 2); // returns are negative: more than half of the cost is gone

    await train(parts, 7);
    expect((await train(parts, 15, "--resume")).code).toBe(0);
    expect(rows(parts)).toEqual(rows(whole));
    expect(readFileSync(join(parts, "policy.json"), "utf8")).toBe(readFileSync(join(whole, "policy.json"), "utf8"));

    const [score] = /Score .*/.exec(stdout)!;
    expect((await dmoLab("evaluate", whole)).stdout).toContain(score);
    expect((await dmoLab("export", whole)).code).toBe(0);
  });

  test("has settings of its own, checked like the others", async () => {
    const run = join(temporaryFolder(), "run");
    const { code, stderr } = await train(run, 1, "--set", "search.sigma=-1");
    expect(code).toBe(2);
    expect(stderr).toBe('setting search.sigma is "-1"; allowed: a number above 0.\n');
    expect((await train(run, 1, "--set", "search.sigm=1")).stderr).toMatch(/Did you mean "search.sigma"\?/);
  });

  test("is at most 110 lines", () => {
    expect(readFileSync(FILE, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(110);
  });
});
