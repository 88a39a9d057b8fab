/** The batch scripts of a study: an array with a task for each run, and what brings the results up to date after it. */
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { type Job, trainArguments } from "../../tools/study/study.js";

export type SlurmOptions = {
  /** Cores of a run, and its threads. */
  cpus: number;
  /** Runs at a time; by default as many as Slurm lets in. */
  atATime?: number;
  /** Of a run, as sbatch writes them: `12:00:00`, `2G`. */
  time?: string;
  memory?: string;
  partition?: string;
  account?: string;
  /** How many share a job and its one GPU; without it, each has a job without one. */
  runsPerGpu?: number;
  /** Further options of sbatch, for both jobs: `constraint=zen4`. */
  others: readonly string[];
};

/** What the jobs are about. */
export type SlurmBatch = {
  /** The study's file, name and folder. */
  file: string;
  name: string;
  directory: string;
  /** What is to be trained, with its number in the study. */
  runs: readonly { index: number; job: Job; directory: string }[];
  /** Whether more may be to be trained once these are: the next rung of a search. */
  goesOn?: boolean;
};

/** Seconds before its time limit at which a run is told to write a checkpoint: longer than any task's epoch. */
const WARNING_SECONDS = 180;
const RESULTS_MINUTES = 30;

/** Where scripts and the jobs' outputs are. */
export const slurmFolder = (directory: string): string => path.join(directory, "slurm");

/**
 * The batch script of the array: a job for each run, or for several that share a GPU, by the number of its first one.
 * @throws InputError for what sbatch can't be told
 */
export function arrayScript({ name, directory, runs }: SlurmBatch, options: SlurmOptions): string {
  const { cpus, memory, atATime = Infinity, time, runsPerGpu } = options;
  const jobs = shared(runs, Math.min(runsPerGpu ?? 1, atATime));
  const size = jobs[0]?.length ?? 1;
  const numbers = jobs.map((job) => job.map(({ index }) => index));
  const limit = atATime === Infinity ? "" : `%${Math.floor(atATime / size)}`;
  const own = {
    array: ranges(numbers.map(([first]) => first)) + limit,
    requeue: true,
    signal: `B:USR1@${WARNING_SECONDS}`,
    "cpus-per-task": cpus * size,
    gpus: runsPerGpu === undefined ? undefined : 1,
    time,
    mem: memory && times(memory, size),
  } as const;
  const begun = ({ index, job, directory }: SlurmBatch["runs"][number]): string => `  ${index})
    folder=${quoted(directory)}
    set -- ${trainArguments(job, directory).map(quoted).join(" ")}
    ;;
`;
  const members = numbers.map((job) => `  ${job[0]}) numbers="${job.join(" ")}" ;;\n`);
  return `${header(name, slurmLog(directory, "%A_%a"), own, options)}
# The runs of this job, by their numbers in the study.
case $SLURM_ARRAY_TASK_ID in
${members.join("")}esac

# Starts a run. What it writes goes to a log of its own; of a job's first run that is the job's as well.
start() {
  local number=$1
  case $number in
${runs.map(begun).join("")}  esac
  folders+=("$folder")
  before+=("$(checkpoints "$folder")")
  ${PROGRAM} train "$@" >>${quoted(slurmFolder(directory))}"/\${SLURM_ARRAY_JOB_ID}_$number.log" 2>&1 &
  runs+=($!)
}
checkpoints() { ls "$1/checkpoints" 2>/dev/null; }

# ${WARNING_SECONDS} s before the time limit, Slurm sends USR1 to this shell, which tells the runs. When Slurm ends or requeues the job,
# it sends TERM to all of its processes: the runs write checkpoints, and this shell waits for that.
trap 'warned=1' USR1
trap : TERM

export DMO_LAB_THREADS=${cpus}
for number in $numbers; do start "$number"; done

# Which runs are left is looked up, as a \`wait\` that a signal interrupts can lose the exit status of what ends at that moment.
while running=$(jobs -pr); [ "$running" ]; do
  if [ "$warned" ] && [ ! "$told" ]; then
    told=1
    kill -TERM $running 2>/dev/null # a run may have ended meanwhile
  fi
  { sleep 1; } 2>/dev/null # bash says it when TERM ends the sleep
done

code=0
for i in "\${!runs[@]}"; do
  wait "\${runs[i]}"
  ended=$?
  if [ $ended != 0 ]; then code=$ended; fi
  if [ $ended != 143 ]; then continue; fi
  stopped=1
  if [ "$(checkpoints "\${folders[i]}")" != "\${before[i]}" ]; then saved=1; fi
done

if [ "$warned" ] && [ "$stopped" ]; then
  if [ "$saved" ]; then exec scontrol requeue "$SLURM_JOB_ID"; fi
  echo "The time limit is too short: it ended the run before it had a new checkpoint."
fi
exit $code
`;
}

