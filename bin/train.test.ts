import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Evaluation } from "../lib/training/evaluate.js";
import "../baselines/index.js";
import { allColumns } from "../lib/training/columns.js";
import { parseCsv } from "../lib/training/metrics.js";
import type { Machine } from "../lib/training/machine.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, runHere, start, TINY } from "../tests/command-line.js";

beforeAll(build);

const dmoLab = (...argv: string[]) => start("dmo-lab.mjs", argv);
const train = (out: string, ...more: string[]) =>
  dmoLab("train", "--task", "cartpole", "--algorithm", "dmo", "--epochs", "3", ...TINY, "--out", out, ...more);
const read = (...path: string[]): string => readFileSync(join(...path), "utf8");
const json = (...path: string[]): unknown => JSON.parse(read(...path));

/** A finished run of three epochs that several tests read, and a folder for the others. */
const folder = mkdtempSync(join(tmpdir(), "dmo-lab-"));
const run = join(folder, "run");
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  expect((await train(run, "--seed", "1").ended).stderr).toBe("");
});

describe("a run's folder", () => {
  test("holds the resolved configuration, versions and machine, metrics, policy and score", () => {
    const names = readdirSync(run).filter((name) => !name.startsWith("events.out.tfevents.")); // event-file.test.ts
    expect(names.sort()).toEqual([
      "checkpoints",
      "config.json",
      "evaluation.json",
      "machine.json",
      "metrics.csv",
      "policy.json",
      "task.json",
    ]);
    expect(json(run, "config.json")).toMatchObject({
      task: "cartpole",
      algorithm: "dmo",
      seed: 1,
      epochs: 3,
      dynamics: { hidden: [16, 16] },
    });
    const machine = json(run, "machine.json") as Machine;
    expect(machine.versions.node).toBe(process.versions.node);
    expect(machine.backend.threads).toBe(Number(process.env.DMO_LAB_THREADS));
    expect(machine.matmul_gflops).toBeGreaterThan(0.01);
  });

  test("has a row an epoch in the documented schema; no return before the first finished episode", () => {
    const text = read(run, "metrics.csv");
    expect(text.split("\n")[0].split(",")).toEqual(Object.keys(allColumns()));
    const rows = parseCsv(text);
    expect(rows.map((row) => [row.epoch, row.samples])).toEqual([[0, 128], [1, 256], [2, 384]]); // prettier-ignore
    expect(rows.every((row) => !("return" in row) && row.model_loss !== undefined)).toBe(true);
  });

  test("is refused to a second run, which writes nothing over", async () => {
    const before = read(run, "metrics.csv");
    const { code, stderr } = await train(run).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/already holds a run/);
    expect(read(run, "metrics.csv")).toBe(before);
  });
});

describe("a seed", () => {
  const measured = (folder: string): object[] =>
    parseCsv(read(folder, "metrics.csv")).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !/_(seconds|per_second|bytes)$/.test(name))),
    );

  test("repeats a run exactly; another one gives another run", async () => {
    const [same, other] = [1, 2].map((seed) => [join(folder, `seed${seed}`), String(seed)]);
    await Promise.all([same, other].map(([out, seed]) => train(out, "--seed", seed, "--quiet").ended));
    expect(measured(same[0])).toEqual(measured(run));
    expect(json(same[0], "evaluation.json")).toEqual(json(run, "evaluation.json"));
    expect(measured(other[0])).not.toEqual(measured(run));
  });
});

