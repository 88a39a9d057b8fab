/** Submits a study's batch scripts to Slurm. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { storing, writeAtomically } from "@dmo-lab/storage/files";
import { tail } from "./pool.js";
import { arrayScript, type SlurmBatch, quoted, resultsScript, slurmFolder, type SlurmOptions } from "./slurm-script.js";

/** A script, and how sbatch gets it. */
type Submission = { file: string; text: string; command: (array: string) => string[] };

function submissionsOf(batch: SlurmBatch, options: SlurmOptions): { [job in "array" | "results"]: Submission } {
  const [array, results] = ["array.sh", "results.sh"].map((name) => path.join(slurmFolder(batch.directory), name));
  const after = (job: string): string => `--dependency=afterany:${job}`;
  return {
    array: { file: array, text: arrayScript(batch, options), command: () => ["--parsable", array] },
    results: { file: results, text: resultsScript(batch, options), command: (job) => ["--parsable", after(job), results] }, // prettier-ignore
  };
}

/** The files and commands that {@link submit} would write and run. @throws InputError */
export function describeSubmission(batch: SlurmBatch, options: SlurmOptions): string {
  const submissions = Object.values(submissionsOf(batch, options));
  return [
    ...submissions.map(({ file, text }) => `# ${file}\n${text}`),
    ...submissions.map(({ command }) => ["sbatch", ...command("ARRAY")].map(quoted).join(" ")),
  ].join("\n");
}

/**
 * Writes the scripts and submits them, both or none.
 * @returns the numbers of the two jobs
 * @throws InputError where Slurm is absent, refuses, or is still at work on the study
 */
export function submit(batch: SlurmBatch, options: SlurmOptions): { array: string; results: string } {
  const { array, results } = submissionsOf(batch, options);
  const jobs = path.join(slurmFolder(batch.directory), "jobs.txt");
  refuseTwice(batch.directory, jobs);
  storing(array.file, () => {
    fs.mkdirSync(path.dirname(array.file), { recursive: true });
    for (const { file, text } of [array, results]) writeAtomically(file, text);
  });
  const first = sbatch(array, "");
  try {
    const second = sbatch(results, first);
    writeAtomically(jobs, `${first},${second}\n`);
    return { array: first, results: second };
  } catch (error) {
    slurm("scancel", [first]);
    throw error;
  }
}

/** @throws InputError where one of the jobs that were submitted last is not over yet */
function refuseTwice(directory: string, file: string): void {
  if (!fs.existsSync(file)) return;
  const jobs = fs.readFileSync(file, "utf8").trim();
  const others = jobs.split(",").filter((job) => job !== process.env.SLURM_JOB_ID);
  const alive = others.some((job) => slurm("squeue", ["--noheader", `--jobs=${job}`]).stdout.trim() !== "");
  if (alive)
    throw new InputError(`study "${directory}" is at work as Slurm jobs ${jobs}; "scancel ${jobs}" ends them.`);
}

/** Whether this is the job that follows the study's array, so that what is not done by now failed. */
export function followsItself(directory: string): boolean {
  const file = path.join(slurmFolder(directory), "jobs.txt");
  const own = process.env.SLURM_JOB_ID;
  return own !== undefined && fs.existsSync(file) && fs.readFileSync(file, "utf8").trim().split(",")[1] === own;
}

/** @returns the job's number */
function sbatch({ file, command }: Submission, array: string): string {
  const { status, stdout, stderr } = slurm("sbatch", command(array));
  if (status !== 0) throw new InputError(`sbatch refuses "${file}": ${stderr.trim()}`);
  return stdout.trim().split(";")[0]; // the cluster may follow
}

function slurm(program: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { error, ...result } = spawnSync(program, args, { encoding: "utf8" });
  if (error)
    throw new InputError(
      `option --slurm: ${error.message}; allowed: where Slurm takes jobs. With --dry-run they are shown anywhere.`,
    );
  return result;
}

/** The last lines of what a run of the study, by its number, wrote in its newest Slurm job. */
export function lastLines(directory: string, index: number, count: number): string[] {
  const folder = slurmFolder(directory);
  const logs = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(`_${index}.log`)) : [];
  const newest = logs.sort((a, b) => parseInt(b) - parseInt(a))[0];
  if (newest === undefined) return [];
  return tail(fs.readFileSync(path.join(folder, newest), "utf8"), count);
}