/** Items in as few parts as can be of at most `size`, as even as can be. */
function shared<T>(items: readonly T[], size: number): T[][] {
  const parts = Math.ceil(items.length / size);
  const start = (part: number): number => Math.ceil((part * items.length) / parts);
  return Array.from({ length: parts }, (_, part) => items.slice(start(part), start(part + 1)));
}

/** The memory of so many runs. */
function times(memory: string, runs: number): string {
  const [, number, unit] = /^(\d+)([KMGT]?)$/i.exec(memory) ?? [];
  if (number === undefined)
    throw new InputError(`option --memory is "${memory}"; allowed: a whole number with K, M, G or T, such as 2G.`);
  return `${Number(number) * runs}${unit}`;
}

/** The batch script of what follows the array. @throws InputError for what sbatch can't be told */
export function resultsScript({ file, name, directory, goesOn }: SlurmBatch, options: SlurmOptions): string {
  const results = path.join(directory, "results");
  const own = { "cpus-per-task": 1, time: RESULTS_MINUTES, mem: options.memory };
  return `${header(`${name}-results`, slurmLog(directory, "results-%j"), own, options)}
${PROGRAM} sweep ${quoted(file)} --out ${quoted(directory)} --collect
code=$?
${PROGRAM} compare ${quoted(results)} --out ${quoted(path.join(directory, "comparison"))}
${goesOn ? `${PROGRAM} sweep ${[file, "--out", directory, "--slurm", ...given(options)].map(quoted).join(" ")}\n` : ""}exit $code
`;
}

/** Options of the command line that give these. */
function given(options: SlurmOptions): string[] {
  const { cpus, atATime, time, memory, partition, account, runsPerGpu, others } = options;
  const named = Object.entries({ cpus, jobs: atATime, time, memory, partition, account, "runs-per-gpu": runsPerGpu });
  return [
    ...named.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ...(runsPerGpu === undefined ? [] : ["--gpu"]),
    ...others.flatMap((option) => ["--sbatch", option]),
  ];
}

/** This program, by the Node that runs now. */
const PROGRAM = [process.execPath, packageFile("bin/dmo-lab.mjs")].map(quoted).join(" ");

type Directives = { readonly [name: string]: string | number | true | undefined };

/** What a script begins with; what the user adds comes last and so goes over everything. */
function header(name: string, output: string, own: Directives, options: SlurmOptions): string {
  const { partition, account, others } = options;
  const common = { "job-name": name, chdir: process.cwd(), output, "open-mode": "append", ntasks: 1 };
  const further = others.map((option) => {
    const [, key, value] = /^(?:--)?([a-z][a-z-]+)(?:=(.*))?$/.exec(option) ?? [];
    if (key === undefined)
      throw new InputError(`option --sbatch is "${option}"; allowed: an option of sbatch such as constraint=zen4.`);
    return directives({ [key]: value ?? true });
  });
  return `#!/bin/bash\n${directives({ ...common, ...own, partition, account })}${further.join("")}`;
}

/** Where a job writes; in `name`, Slurm puts numbers for %A, %a and %j. */
const slurmLog = (directory: string, name: string): string =>
  path.join(slurmFolder(directory).replaceAll("%", "%%"), `${name}.log`);

/** A line for each option of sbatch that is given. */
function directives(options: Directives): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `#SBATCH --${name}${value === true ? "" : `=${directive(name, String(value))}`}\n`)
    .join("");
}

function directive(name: string, value: string): string {
  if (/[\n\r]/.test(value)) throw new InputError(`sbatch can't be given ${name} "${value}"; allowed: one line.`);
  return /^[\w@%+=:,./[\]-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** A word of a shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Ascending numbers as `0-3,7`. */
function ranges(numbers: readonly number[]): string {
  const starts = numbers.filter((n, i) => n - 1 !== numbers[i - 1]);
  const ends = numbers.filter((n, i) => n + 1 !== numbers[i + 1]);
  return starts.map((start, i) => (start === ends[i] ? `${start}` : `${start}-${ends[i]}`)).join(",");
}
