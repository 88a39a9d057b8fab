import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { TrainingFolder } from "../lib/training/training-folder.js";
import { temporaryFolder } from "../tests/temporary.js";
import { runHere } from "../tests/command-line.js";
import { arrayScript, resultsScript } from "./sweep/slurm-script.js";

afterEach(() => vi.unstubAllEnvs());

const STUDY = { name: "two", tasks: ["cartpole"], algorithms: ["shac"], seeds: [1, 2], base: { epochs: 3 } };

/** A study, and programs named like Slurm's that do what the scripts here say. */
function study(programs: { [name: string]: string } = {}) {
  const folder = temporaryFolder({
    "study.ts": `export default ${JSON.stringify(STUDY)} as const;`,
    ...Object.fromEntries(Object.entries(programs).map(([name, script]) => [`bin/${name}`, `#!/bin/sh\n${script}`])),
  });
  for (const name of Object.keys(programs)) chmodSync(join(folder, "bin", name), 0o755);
  vi.stubEnv("PATH", join(folder, "bin") + delimiter + process.env.PATH);
  const out = join(folder, "out");
  const read = (name: string): string => readFileSync(join(out, "slurm", name), "utf8");
  const sweep = (...more: string[]) => runHere("sweep", join(folder, "study.ts"), "--out", out, ...more);
  return { folder, out, read, sweep };
}

/** Run `index` of a study with one seed for each of `seeds`. */
const runs = (...seeds: number[]) =>
  seeds.map((seed) => {
    const place = { task: "cartpole", algorithm: "shac", variant: "", seed };
    const config = resolveConfig("cartpole", "shac", seed);
    return { index: seed, directory: `it's/seed${seed}`, job: { place, name: "", assignments: ["gamma=0.5"], config } };
  });

