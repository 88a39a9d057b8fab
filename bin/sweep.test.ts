import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test, vi } from "vitest";
import { readResults } from "../tools/study/results.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, runHere, start } from "../tests/command-line.js";

beforeAll(build);

/** SHAC on CartPole, an epoch in some 10 ms. */
const TINY = {
  algorithms: ["shac"],
  base: {
    envs: 8,
    horizon: 8,
    evaluationEpisodes: 3,
    actor: { hidden: [16] },
    critic: { hidden: [16], iterations: 1, minibatches: 1 },
  },
};
const text = (study: object): string =>
  `export default ${JSON.stringify({ name: "test", ...TINY, ...study })} as const;`;
const sweep = (folder: string, ...more: string[]) =>
  start("dmo-lab.mjs", ["sweep", join(folder, "study.ts"), "--out", join(folder, "out"), ...more]);
const epochsOf = (directory: string): number => (existsSync(join(directory, "metrics.csv")) ? RunFolder.open(directory).rows().length : 0); // prettier-ignore

test("a run that fails once is tried again; one that fails always does not stop the others", async () => {
  const task = `
    import { existsSync, rmSync } from "node:fs";
    import { tasks } from ${JSON.stringify(pathToFileURL("dist/api/index.js").href)};
    const run = process.argv.join(" ");
    const [broken, absent] = ["broken", "absent"].map((name) => new URL(name, import.meta.url));
    if (/--seed 1 .*gamma=0.5/.test(run) && existsSync(broken)) throw new Error("the robot is broken");
    if (/--seed 2 .*gamma=0.5/.test(run) && existsSync(absent)) {
      rmSync(absent);
      throw new Error("the robot was away");
    }
    export default tasks.findTask("cartpole");`;
  const folder = temporaryFolder({ "pole.js": task, broken: "", absent: "" });
  const settings = [{ epochs: 2 }, { gamma: 0.5, epochs: 3, name: "short-sighted" }];
  writeFileSync(join(folder, "study.ts"), text({ tasks: [join(folder, "pole.js")], seeds: [1, 2], settings }));

  const first = await sweep(folder, "--jobs", "2").ended;
  expect(first).toMatchObject({ code: 5, stderr: "" });
  expect(first.stdout).toMatch(/shac\+short-sighted\/seed2 failed and will be tried once more:\n.*the robot was away/s);
  expect(first.stdout).toMatch(/shac\+short-sighted\/seed2 finished: score/);
  expect(first.stdout).toMatch(/shac\+short-sighted\/seed1 failed 2 times and is given up:\n.*the robot is broken/s);
  expect(first.stdout).toContain("3 of 4 runs finished");
  const results = join(folder, "out", "results");
  const kept = () => readResults(results).map(({ task, variant, seed, epochs }) => [task, variant, seed, epochs]);
  expect(kept()).toEqual([["pole", "epochs=2", 1, 2], ["pole", "epochs=2", 2, 2], ["pole", "short-sighted", 2, 3]]); // prettier-ignore

  rmSync(join(folder, "broken"));
  const second = await sweep(folder).ended;
  expect(second).toMatchObject({ code: 0, stderr: "" });
  expect(second.stdout.match(/finished: score/g)).toHaveLength(1);
  expect(second.stdout).toContain("4 of 4 runs finished");
  expect(kept()).toHaveLength(4);
}, 180_000);

test("a study goes on after Ctrl-C, and after it was killed, when its runs come to an end by themselves", async () => {
  const study = { tasks: ["cartpole"], seeds: [1, 2], base: { ...TINY.base, epochs: 200 } };
  const folder = temporaryFolder({ "study.ts": text(study) });
  const [directory, next] = [1, 2].map((seed) => join(folder, "out", "runs", "cartpole", "shac", `seed${seed}`));
  const begin = async (epochs: number) => {
    const started = sweep(folder, "--jobs", "1");
    await vi.waitUntil(() => epochsOf(directory) > epochs, { timeout: 40_000, interval: 20 });
    return started;
  };
  const lock = join(directory, "run.lock");
  const isSaved = (epochs: number) => existsSync(join(directory, "checkpoints", `epoch-${epochs}.checkpoint`));

  const stopped = await begin(10);
  stopped.child.kill("SIGINT");
  const { code, stdout } = await stopped.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/0 of 2 runs finished.*\nThe same command goes on with the others\n$/);
  const first = epochsOf(directory);
  expect({ whole: first === 200, saved: isSaved(first), locked: existsSync(lock) }).toEqual({ whole: false, saved: true, locked: false }); // prettier-ignore

  const killed = await begin(first + 10);
  killed.child.kill("SIGKILL");
  await vi.waitUntil(() => !existsSync(lock), { timeout: 20_000, interval: 20 });
  const second = epochsOf(directory);
  expect({ whole: second === 200, saved: isSaved(second), next: existsSync(next) }).toEqual({ whole: false, saved: true, next: false }); // prettier-ignore

  const third = await begin(second);
  const { stderr } = await sweep(folder).ended;
  expect(stderr).toMatch(/^study ".*out" is in use by process \d+ on .*\n$/);
  expect(await third.ended).toMatchObject({ code: 0, stderr: "" });
  const resumed = RunFolder.open(directory)
    .machine()
    .resumed!.map(({ epochs }) => epochs);
  expect(resumed).toEqual([first, second]);
  expect([directory, next].map(epochsOf)).toEqual([200, 200]);
}, 180_000);

