// The batch script of runs that share a GPU, run as Slurm would, by hand.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test, vi } from "vitest";
import { RunFolder } from "../lib/training/run-folder.js";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";

beforeAll(build);

/** CartPole, in one of the runs broken as long as the file of that name is there. */
const TASK = `
import { existsSync } from "node:fs";
import { tasks } from ${JSON.stringify(pathToFileURL("dist/api/index.js").href)};
const broken = existsSync(new URL("broken", import.meta.url));
if (broken && /--seed 2 /.test(process.argv.join(" "))) throw new Error("the robot is broken");
export default tasks.findTask("cartpole");`;

const EPOCHS = 120;
const base = {
  ...{ envs: 8, horizon: 8, epochs: EPOCHS, evaluationEpisodes: 3 },
  ...{ actor: { hidden: [16] }, critic: { hidden: [16], iterations: 1, minibatches: 1 } },
};
const STUDY = { name: "three", algorithms: ["shac"], seeds: [1, 2, 3], base };

test.runIf(process.platform === "linux")(
  "runs that share a job fail alone, stop together, and go on, with the real program",
  async () => {
    const submitted = `#!/bin/sh\necho 41`;
    const requeue = `#!/bin/sh\necho "$@" >> "$(dirname "$0")/requeued"`;
    const files = { "pole.js": TASK, broken: "", "bin/sbatch": submitted, "bin/scontrol": requeue };
    const folder = temporaryFolder(files);
    const study = { ...STUDY, tasks: [join(folder, "pole.js")] };
    writeFileSync(join(folder, "study.ts"), `export default ${JSON.stringify(study)} as const;`);
    for (const name of ["sbatch", "scontrol"]) chmodSync(join(folder, "bin", name), 0o755);
    vi.stubEnv("PATH", join(folder, "bin") + delimiter + process.env.PATH);
    const out = join(folder, "out");
    const sweep = ["sweep", join(folder, "study.ts"), "--out"];
    const { code, stderr } = await start("dmo-lab.mjs", [...sweep, out, "--slurm", "--gpu", "--runs-per-gpu", "3"])
      .ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(existsSync(join(out, "runs"))).toBe(false);

    const run = (seed: number, of = out): string => join(of, "runs", "pole", "shac", `seed${seed}`);
    const log = (index: number): string => readFileSync(join(out, "slurm", `41_${index}.log`), "utf8");
    const rows = (seed: number, of = out) => RunFolder.open(run(seed, of)).rows();
    const epochs = (seed: number): number => (existsSync(join(run(seed), "metrics.csv")) ? rows(seed).length : 0);
    const resumptions = (seed: number) => RunFolder.open(run(seed)).machine().resumed?.length ?? 0;

    /** Starts the job and, when its runs have come so far, signals it. @returns its exit code */
    const job = async (restart: number, signal?: { to: "script" | "all"; after: number }): Promise<unknown> => {
      const slurm = { SLURM_ARRAY_TASK_ID: "0", SLURM_ARRAY_JOB_ID: "41", SLURM_JOB_ID: "41", SLURM_RESTART_COUNT: `${restart}` }; // prettier-ignore
      const child = spawn("bash", [join(out, "slurm", "array.sh")], {
        env: { ...process.env, ...slurm },
        detached: true,
        stdio: "ignore",
      });
      const exit = once(child, "exit");
      if (signal) {
        await vi.waitUntil(() => [1, 3].every((seed) => epochs(seed) >= signal.after), {
          timeout: 600_000,
          interval: 20,
        });
        process.kill(signal.to === "all" ? -child.pid! : child.pid!, signal.to === "all" ? "SIGTERM" : "SIGUSR1");
      }
      return (await exit)[0];
    };

    expect(await job(0, { to: "all", after: 20 })).toBe(143); // as Slurm cancels and preempts
    expect(log(1)).toContain("the robot is broken");
    for (const index of [0, 2]) expect(log(index)).toMatch(/\nStopping after this epoch.*\nStopped;/s);
    const first = [1, 3].map(epochs);
    expect(existsSync(join(folder, "bin", "requeued"))).toBe(false);

    expect(await job(1, { to: "script", after: Math.max(...first) + 5 })).toBe(0); // as it warns of a time limit
    expect(readFileSync(join(folder, "bin", "requeued"), "utf8")).toBe("requeue 41\n");
    expect(Math.max(...[1, 3].map(epochs))).toBeLessThan(EPOCHS);

    rmSync(join(folder, "broken"));
    expect(await job(2)).toBe(0);
    expect([1, 2, 3].map(epochs)).toEqual([EPOCHS, EPOCHS, EPOCHS]);
    expect([1, 2, 3].map(resumptions)).toEqual([2, 0, 2]);
  },
  1_800_000,
);
