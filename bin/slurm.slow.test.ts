import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readResults } from "../tools/study/results.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";
import { noSlurm, type Node, SlurmCluster } from "../tests/slurm-cluster.js";
import { withoutClock } from "../tests/tiny.js";

const absent = noSlurm();

/** CartPole for which there is no robot as long as the file "broken" is there, in one of the runs. */
const TASK = `
import { existsSync } from "node:fs";
import { tasks } from ${JSON.stringify(pathToFileURL("dist/api/index.js").href)};
const broken = existsSync(new URL("broken", import.meta.url));
if (broken && /--seed 2 .*gamma=0.5/.test(process.argv.join(" "))) throw new Error("the robot is broken");
export default tasks.findTask("cartpole");`;

const EPOCHS = 200;
const STUDY = {
  name: "four",
  tasks: ["pole.js"],
  algorithms: ["shac"],
  seeds: [1, 2],
  base: {
    ...{ envs: 8, horizon: 8, epochs: EPOCHS, evaluationEpisodes: 3 },
    ...{ actor: { hidden: [16] }, critic: { hidden: [16], iterations: 1, minibatches: 1 } },
  },
  settings: [{}, { name: "short-sighted", gamma: 0.5 }],
};
const RUNS = STUDY.seeds.flatMap((seed) => ["shac", "shac+short-sighted"].map((method) => join(method, `seed${seed}`)));

describe.skipIf(absent)(`Slurm${absent ? ` (${absent})` : ""}`, () => {
  let cluster: SlurmCluster;

  beforeAll(async () => {
    build();
    cluster = await SlurmCluster.start();
  });
  afterAll(() => cluster?.stop());

  test("runs a study as the local sweep does, through power cuts, time limits, requeues and failures", async () => {
    const files = { "pole.js": TASK, broken: "", "study.ts": `export default ${JSON.stringify(STUDY)} as const;` };
    const folder = temporaryFolder(files);
    const sweep = (out: string, ...more: string[]) =>
      start("dmo-lab.mjs", ["sweep", "study.ts", "--out", out, ...more], cluster.env, folder).ended;
    const study = join(folder, "by slurm");
    const run = (index: number): string => join(study, "runs", "pole", RUNS[index]);
    const log = (name: string): string => readFileSync(join(study, "slurm", `${name}.log`), "utf8");
    const lock = (index: number) => join(run(index), "run.lock");
    const nodeOf = (index: number) => (JSON.parse(readFileSync(lock(index), "utf8")) as { host: Node }).host;
    const epochs = (index: number): number =>
      existsSync(join(run(index), "metrics.csv")) ? RunFolder.open(run(index)).rows().length : 0;
    const resumptions = (index: number) => RunFolder.open(run(index)).machine().resumed?.length ?? 0;
    const atWork = (index: number) =>
      cluster.until(() => epochs(index) >= 20 && existsSync(lock(index)), `epoch 20 of run ${index}`, 600);
    const submit = async (runs: number) => {
      const { code, stdout, stderr } = await sweep("by slurm", "--slurm", "--time", "30", "--memory", "100M");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const [, count, array, results] = /^Submitted (\d) of 4 runs as Slurm job (\d+);.* job (\d+)\n/.exec(stdout)!;
      expect(count).toBe(String(runs));
      return { array, results };
    };
    const over = (...jobs: string[]) =>
      cluster.until(
        () => cluster.command("squeue", "-h", `--jobs=${jobs.join()}`) === "",
        `the end of ${jobs.join()}`,
        600,
      );
    const kept = (out: string) =>
      readResults(join(folder, out, "results")).map(({ algorithm, variant, seed, rows, evaluation, partial }) => {
        return { algorithm, variant, seed, evaluation, partial, rows: withoutClock(rows) };
      });

    const local = sweep("local", "--jobs", "1");
    const { array, results } = await submit(4);
    expect((await sweep("by slurm", "--slurm")).stderr).toBe(
      `study "by slurm" is at work as Slurm jobs ${array},${results}; "scancel ${array},${results}" ends them.\n`,
    );
    const powerCut = atWork(0).then(async () => {
      const node = nodeOf(0);
      await cluster.cut(node);
      await cluster.startNode(node);
    });
    const timeLimit = atWork(1).then(() =>
      cluster.warn(`${array}_1`, () => log(`${array}_1`).includes("\nStopping after this epoch")),
    );
    const requeue = atWork(2).then(() => cluster.command("scontrol", "requeue", `${array}_2`));
    await Promise.all([powerCut, timeLimit, requeue]);
    await over(array, results);
    expect((await local).code).toBe(5);
    expect([0, 1, 2, 3].map(epochs)).toEqual([EPOCHS, EPOCHS, EPOCHS, 0]);
    expect([0, 1, 2].map(resumptions)).toEqual([1, 1, 1]);
    expect(log(`${array}_0`)).not.toContain("Stopped");
    for (const index of [1, 2]) expect(log(`${array}_${index}`)).toMatch(/\nStopped;.*Going on after epoch/s);
    expect(log(`results-${results}`)).toMatch(/shac\+short-sighted\/seed2 failed:.*the robot is broken/);
    expect(cluster.command("scontrol", "show", "job", results)).toContain("ExitCode=5:0");
    expect(existsSync(join(study, "comparison", "index.html"))).toBe(true);
    expect(kept("local")).toHaveLength(3);
    expect(kept("by slurm")).toEqual(kept("local"));

    // Now the last one, which loses its node for good and goes on in another job: whose lock it finds is told by Slurm.
    rmSync(join(folder, "broken"));
    const lost = await submit(1);
    await atWork(3);
    const node = nodeOf(3);
    await cluster.cut(node);
    cluster.command("scancel", lost.array, lost.results);
    await over(lost.array, lost.results);
    expect(existsSync(lock(3))).toBe(true);
    const last = await submit(1);
    await over(last.array, last.results);
    expect(resumptions(3)).toBe(1);
    expect(cluster.command("scontrol", "show", "job", last.results)).toContain("ExitCode=0:0");
    expect((await sweep("local")).code).toBe(0);
    expect(kept("by slurm")).toEqual(kept("local"));
    expect(kept("local")).toHaveLength(4);
  });
});