test("Ctrl-C in the first epochs of a study's runs, which may be long, ends them", async () => {
  const base = { ...TINY.base, dynamics: { hidden: [16, 16], initialUpdates: 1e6, minReplay: 8 } };
  const folder = temporaryFolder({ "study.ts": text({ tasks: ["cartpole"], algorithms: ["dmo"], seeds: [1], base }) });
  const run = join(folder, "out", "runs", "cartpole", "dmo", "seed1");
  const { child, ended } = sweep(folder);
  await vi.waitUntil(() => existsSync(join(run, "metrics.csv")), { timeout: 40_000, interval: 20 });
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, stdout: expect.stringContaining("0 of 1 runs finished") });
  expect(RunFolder.inUse(run)).toBe(false);
}, 60_000);

test("the example's runs can be listed, with their length; settings that do not fit are refused before any run", async () => {
  const out = join(temporaryFolder(), "out");
  const { code, stdout, stderr } = await start("dmo-lab.mjs", ["sweep", "examples/study.ts", "--dry-run", "--out", out])
    .ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^8 runs in .*out, \d+ at a time, about /);
  expect(stdout).toMatch(/^ {2}cartpole\/shac\+short\/seed2 +40 epochs +40,960 samples +about \d+ s left$/m);
  expect(existsSync(out)).toBe(false);
  const folder = temporaryFolder({
    "study.ts": text({ tasks: ["cartpole"], seeds: [1], settings: [{}, { gamma: 7 }] }),
  });
  const refused = await runHere("sweep", join(folder, "study.ts"), "--out", join(folder, "out"));
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^run cartpole\/shac\+gamma=7\/seed1 of the study: setting gamma is "7"; .*\n$/);
  expect(existsSync(join(folder, "out"))).toBe(false);
});

test("a search trains all trials for a while and the best ones on, and goes on where it was", async () => {
  const search = { trials: 4, space: { "actor.learningRate": { from: 1e-4, to: 1e-1, log: true } }, halving: { from: 40, keep: 2 } }; // prettier-ignore
  const study = { tasks: ["cartpole"], seeds: [1], base: { ...TINY.base, epochs: 160, decayEpochs: 160 }, search };
  const folder = temporaryFolder({ "study.ts": text(study) });
  const { code, stdout, stderr } = await sweep(folder, "--jobs", "2").ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const runs = [1, 2, 3, 4].map((k) => join(folder, "out", "runs", "cartpole", `shac+trial${k}`, "seed1"));
  const epochs = runs.map(epochsOf);
  expect(epochs.toSorted((a, b) => a - b)).toEqual([40, 40, 80, 160]);
  const best = epochs.indexOf(160);
  expect(stdout).toMatch(
    new RegExp(`cartpole/shac trial${best + 1} +160 epochs +return -[\\d,.]+ +actor.learningRate=0.\\d+`),
  );
  const kept = readResults(join(folder, "out", "results")).map(({ variant, epochs }) => [variant, epochs]);
  expect(kept).toEqual(epochs.map((each, k) => [`trial${k + 1}`, each]));

  rmSync(join(runs[best], "evaluation.json")); // as if it had been killed at its end
  const again = await sweep(folder).ended;
  expect(again.code).toBe(0);
  expect(again.stdout.match(/finished: score/g)).toHaveLength(1);
  expect(again.stdout).toContain("4 of 4 runs finished");

  const batch = await runHere("sweep", join(folder, "study.ts"), "--slurm", "--dry-run", "--cpus", "2", "--out", join(folder, "new")); // prettier-ignore
  expect(batch.stdout).toMatch(/#SBATCH --array=0-3$/m);
  expect(batch.stdout).toMatch(/train "\$@"/);
  expect(batch.stdout).toMatch(/sweep \S+study.ts --out \S+new --slurm --cpus 2\nexit \$code/);
}, 180_000);

test("a budget of hours ends a sweep as Ctrl-C does, and it goes on", async () => {
  const study = { tasks: ["cartpole"], seeds: [1], base: { ...TINY.base, epochs: 100_000 } };
  const folder = temporaryFolder({ "study.ts": text(study) });
  const { code, stdout } = await sweep(folder, "--hours", "0.005").ended;
  expect(code).toBe(0);
  expect(stdout).toContain("0 of 1 runs finished");
  expect(stdout).toContain("The same command goes on with the others");
  expect((await runHere("sweep", join(folder, "study.ts"), "--hours", "0")).stderr).toMatch(
    /--hours is "0"; allowed: a number above 0/,
  );
}, 180_000);
