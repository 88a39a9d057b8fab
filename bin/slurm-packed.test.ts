// The batch script of runs that share a GPU, run as Slurm would, with something else in the place of the training.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { temporaryFolder } from "../tests/temporary.js";
import { arrayScript } from "./sweep/slurm-script.js";

/** What files in a run's folder say: it fails, or is finished, or trains until it is told to end, with or without a checkpoint. */
const TRAINER = `#!/bin/bash
while [ "$1" != --out ]; do shift; done
cd "$2"
echo "has $DMO_LAB_THREADS threads"
if [ -e broken ]; then echo "the robot is broken" >&2; exit 2; fi
if [ -e finished ]; then exit 0; fi
end() { if [ ! -e slow ]; then touch "checkpoints/$$"; fi; echo stopped; exit 143; }
trap end TERM
touch started
while :; do sleep 0.02; done
`;

/** Has bash signal a process that is over as well, as when a run ends between a shell's look and its signal. */
const ENDED_IS_TOLD = 'kill() { builtin kill "$@" $(bash -c "echo \\$\\$"); }\n';

/** Lists a run's checkpoints, as the script does before it starts the run, but waits while a file says that it is held up. */
const HELD_LS = `#!/bin/bash
while [ -e "$1/../held" ]; do sleep 0.02; done
exec /bin/ls "$@"
`;

/** Three runs that share a job, with such files. */
function job(...files: string[][]) {
  const folder = temporaryFolder({
    ...{ trainer: TRAINER, "bin/scontrol": '#!/bin/bash\necho "$@" >>requeued\n', "bin/ls": HELD_LS },
    "bin/environment": ENDED_IS_TOLD,
  });
  for (const name of ["trainer", "bin/scontrol", "bin/ls"]) chmodSync(join(folder, name), 0o755);
  mkdirSync(join(folder, "slurm"));
  const place = { task: "cartpole", algorithm: "shac", variant: "" };
  const runs = files.map((names, index) => {
    const directory = join("runs", `it's ${index}`);
    mkdirSync(join(folder, directory, "checkpoints"), { recursive: true });
    for (const name of names) writeFileSync(join(folder, directory, name), "");
    const config = resolveConfig("cartpole", "shac", index);
    return { index, directory, job: { place: { ...place, seed: index }, name: "", assignments: [], config } };
  });
  const batch = { file: "study.ts", name: "three", directory: ".", runs };
  const script = arrayScript(batch, { cpus: 2, runsPerGpu: 3, others: [] });
  writeFileSync(join(folder, "array.sh"), script.replace(/^ {2}\S+ \S+ train /m, "  ./trainer train "));
  const file = (index: number, name: string): string => join(folder, runs[index].directory, name);
  const started = (...indices: number[]) =>
    vi.waitUntil(() => indices.every((index) => existsSync(file(index, "started"))), { timeout: 60_000, interval: 10 });

  return {
    file,
    started,
    /** What a run wrote, without what its shell says of a sleep that was ended. */
    log: (index: number) => readFileSync(join(folder, "slurm", `41_${index}.log`), "utf8").replace("Terminated\n", ""),
    requeued: () => existsSync(join(folder, "requeued")) && readFileSync(join(folder, "requeued"), "utf8"),
    /** Starts it; `signal` is sent once `act` is done. @returns its exit code and what it wrote itself */
    async run(signal?: { name: NodeJS.Signals; to: "script" | "all"; act: () => Promise<unknown> }) {
      const slurm = { SLURM_ARRAY_TASK_ID: "0", SLURM_ARRAY_JOB_ID: "41", SLURM_JOB_ID: "42" };
      const PATH = join(folder, "bin") + delimiter + process.env.PATH;
      const env = { ...process.env, ...slurm, PATH, BASH_ENV: join(folder, "bin/environment") };
      const options = { cwd: folder, env, detached: true } as const;
      const child = spawn("bash", ["array.sh"], { ...options, stdio: ["ignore", "pipe", "pipe"] });
      let written = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (written += String(text)));
      const closed = once(child, "close");
      await signal?.act();
      if (signal) process.kill(signal.to === "all" ? -child.pid! : child.pid!, signal.name);
      return { code: (await closed)[0] as number, written };
    },
  };
}

describe.runIf(process.platform === "linux")("runs that share a job", () => {
  test("fail alone, and stop together when Slurm ends or requeues their job", async () => {
    const three = job([], ["broken"], []);
    const { code, written } = await three.run({ name: "SIGTERM", to: "all", act: () => three.started(0, 2) });
    expect({ code, written, requeued: three.requeued() }).toEqual({ code: 143, written: "", requeued: false });
    expect([0, 1, 2].map(three.log)).toEqual([
      "has 2 threads\nstopped\n",
      "has 2 threads\nthe robot is broken\n",
      "has 2 threads\nstopped\n",
    ]);
    expect([0, 1, 2].map((index) => readdirSync(three.file(index, "checkpoints")).length)).toEqual([1, 0, 1]);
  });

  test("are all told of the time limit, and go on in the same job if one of them has got on", async () => {
    const three = job([], ["slow"], ["finished"]);
    const warning = { name: "SIGUSR1", to: "script", act: () => three.started(0, 1) } as const;
    expect(await three.run(warning)).toEqual({ code: 0, written: "" });
    expect(three.requeued()).toBe("requeue 42\n");
    expect([0, 1, 2].map((index) => /stopped/.test(three.log(index)))).toEqual([true, true, false]);

    rmSync(three.file(0, "started"));
    rmSync(three.file(1, "started"));
    writeFileSync(three.file(0, "slow"), "");
    const { code, written } = await three.run(warning);
    expect({ code, requeued: three.requeued() }).toEqual({ code: 143, requeued: "requeue 42\n" });
    expect(written).toBe("The time limit is too short: it ended the run before it had a new checkpoint.\n");

    for (const index of [0, 1]) writeFileSync(three.file(index, "finished"), "");
    expect(await three.run()).toEqual({ code: 0, written: "" });
  });

  test("are told of the time limit as well if they start after its signal", { timeout: 30_000 }, async () => {
    const three = job([], ["held"], []);
    const { code } = await three.run({
      ...{ name: "SIGUSR1", to: "script" },
      act: () => three.started(0).then(() => setTimeout(() => rmSync(three.file(1, "held")), 200)),
    });
    expect(code).toBe(0);
    expect([0, 1, 2].map(three.log)).toEqual(Array(3).fill("has 2 threads\nstopped\n"));
  });

  test("are waited for, and the job says that one failed", async () => {
    const three = job(["broken"], [], ["finished"]);
    const { code } = await three.run({
      ...{ name: "SIGUSR1", to: "script" },
      act: () => three.started(1).then(() => writeFileSync(three.file(1, "finished"), "")),
    });
    expect(code).toBe(0);
    expect(three.requeued()).toBe("requeue 42\n");
    expect((await three.run()).code).toBe(2);
  });
});
