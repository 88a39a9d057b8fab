import { expect, test } from "vitest";
import { resolveConfig } from "../../lib/training/config.js";
import type { Row } from "../../lib/training/metrics.js";
import { type Pace, secondsLeft, timeLeft } from "./pace.js";
import type { Run } from "./pool.js";
import { endLine, statusLines } from "./screen.js";

/** A run of 10 epochs of 2,048 samples. */
function run(status: Run["status"], { variant = "", row }: { variant?: string; row?: Row } = {}): Run {
  const place = { task: "cartpole", algorithm: "shac", variant, seed: 1 };
  const job = { place, name: `shac+${variant}`, assignments: [], config: resolveConfig("cartpole", "shac", 1, ["epochs=10"]) }; // prettier-ignore
  return { job, directory: "", status, row, failures: 0, lastLines: [] };
}
const row = (epoch: number, wall_seconds: number): Row => ({ epoch, samples: 2048 * (epoch + 1), wall_seconds });
const pace = (variant: string, epochSeconds: number, algorithm = "shac"): Pace => ({
  task: "cartpole",
  algorithm,
  variant,
  seconds: epochSeconds / 2048,
});

test("a run takes as long as it has shown itself, then as runs of its variant, then as others of its algorithm", () => {
  const known = [pace("a", 1), pace("a", 3), pace("b", 6), pace("a", 100, "dmo")];
  expect(secondsLeft(run("running", { variant: "a", row: row(5, 60) }), known)).toBeCloseTo(40);
  expect(secondsLeft(run("running", { variant: "a", row: row(0, 60) }), known)).toBeCloseTo(9 * 2);
  expect(secondsLeft(run("waiting", { variant: "a" }), known)).toBeCloseTo(10 * 2);
  expect(secondsLeft(run("waiting", { variant: "c" }), known)).toBeCloseTo((10 * 10) / 3);
  expect(secondsLeft(run("waiting"), [pace("", 1, "dmo")])).toBeUndefined();
});

test("runs side by side take their sum by their number, but no less than the longest", () => {
  const three = ["a", "b", "c"].map((variant) => run("waiting", { variant }));
  const known = [pace("a", 1), pace("b", 1), pace("c", 1)];
  expect(timeLeft([...three, run("finished")], 2, known)).toBe("about 15 s left");
  expect(timeLeft(three, 3, [...known.slice(1), pace("a", 4)])).toBe("about 40 s left");
  expect(timeLeft(three, 2, [])).toBe("time left unknown");
  const other = run("waiting");
  other.job.place.algorithm = "dmo";
  expect(timeLeft([...three, other], 3, known)).toBe("about 10 s left, without 1 of unknown length");
});

test("the state of a sweep, and a line for each run at work", () => {
  const working = run("running", { variant: "a", row: { ...row(5, 6), return: 1234.56 } });
  const runs = [run("finished"), working, run("running", { variant: "long" }), run("failed")];
  expect(statusLines(runs, 2, [])).toEqual([
    "1 of 4 runs finished, 2 running, 1 failed | about 10 s left",
    "  shac+a     epoch 6/10  return 1,234.6  4 s left",
    "  shac+long  epoch 0/10                  10 s left",
  ]);
});

test("a run that ended tells its score, or its last lines and what becomes of it", () => {
  const evaluation = { mean: 1234.56, std: 7, episodes: 1, returns: [1234.56] };
  expect(endLine({ ...run("finished"), evaluation })).toBe("shac+ finished: score 1,234.6 ± 7.0");
  const failed = { ...run("waiting"), failures: 1, lastLines: ["disk full", "exit code 4"] };
  expect(endLine(failed)).toBe("shac+ failed and will be tried once more:\n    disk full\n    exit code 4");
  expect(endLine({ ...failed, status: "failed", failures: 2 })).toMatch(/^shac\+ failed 2 times and is given up:\n/);
});
