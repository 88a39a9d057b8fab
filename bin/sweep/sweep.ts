/** A study's runs in its folder: `runs/` as they are trained, `results/` what is kept of them. */
import * as fs from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { duration, number } from "../../tools/report/format.js";
import { saveResult } from "../../tools/study/results.js";
import { type Search, type Standing, standings, rungsOf, trialsOf } from "../../tools/study/search.js";
import { assignmentsOf, type Job } from "../../tools/study/study.js";
import type { Row } from "../../lib/training/metrics.js";
import { takeLock } from "@dmo-lab/storage/lock";
import { RunFolder } from "../../lib/training/run-folder.js";
import { interruptible } from "../interrupt.js";
import { table } from "../terminal.js";
import { committedPaces, pacesOf, secondsLeft, timeLeft } from "./pace.js";
import { type Run, foundRun, trainAll } from "./pool.js";
import { endLine, Screen } from "./screen.js";
import { describeSubmission, followsItself, lastLines, submit } from "./slurm.js";
import type { SlurmOptions } from "./slurm-script.js";

/** Exit code of a sweep in which runs failed. */
export const RUNS_FAILED = 5;

const folderOf = ({ name }: Job, directory: string): string => path.join(directory, "runs", name);

/** What is to be trained: all runs of a study, and what a search among them is. */
export type Plan = { jobs: readonly Job[]; search?: Search };

/** The runs as they are on disk, those of a search as far as they are to come by now; some are known to go on no more. */
function runsOf({ jobs, search }: Plan, directory: string, gaveUp: (job: Job) => boolean = () => false): Run[] {
  const found = (job: Job): Run => foundRun(job, folderOf(job, directory));
  if (!search) return jobs.map(found);
  return standingsOf({ jobs, search }, directory, gaveUp).flatMap(({ jobs }) =>
    jobs.map((job) => {
      const run = found(job);
      const beyond = (run.row?.epoch ?? -1) >= job.config.epochs; // a rung below is done again, for trials that failed there
      return beyond ? { ...run, status: "finished" as const } : run;
    }),
  );
}

function standingsOf({ jobs, search }: Required<Plan>, directory: string, gaveUp: (job: Job) => boolean): Standing[] {
  const all = new Map(jobs.map((job) => [job.name, rowsIn(folderOf(job, directory))]));
  return standings(search, jobs, { rows: ({ name }) => all.get(name)!, gaveUp });
}

const rowsIn = (directory: string): Row[] =>
  fs.existsSync(path.join(directory, "metrics.csv")) ? RunFolder.open(directory).rows() : [];

/** Trains what is not finished yet, rung by rung of a search, then brings the results up to date. @returns the exit code */
export const sweep = (plan: Plan, directory: string, atATime: number, hours?: number): Promise<number> =>
  alone(directory, async () => {
    const budget = hours === undefined ? new AbortController().signal : AbortSignal.timeout(hours * 3_600_000);
    const failed = new Set<string>();
    for (;;) {
      const runs = runsOf(plan, directory, ({ name }) => failed.has(name));
      const open = runs.filter(({ job, status }) => status === "waiting" && !failed.has(job.name));
      const exit = open.length > 0 ? await trainShown(runs, Math.min(atATime, open.length), budget) : 0;
      for (const { job, status } of open) if (status === "failed") failed.add(job.name);
      if (exit === 0 && plan.search && open.length > 0 && !budget.aborted) continue; // what follows depends on how these came out
      return conclude(runs, directory, exit, plan);
    }
  });

/**
 * Trains the runs that wait, until a budget of time is aborted, and shows how it goes.
 * @returns the exit code of an interruption, 0 otherwise
 */