describe("evaluate", () => {
  test("repeats the run's final score exactly from the folder alone", async () => {
    const { code, stdout } = await dmoLab("evaluate", run, "--json").ended;
    expect(code).toBe(0);
    const { interval, ...evaluation } = JSON.parse(stdout) as Evaluation & { interval: [number, number] };
    expect(evaluation).toEqual(json(run, "evaluation.json"));
    expect(interval[0]).toBeLessThan(evaluation.mean);
    expect(interval[1]).toBeGreaterThan(evaluation.mean);
  });

  test("says that the run was computed in another way, where it was", async () => {
    const machine = { ...(json(run, "machine.json") as Machine), numerics: "0000000000000000" };
    const moved = temporaryFolder({
      "config.json": read(run, "config.json"),
      "machine.json": JSON.stringify(machine),
      "policy.json": read(run, "policy.json"),
    });
    const { code, stdout, stderr } = await dmoLab("evaluate", moved, "--json").ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^This run was computed .* \(digest 0000000000000000, here [0-9a-f]{16}\): .*\n$/);
    expect(JSON.parse(stdout)).toMatchObject(json(run, "evaluation.json") as object);
  });

  test("scores a policy file as the run that it is of, from another seed", async () => {
    const [file, folder] = await Promise.all([
      dmoLab("evaluate", join(run, "policy.json"), "--json", "--episodes", "3").ended,
      dmoLab("evaluate", run, "--json", "--episodes", "3", "--seed", "0").ended,
    ]);
    expect(file).toEqual(folder);
    expect(JSON.parse(file.stdout)).toMatchObject({ episodes: 3 });
  });

  test("runs other episodes, and the stochastic policy", async () => {
    const { stdout } = await dmoLab("evaluate", run, "--json", "--episodes", "5", "--stochastic", "--seed", "9").ended;
    const { mean, std, episodes, returns } = JSON.parse(stdout) as Evaluation;
    expect({ episodes, count: new Set(returns).size }).toEqual({ episodes: 5, count: 5 });
    expect(mean).toBeCloseTo(returns.reduce((a, b) => a + b) / 5);
    expect(std).toBeGreaterThan(0);
  });

  test.each([
    ["truncated", (text: string) => text.slice(0, text.length / 2), /policy.json" is not JSON: /],
    ["altered", (text: string) => text.replace('"count": ', '"count": 1'), /does not match its checksum/],
    ["of another kind", () => "{}", /format is missing/],
  ])("refuses a policy that is %s", async (_, damage, message) => {
    const folder = temporaryFolder({
      "config.json": read(run, "config.json"),
      "policy.json": damage(read(run, "policy.json")),
    });
    const { code, stdout, stderr } = await dmoLab("evaluate", folder).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("refuses a folder whose policy is missing or whose configuration is damaged", async () => {
    const folder = temporaryFolder({ "config.json": read(run, "config.json") });
    const missing = await dmoLab("evaluate", folder).ended;
    expect(missing.stderr).toMatch(/policy.json" can't be read: ENOENT/);
    writeFileSync(join(folder, "config.json"), "{");
    const damaged = await dmoLab("evaluate", folder).ended;
    expect(damaged.stderr).toMatch(/config.json" is not JSON/);
    expect([missing.code, damaged.code]).toEqual([2, 2]);
  });
});

describe("export", () => {
  test("writes an ONNX file of the policy, which names its run", async () => {
    const file = join(folder, "cartpole.onnx");
    expect(await dmoLab("export", run, "--out", file).ended).toMatchObject({ code: 0, stderr: "" });
    const { inputNames, outputNames } = await InferenceSession.create(file);
    expect({ inputNames, outputNames }).toEqual({ inputNames: ["obs"], outputNames: ["action"] });
    expect(read(file)).toContain("cart position");
    expect(read(file)).toMatch(/algorithm\x12\x03dmo.*seed\x12\x011/s);
  });

  test("refuses a file that is no ONNX file", async () => {
    const { code, stderr } = await dmoLab("export", run, "--out", join(run, "metrics.csv")).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^option --out is ".*metrics.csv"; allowed: a file named .onnx\.\n$/);
  });
});

describe("a run that does not end by itself", () => {
  const PATIENT = { timeout: 30_000, interval: 50 };

  test("Ctrl-C: exit code 130, whole rows and the policy on disk", async () => {
    const out = join(folder, "interrupted");
    const { child, ended } = train(out, "--epochs", "1000000");
    await vi.waitUntil(
      () => existsSync(join(out, "metrics.csv")) && parseCsv(read(out, "metrics.csv")).length > 5,
      PATIENT,
    );
    const second = await train(out, "--epochs", "1000000", "--resume").ended;
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(`is in use by process ${child.pid} on`) });
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain("Stopped; the metrics and the policy so far are in");
    expect(stderr).not.toMatch(/Error|    at /);
    const lines = read(out, "metrics.csv").split("\n");
    expect(lines.pop()).toBe("");
    expect(new Set(lines.map((line) => line.split(",").length))).toEqual(new Set([Object.keys(allColumns()).length]));
    for (const file of ["evaluation.json", "run.lock"]) expect(existsSync(join(out, file))).toBe(false);
    expect((await dmoLab("evaluate", out, "--json").ended).code).toBe(0);
    const rows = lines.length - 1;
    const resumed = await train(out, "--epochs", String(rows), "--resume").ended;
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    expect(resumed.stdout).toContain(`Going on after epoch ${rows} of`);
    const again = await train(out, "--epochs", String(rows), "--resume").ended;
    expect(again.stdout).toBe(resumed.stdout.slice(resumed.stdout.indexOf("Score")));
  });

  test("Ctrl-C in the first epoch, which may be long, ends it at once; the run begins anew", async () => {
    const out = join(folder, "impatient");
    const { child, ended } = train(out, "--set", "dynamics.initialUpdates=1000000");
    child.stdout!.on("data", (text) => String(text).includes("First epoch") && child.kill("SIGINT"));
    expect((await ended).stdout).toMatch(/First epoch: 1,000,000 updates of .*, later ones 3. Ctrl-C .*\n$/);
    expect(child.signalCode).toBe("SIGINT");
    const again = train(out, "--set", "dynamics.initialUpdates=5", "--resume");
    expect(await again.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("dynamics.initialUpdates") });
    rmSync(join(out, "config.json"));
    expect(await train(out, "--resume").ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("a value that is not finite: exit code 3, one line with the place and the epoch, the last good policy", async () => {
    const out = join(folder, "exploded");
    const { code, stderr } = await train(out, "--set", "actor.learningRate=1e38").ended;
    expect(code).toBe(3);
    expect(stderr).toMatch(/^.*epoch 1.*is NaN.*last good policy.*\n$/);
    expect((await dmoLab("evaluate", out, "--json").ended).code).toBe(0);
  });

  test.each([
    ["SIGTERM", 143, (child: ChildProcess) => child.kill("SIGTERM")],
    // a terminal's end is told to the session's leader, and again by it
    ["a terminal that goes away", "SIGHUP", (child: ChildProcess) => child.kill("SIGHUP") && child.kill("SIGHUP")],
    ["a reader that goes away", 141, (child: ChildProcess) => child.stdout!.destroy()],
  ])("%s: as Ctrl-C does, with an exit code of its own", async (name, code, end) => {
    const out = join(folder, name);
    const { child, ended } = train(out, "--epochs", "1000000");
    await vi.waitUntil(
      () => existsSync(join(out, "metrics.csv")) && read(out, "metrics.csv").includes("\n1,"),
      PATIENT,
    );
    end(child);
    const outcome = await ended;
    expect(child.signalCode ?? outcome.code).toBe(code);
    expect(outcome).toMatchObject({ stderr: expect.stringMatching(/^\nStopping after this epoch;.*\n$/) });
    const rows = parseCsv(read(out, "metrics.csv")).length;
    const resumed = await train(out, "--epochs", String(rows + 1), "--resume").ended;
    expect(resumed.stdout).toContain(`Going on after epoch ${rows} of`);
  });
});

test("a folder that can't be made is bad input", async () => {
  const folder = temporaryFolder({ file: "" });
  const { code, stderr } = await train(join(folder, "file", "run")).ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^--out ".*" can't be written: .*\n$/);
});

test("a preset that is not the paper's is said with what it changes, and recorded", async () => {
  const out = join(folder, "laptop");
  const { code, stdout } = await train(out, "--preset", "laptop").ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Preset laptop, not the paper's settings: .*dynamics.prediction kinematic \(official residual\)/m,
  );
  expect(json(out, "config.json")).toMatchObject({ preset: "laptop", dynamics: { prediction: "kinematic" } });
  expect(json(run, "config.json")).not.toHaveProperty("preset");
});

describe("before and beside a run", () => {
  const cartpole = ["--task", "cartpole", "--algorithm", "dmo", ...TINY];

  test("--dry-run prints the configuration that the run then has, and trains nothing", async () => {
    const out = join(temporaryFolder(), "run");
    const argv = ["train", ...cartpole, "--epochs", "3", "--seed", "1", "--out", out];
    const { code, stdout, stderr } = await runHere(...argv, "--dry-run");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(json(run, "config.json"));
    expect(stderr).toContain(`${out}: new\n`);
    expect(stderr).toMatch(/^3 epochs of 128 samples: .*left.*committed runs/m);
    expect(existsSync(out)).toBe(false);
  });

  test("another number of epochs that leaves the decay of learning rates as it was says so", async () => {
    const lines = async (...more: string[]) => (await runHere("train", ...cartpole, ...more, "--dry-run")).stderr;
    const usual = (await runHere("train", ...cartpole, "--dry-run")).stdout;
    const { decayEpochs } = JSON.parse(usual) as { decayEpochs: number };
    expect(await lines("--epochs", "60")).toContain(
      `Learning rates fall over decayEpochs = ${decayEpochs} epochs, and there are 60: --set decayEpochs=60`,
    );
    for (const silent of [[], ["--epochs", "60", "--set", "decayEpochs=60"]])
      expect(await lines(...silent)).not.toContain("Learning rates");
  });

  test("--json prints the rows of metrics.csv, a line each, and nothing else", async () => {
    const out = join(temporaryFolder(), "run");
    const argv = ["--seed", "1", "--set", "evaluateEvery=2", "--json"];
    const { code, stdout, stderr } = await train(out, ...argv).ended;
    expect(code).toBe(0);
    const rows = stdout.trim().split("\n").map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(rows).toEqual(parseCsv(read(out, "metrics.csv")));
    expect(rows.map((row) => "deterministic_return" in row)).toEqual([true, false, true]);
    expect(stderr).toMatch(/^Score /m);
    const best = await dmoLab("evaluate", out, "--best", "--json").ended;
    const file = await dmoLab("evaluate", join(out, "policy-best.json"), "--json", "--episodes", "3", "--seed", "1")
      .ended;
    expect(best.stdout).toBe(file.stdout);
    const none = await runHere("evaluate", run, "--best");
    expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(/has no best policy: .* \(setting evaluateEvery\)/);
  });

  test("--seeds trains what --seed does, a folder each, and says their scores", async () => {
    const out = join(temporaryFolder(), "run");
    const argv = ["train", ...cartpole, "--epochs", "3", "--out", out, "--seeds"];
    const { code, stdout } = await dmoLab(...argv, "1,3", "--jobs", "2").ended;
    expect(code).toBe(0);
    const scores = [1, 3].map((seed) => (json(`${out}-seed${seed}`, "evaluation.json") as Evaluation).mean);
    expect(json(`${out}-seed1`, "evaluation.json")).toEqual(json(run, "evaluation.json"));
    expect(read(`${out}-seed1`, "policy.json")).toBe(read(run, "policy.json"));
    expect(scores[1]).not.toBe(scores[0]);
    const mean = ((scores[0] + scores[1]) / 2).toLocaleString("en", {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    expect(stdout).toContain(`Score ${mean}: mean over 2 of 2 seeds, 95 % bootstrap interval `);
    const again = await runHere(...argv, "3");
    expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 2, stdout: "" });
    expect(again.stderr).toMatch(/run-seed1" already holds a run; --resume goes on with it/);
  });

  test.each([
    [["--seeds", "0"], 'option --seeds is "0"; allowed: how many (5 is 1 to 5), or a list of different ones (1,2,7).'],
    [["--seeds", "2,2"], 'option --seeds is "2,2"'],
    [["--seeds", "two"], 'option --seeds is "two"'],
    [["--seeds", "2", "--seed", "1"], "option --seed is for one run; --seeds trains several."],
    [["--seeds", "2", "--json"], "option --json is for one run"],
    [["--jobs", "2"], "option --jobs is for --seeds, which is not given."],
  ])("%j is refused", async (options, message) => {
    const { code, stdout, stderr } = await runHere("train", ...cartpole, ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
