/** The runs of a study as processes of their own, so many at a time. */
import { spawn } from "node:child_process";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { type Job, trainArguments } from "../../tools/study/study.js";
import type { Evaluation } from "../../lib/training/evaluate.js";
import type { Row } from "../../lib/training/metrics.js";
import { RunFolder } from "../../lib/training/run-folder.js";

export type Run = {
  job: Job;
  directory: string;
  status: "waiting" | "running" | "finished" | "failed";
  /** The newest that was seen. */
  row?: Row;
  /** Of a finished run. */
  evaluation?: Evaluation;
  /** How often it failed. */
  failures: number;
  /** The last lines that it wrote when it failed. */
  lastLines: string[];
};

/** A run as it is on disk. @throws InputError where its folder holds another run */
export function foundRun(job: Job, directory: string): Run {
  const evaluation = RunFolder.finished(directory, job.config);
  const run: Run = {
    job,
    directory,
    status: evaluation ? "finished" : "waiting",
    evaluation,
    failures: 0,
    lastLines: [],
  };
  refresh(run);
  return run;
}

/** Looks for newer rows. */
export function refresh(run: Run): void {
  run.row = readable(() => RunFolder.open(run.directory).lastRow) ?? run.row;
}

/** Nothing where a folder has no run yet or can't be read: the run's process says why. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** A run that failed is tried once more, after the others. */
const ATTEMPTS = 2;
const LINES = 8;
/** How long to wait for a process that still writes to a run's folder, of a sweep that was killed. */
const PATIENCE_SECONDS = 60;

type Options = {
  /** Runs side by side. */
  atATime: number;
  /** Aborted, it stops the runs after their epochs at work and starts no others. */
  signal: AbortSignal;
  /** Sees a run that finished or failed. */
  onEnd: (run: Run) => void;
};

/** Trains all waiting runs. */
export async function trainAll(runs: readonly Run[], { atATime, signal, onEnd }: Options): Promise<void> {
  const queue = runs.filter(({ status }) => status === "waiting");
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      const run = next;
      run.status = "running";
      const lastLines = await train(run, signal);
      run.evaluation = readable(() => RunFolder.finished(run.directory, run.job.config));
      refresh(run);
      if (run.evaluation) run.status = "finished";
      else if (signal.aborted) run.status = "waiting";
      else {
        run.status = ++run.failures < ATTEMPTS ? "waiting" : "failed";
        run.lastLines = lastLines;
        if (run.status === "waiting") queue.push(run);
      }
      if (!signal.aborted || run.evaluation) onEnd(run);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}

/**
 * One process to its end; it ends after its epoch at work when its channel closes, which it also does if this process is
 * killed. In its first epoch it has nothing to lose, and is ended. @returns the last lines that it wrote, and how it ended
 */
async function train(run: Run, signal: AbortSignal): Promise<string[]> {
  const { job, directory } = run;
  for (let s = 0; RunFolder.inUse(directory) && s < PATIENCE_SECONDS && !signal.aborted; s++) await sleep(1000);
  if (signal.aborted) return [];
  const child = spawn(process.execPath, [packageFile("bin/dmo-lab.mjs"), "train", ...trainArguments(job, directory)], {
    env: { DMO_LAB_THREADS: "1", ...process.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const stop = (): void => {
    refresh(run);
    if (!run.row) child.kill();
    else if (child.connected) child.disconnect();
  };
  signal.addEventListener("abort", stop);
  let written = "";
  const outputs = [child.stdout!, child.stderr!];
  for (const stream of outputs)
    stream.setEncoding("utf8").on("data", (text: string) => (written = (written + text).slice(-10_000)));
  const ending = await new Promise<string>((resolve) => {
    child.on("error", ({ message }) => resolve(message));
    child.on("exit", (code, by) => resolve(by ? `ended by ${by}` : `exit code ${code}`));
  });
  await Promise.allSettled(outputs.map((stream) => finished(stream))); // there is no "close" once the channel was closed here
  signal.removeEventListener("abort", stop);
  return [...tail(written, LINES), ending];
}

/** The last lines of what a process wrote, without stacks. */
export const tail = (written: string, lines: number): string[] =>
  written
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at /.test(line))
    .slice(-lines);