export async function trainShown(runs: readonly Run[], atATime: number, budget?: AbortSignal): Promise<number> {
  const screen = new Screen(runs, atATime, committedPaces());
  const { exit } = await interruptible(
    (signal, listen) => {
      listen();
      return trainAll(runs, {
        atATime,
        signal: AbortSignal.any([signal, ...(budget ? [budget] : [])]),
        onEnd: (run) => screen.say(endLine(run)),
      });
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
  plan: Plan,
  directory: string,
  options: SlurmOptions & { dryRun: boolean },
): Promise<number> {
  const over = followsItself(directory);
  const gaveUp = (job: Job): boolean => over && wasStarted(job, directory);
  const runs = runsOf(plan, directory, gaveUp).map((run) => ({ ...run, index: indexOf(plan, run) }));
  const open = runs.filter(({ status, job }) => status !== "finished" && !gaveUp(job));
  const batch = { ...study, directory, runs: open, goesOn: plan.search?.halving !== undefined };
  if (options.dryRun) console.log(describeSubmission(batch, options));
  if (options.dryRun) return 0;
  if (open.length === 0) return collect(plan, directory);
  return alone(directory, () => {
    const { array, results } = submit(batch, options);
    console.log(`Submitted ${open.length} of ${runs.length} runs as Slurm job ${array}; their results follow as job ${results}`); // prettier-ignore
    console.log(`"squeue --jobs=${array},${results}" shows them; what they write is in ${path.join(directory, "slurm", path.sep)}`); // prettier-ignore
    return 0;
  });
}

/** Brings the results up to date with the runs as they are; who is not finished and not at work failed. @returns the exit code */
export const collect = (plan: Plan, directory: string): Promise<number> =>
  alone(directory, () => {
    const runs = runsOf(plan, directory).map((run): Run => {
      if (run.status === "finished") return run;
      if (RunFolder.inUse(run.directory)) return { ...run, status: "running" };
      return { ...run, status: "failed", lastLines: lastLines(directory, indexOf(plan, run), 2) };
    });
    return conclude(runs, directory, 0, plan);
  });

/** Whether a run was once started for so many epochs; one without a folder failed before it had one. */
function wasStarted(job: Job, directory: string): boolean {
  const folder = folderOf(job, directory);
  if (!RunFolder.holdsRun(folder)) return true;
  return RunFolder.open(folder).config().epochs >= job.config.epochs;
}

/** A run's number in its study, whatever rung it is on. */
const indexOf = ({ jobs }: Plan, { job }: Run): number => jobs.findIndex(({ name }) => name === job.name);

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
function conclude(runs: readonly Run[], directory: string, interrupted: number, { jobs, search }: Plan): number {
  const results = path.join(directory, "results");
  const ended = runs.filter(({ status, row }) => status === "finished" || (status === "failed" && row));
  for (const { directory, job } of ended)
    saveResult(RunFolder.open(directory), results, { variant: job.place.variant, replace: true });
  const failed = runs.filter(({ status }) => status === "failed");
  for (const { job, lastLines } of failed)
    console.log(`${job.name} failed: ${lastLines.slice(-2).join(", ") || "it wrote nothing"}`);
  const finished = runs.filter(({ status }) => status === "finished").length;
  console.log(`${finished} of ${runs.length} runs finished; results: ${path.join(results, path.sep)}`);
  if (search) console.log(table(bestOf({ jobs, search }, directory)));
  if (finished > 0) console.log(`npx dmo-lab compare ${results} compares them`);
  if (finished < runs.length) console.log("The same command goes on with the others");
  return interrupted || (failed.length > 0 ? RUNS_FAILED : 0);
}

/** So many trials are shown. */
const BEST = 5;

/** The trials that came farthest, the best of these first: how far, to which return, with which settings. */
function bestOf(plan: Required<Plan>, directory: string): string[][] {
  const settings = new Map(trialsOf(plan.search).map(({ name, ...own }) => [name, assignmentsOf(own).join(" ")]));
  return standingsOf(plan, directory, () => false)
    .filter(({ value }) => value > -Infinity)
    .sort((a, b) => b.epochs - a.epochs || b.value - a.value)
    .slice(0, BEST)
    .map(({ task, algorithm, trial, epochs, value }) => [`  ${task}/${algorithm} ${trial}`, `${number(epochs)} epochs`, `return ${number(value, 1)}`, settings.get(trial)!]); // prettier-ignore
}

function rungsLine({ jobs, search }: Plan): string {
  if (!search?.halving) return "";
  const rungs = rungsOf(search, jobs[0].config.epochs).map((epochs) => number(epochs));
  return `\nTrials are ranked after ${rungs.join(", ")} epochs; times are of the rungs that they have reached.`;
}

/** The grid, what is done of it, and how long the rest may take. */
export function describeRuns(plan: Plan, directory: string, atATime: number): string {
  const runs = runsOf(plan, directory);
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
  return `${runs.length} runs in ${directory}, ${atATime} at a time, ${timeLeft(runs, atATime, paces)}:\n${table(rows, [1, 2])}${rungsLine(plan)}`;
}