describe("batch scripts", () => {
  const batch = { file: "study.ts", name: "two", directory: "50 % \"of\"", runs: runs(0, 1, 2, 5, 7, 8) }; // prettier-ignore
  const options = { cpus: 2, time: "1-12", partition: "long", others: ["constraint=zen4&avx512", "--exclusive"] };
  const script = arrayScript(batch, options);

  it("tell sbatch what was asked for, and which runs", () => {
    expect(script.split("\n").filter((line) => line.startsWith("#SBATCH"))).toEqual([
      "#SBATCH --job-name=two",
      `#SBATCH --chdir=${process.cwd()}`,
      '#SBATCH --output="50 %% \\"of\\"/slurm/%A_%a.log"',
      "#SBATCH --open-mode=append",
      "#SBATCH --ntasks=1",
      "#SBATCH --array=0-2,5,7-8",
      "#SBATCH --requeue",
      "#SBATCH --signal=B:USR1@180",
      "#SBATCH --cpus-per-task=2",
      "#SBATCH --time=1-12",
      "#SBATCH --partition=long",
      '#SBATCH --constraint="zen4&avx512"',
      "#SBATCH --exclusive",
    ]);
    expect(script).toContain("export DMO_LAB_THREADS=2\n");
    expect(arrayScript(batch, { cpus: 1, atATime: 4, others: [] })).toContain("--array=0-2,5,7-8%4\n");
    expect(script).not.toContain("gpu");
    expect(arrayScript(batch, { cpus: 1, runsPerGpu: 1, others: [] })).toContain("#SBATCH --gpus=1\n");
  });

  it("give runs that share a GPU as many cores and as much memory as they have alone", () => {
    const onGpus = { cpus: 2, memory: "1500m", runsPerGpu: 4, others: [] };
    const packed = arrayScript(batch, onGpus);
    expect(packed).toMatch(/--array=0,5\n.*--cpus-per-task=6\n#SBATCH --gpus=1\n#SBATCH --mem=4500m\n/s);
    expect(packed).toContain('\n  0) numbers="0 1 2" ;;\n  5) numbers="5 7 8" ;;\nesac\n');
    expect(packed).toContain("export DMO_LAB_THREADS=2\n");
    const limited = (atATime: number) => /--array=(.*)\n/.exec(arrayScript(batch, { ...onGpus, atATime }))![1];
    expect([2, 5, 6, 9].map(limited)).toEqual(["0,2,7%1", "0,5%1", "0,5%2", "0,5%3"]);
    expect(arrayScript({ ...batch, runs: [] }, onGpus)).toContain("--cpus-per-task=2\n");
    const after = resultsScript({ ...batch, goesOn: true }, onGpus);
    expect(after).not.toContain("--gpus");
    expect(after).toContain("#SBATCH --mem=1500m\n");
    expect(after).toMatch(/--slurm --cpus 2 --memory 1500m --runs-per-gpu 4 --gpu$/m);
    expect(() => arrayScript(batch, { ...onGpus, memory: "2 GB" })).toThrow(
      '--memory is "2 GB"; allowed: a whole number',
    );
  });

  it.runIf(process.platform !== "win32")("give each run its arguments, whatever is in them", () => {
    const [before] = script.split("\n# 180 s before");
    const shown = before.replace(/^.* train "\$@" .*$/m, String.raw`printf '%s\n' "$folder" "$@"`);
    const { stdout, stderr } = spawnSync("bash", ["-c", `${shown}\nstart $numbers`], {
      env: { ...process.env, SLURM_ARRAY_TASK_ID: "5" },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      "it's/seed5",
      ...["--task", "cartpole", "--algorithm", "shac", "--seed", "5", "--set", "gamma=0.5"],
      ...["--out", "it's/seed5", "--resume"],
    ]);
    expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" }).stderr).toBe("");
  });

  it("take one line for each option", () => {
    expect(() => arrayScript(batch, { cpus: 1, others: ["rm -rf"] })).toThrow('option --sbatch is "rm -rf"; allowed: an option of sbatch'); // prettier-ignore
    expect(() => arrayScript(batch, { cpus: 1, time: "1\nrm", others: [] })).toThrow('sbatch can\'t be given time "1\\nrm"'); // prettier-ignore
  });
});

describe.runIf(process.platform !== "win32")("sweep --slurm", () => {
  const sbatch = (then: string) => `cd "$(dirname "$0")"; echo "$@" >> calls; n=$(wc -l < calls); ${then}`;

  it("submits what is not finished, then what collects it; --dry-run shows the same", async () => {
    const { folder, out, read, sweep } = study({ sbatch: sbatch("echo $((40 + n))") });
    const [args, array, results] = [["--slurm", "--jobs", "9"], join(out, "slurm", "array.sh"), join(out, "slurm", "results.sh")]; // prettier-ignore
    const dry = await sweep(...args, "--dry-run");
    expect(existsSync(out)).toBe(false);

    const config = resolveConfig("cartpole", "shac", 1, ["epochs=3"]);
    const backend = { name: "tensorflow", version: "", threads: 1 } as const;
    const finished = TrainingFolder.create(join(out, "runs", "cartpole", "shac", "seed1"), config, backend);
    finished.append({ epoch: 0, samples: 1, wall_seconds: 1 });
    finished.saveEvaluation({ mean: 1, std: 0, episodes: 1, returns: [1] });
    finished.close();
    expect(await sweep(...args)).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(folder, "bin", "calls"), "utf8")).toBe(`--parsable ${array}\n--parsable --dependency=afterany:41 ${results}\n`); // prettier-ignore
    expect(read("array.sh")).toContain("#SBATCH --array=1%9\n");
    expect(read("results.sh")).toMatch(/sweep \S+study.ts --out \S+out --collect\n/);
    expect(dry.stdout).toContain(read("results.sh"));
    expect(dry.stdout).toContain("#SBATCH --array=0-1%9\n");
    expect(dry.stdout).toContain(`sbatch --parsable ${array}\nsbatch --parsable --dependency=afterany:ARRAY ${results}\n`); // prettier-ignore
  });

  it("cancels the array where nothing can follow it", async () => {
    const second = 'test $n = 1 && echo 41 || { echo "sbatch: error: no such account" >&2; exit 1; }';
    const { folder, out, sweep } = study({
      sbatch: sbatch(second),
      scancel: 'echo "$@" > "$(dirname "$0")/cancelled"',
    });
    const file = join(out, "slurm", "results.sh");
    expect(await sweep("--slurm")).toMatchObject({ code: 2, stderr: `sbatch refuses "${file}": sbatch: error: no such account\n` }); // prettier-ignore
    expect(readFileSync(join(folder, "bin", "cancelled"), "utf8")).toBe("41\n");
  });

  it("refuses a study that Slurm is at work on, and says so where there is no Slurm", async () => {
    const { out, sweep } = study({ squeue: 'case "$*" in *=42) echo 42;; *) exit 1;; esac' });
    mkdirSync(join(out, "slurm"), { recursive: true });
    writeFileSync(join(out, "slurm", "jobs.txt"), "41,42\n");
    expect((await sweep("--slurm")).stderr).toBe(`study "${out}" is at work as Slurm jobs 41,42; "scancel 41,42" ends them.\n`); // prettier-ignore
    vi.stubEnv("PATH", "");
    expect((await sweep("--slurm")).stderr).toMatch(/^option --slurm: spawnSync squeue ENOENT; allowed: where Slurm/);
    expect((await sweep("--time", "1")).stderr).toBe("option --time is for --slurm, which is not given.\n");
    const packed = (...more: string[]) => sweep("--slurm", "--dry-run", "--runs-per-gpu", ...more);
    expect((await packed("2")).stderr).toBe("option --runs-per-gpu is for --gpu, which is not given.\n");
    expect((await packed("0", "--gpu")).stderr).toBe('option --runs-per-gpu is "0"; allowed: a whole number from 1.\n');
  });
});

it("sweep --collect keeps runs as they are, and tells what those wrote last that are not finished", async () => {
  const { out, sweep } = study();
  const config = resolveConfig("cartpole", "shac", 1, ["epochs=3"]);
  const run = TrainingFolder.create(join(out, "runs", "cartpole", "shac", "seed1"), config, { name: "cpu", version: "", threads: 1 }); // prettier-ignore
  run.append({ epoch: 0, samples: 1, wall_seconds: 1 });
  run.close();
  mkdirSync(join(out, "slurm"));
  const logs = {
    "9_0": "an earlier job\n",
    "10_0": "Error: no memory\n    at code\nslurmstepd: killed\n",
    "10_10": "",
  };
  for (const [name, text] of Object.entries(logs)) writeFileSync(join(out, "slurm", `${name}.log`), text);
  const { code, stdout } = await sweep("--collect");
  expect(code).toBe(5);
  expect(stdout).toContain("cartpole/shac/seed1 failed: Error: no memory, slurmstepd: killed\n");
  expect(stdout).toContain("cartpole/shac/seed2 failed: it wrote nothing\n0 of 2 runs finished");
  expect(JSON.parse(readFileSync(join(out, "results", "cartpole", "shac", "seed1.json"), "utf8"))).toMatchObject({ partial: true, epochs: 1 }); // prettier-ignore
});
