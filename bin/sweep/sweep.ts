/** A study's runs in its folder: `runs/` as they are trained, `results/` what is kept of them. */
import * as fs from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { duration, number } from "../../tools/report/format.js";
import { saveResult } from "../../tools/study/results.js";
import type { Job } from "../../tools/study/study.js";
import { takeLock } from "@dmo-lab/storage/lock";
import { RunFolder } from "../../lib/training/run-folder.js";
import { interruptible } from "../interrupt.js";
import { table } from "../terminal.js";
import { committedPaces, pacesOf, secondsLeft, timeLeft } from "./pace.js";
import { type Run, foundRun, trainAll } from "./pool.js";
import { endLine, Screen } from "./screen.js";
import { describeSubmission, lastLines, submit } from "./slurm.js";
import type { SlurmOptions } from "./slurm-script.js";

/** Exit code of a sweep in which runs failed. */
export const RUNS_FAILED = 5;

const runsOf = (jobs: readonly Job[], directory: string): Run[] =>
  jobs.map((job) => foundRun(job, path.join(directory, "runs", job.name)));

/** Trains what is not finished yet, then brings the results up to date. @returns the exit code */
export const sweep = (jobs: readonly Job[], directory: string, atATime: number): Promise<number> =>
  alone(directory, async () => {
    const runs = runsOf(jobs, directory);
    return conclude(runs, path.join(directory, "results"), await trainShown(runs, atATime));
  });

/** Trains the runs that wait and shows how it goes. @returns the exit code of an interruption, 0 otherwise */
export async function trainShown(runs: readonly Run[], atATime: number): Promise<number> {
  const screen = new Screen(runs, atATime, committedPaces());
  const { exit } = await interruptible(
    (signal, listen) => {
      listen();
      return trainAll(runs, { atATime, signal, onEnd: (run) => screen.say(endLine(run)) });
    },
    (line) => screen.say(line),
  ).finally(() => screen.end());
  return exit;
}

/**
 * Has Slurm train what is not finished yet, and bring the results up to date after that.
 * @param study its file and name
 * @param dryRun prints what would be submitted instead
 * @returns the exit code
 */
export async function sweepBySlurm(
  study: { file: string; name: string },
  jobs: readonly Job[],
  directory: string,
  options: SlurmOptions & { dryRun: boolean },
): Promise<number> {
  const runs = runsOf(jobs, directory).map((run, index) => ({ ...run, index }));
  const open = runs.filter(({ status }) => status !== "finished");
  const batch = { ...study, directory, runs: open };
  if (options.dryRun) console.log(describeSubmission(batch, options));
  if (options.dryRun) return 0;
  if (open.length === 0) return collect(jobs, directory);
  return alone(directory, () => {
    const { array, results } = submit(batch, options);
    console.log(`Submitted ${open.length} of ${runs.length} runs as Slurm job ${array}; their results follow as job ${results}`); // prettier-ignore
    console.log(`"squeue --jobs=${array},${results}" shows them; what they write is in ${path.join(directory, "slurm", path.sep)}`); // prettier-ignore
    return 0;
  });
}

/** Brings the results up to date with the runs as they are; who is not finished and not at work failed. @returns the exit code */
export const collect = (jobs: readonly Job[], directory: string): Promise<number> =>
  alone(directory, () => {
    const runs = runsOf(jobs, directory).map((run, index): Run => {
      if (run.status === "finished") return run;
      if (RunFolder.inUse(run.directory)) return { ...run, status: "running" };
      return { ...run, status: "failed", lastLines: lastLines(directory, index, 2) };
    });
    return conclude(runs, path.join(directory, "results"), 0);
  });

/** Works in a study's folder as the only one. @throws InputError where somebody else does, or it can't be written */
async function alone(directory: string, work: () => number | Promise<number>): Promise<number> {
  try {
    fs.mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new InputError(`--out "${directory}" can't be written: ${(error as Error).message}.`);
  }
  const unlock = takeLock(path.join(directory, "sweep.lock"), `study "${directory}"`);
  try {
    return await work();
  } finally {
    unlock();
  }
}

/** Keeps what is done, also of the runs that failed, and says how to go on. */
function conclude(runs: readonly Run[], results: string, interrupted: number): number {
  const ended = runs.filter(({ status, row }) => status === "finished" || (status === "failed" && row));
  for (const { directory, job } of ended)
    saveResult(RunFolder.open(directory), results, { variant: job.place.variant, replace: true });
  const failed = runs.filter(({ status }) => status === "failed");
  for (const { job, lastLines } of failed)
    console.log(`${job.name} failed: ${lastLines.slice(-2).join(", ") || "it wrote nothing"}`);
  const finished = runs.filter(({ status }) => status === "finished").length;
  console.log(`${finished} of ${runs.length} runs finished; results: ${path.join(results, path.sep)}`);
  if (finished > 0) console.log(`npx dmo-lab compare ${results} compares them`);
  if (finished < runs.length) console.log("The same command goes on with the others");
  return interrupted || (failed.length > 0 ? RUNS_FAILED : 0);
}

/** The grid, what is done of it, and how long the rest may take. */
export function describeRuns(jobs: readonly Job[], directory: string, atATime: number): string {
  const runs = runsOf(jobs, directory);
  const paces = [...committedPaces(), ...pacesOf(runs)];
  const rows = runs.map((run) => {
    const { job, row, status } = run;
    const left = secondsLeft(run, paces);
    const begun = row ? `after epoch ${number(row.epoch! + 1)}` : "";
    const open = left === undefined ? "" : `about ${duration(left)} left`;
    const { epochs, envs, horizon } = job.config;
    return [
      `  ${job.name}`,
      `${number(epochs)} epochs`,
      `${number(epochs * envs * horizon)} samples`,
      ...(status === "finished" ? ["finished", ""] : [begun, open]),
    ];
  });
  return `${runs.length} runs in ${directory}, ${atATime} at a time, ${timeLeft(runs, atATime, paces)}:\n${table(rows, [1, 2])}`;
}
