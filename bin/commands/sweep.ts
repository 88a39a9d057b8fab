import os from "node:os";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { defineCommand, wholeNumber } from "../command.js";

/** What timers can wait for. */
const MAX_HOURS = 500;

/** What only Slurm is told. */
const SLURM = ["partition", "account", "time", "cpus", "memory", "gpu", "runs-per-gpu", "sbatch"] as const;

export const command = defineCommand({
  name: "sweep",
  summary: "train all runs of a study, side by side or by Slurm; given again, it goes on",
  usage: "STUDY.ts [options]",
  operands: { min: 1, max: 1 },
  options: {
    jobs: { value: "N", help: "runs at a time (default: as many as there are processor cores; with --slurm no limit)" },
    hours: { value: "H", help: "stop after so many hours, as Ctrl-C does; the same command goes on" },
    out: { value: "DIR", help: "folder of the study (default runs/<name of the study>)" },
    "dry-run": { help: "print the runs, and how long they may take; with --slurm, what would be submitted" },
    collect: { help: "train nothing, bring DIR/results up to date" },
    slurm: { help: "submit a Slurm job array, and a job that brings DIR/results up to date after it" },
    partition: { value: "P", help: "with --slurm: where, as in sbatch" },
    account: { value: "A", help: "with --slurm: for whom, as in sbatch" },
    time: {
      value: "T",
      help: "with --slurm: limit of a run, as in sbatch; one that takes longer is requeued and goes on",
    },
    cpus: { value: "N", help: "with --slurm: cores and threads of a run (default 1)" },
    memory: { value: "M", help: "with --slurm: of a run, such as 2G" },
    gpu: { help: "with --slurm: a GPU for each run (docs/gpu.md)" },
    "runs-per-gpu": { value: "N", help: "with --gpu: so many runs side by side in a job, which share its GPU (default 1)" }, // prettier-ignore
    sbatch: {
      value: "OPTION",
      multiple: true,
      help: "with --slurm: another option of sbatch, such as constraint=zen4",
    },
  },
  notes: () =>
    `docs/studies.md explains study files, docs/cluster.md Slurm. Each run is a process of its own, with one thread unless
DMO_LAB_THREADS says otherwise. A run that fails is tried once more. Runs are in DIR/runs, what is kept of them (see dmo-lab
collect) in DIR/results. Exit code 5 says that runs failed.`,

  async run({ options, operands: [file] }) {
    const { slurm = false, collect = false, "dry-run": dryRun = false, partition, account, time, memory } = options;
    const lost = SLURM.find((name) => !slurm && options[name] !== undefined);
    if (lost) throw new InputError(`option --${lost} is for --slurm, which is not given.`);
    if (collect && (slurm || dryRun))
      throw new InputError("option --collect is given with another one that excludes it.");
    if (options["runs-per-gpu"] !== undefined && !options.gpu)
      throw new InputError("option --runs-per-gpu is for --gpu, which is not given.");
    const number = (name: "jobs" | "cpus" | "runs-per-gpu"): number | undefined => {
      const value = options[name];
      return value === undefined ? value : wholeNumber(name, value, 1);
    };
    const [jobs, cpus = 1] = [number("jobs"), number("cpus")];
    const hours = options.hours === undefined ? undefined : Number(options.hours);
    if (hours !== undefined && !(hours > 0 && hours <= MAX_HOURS))
      throw new InputError(`option --hours is "${options.hours}"; allowed: a number above 0, to ${MAX_HOURS}.`);
    if (hours !== undefined && slurm) throw new InputError("option --hours is not for --slurm, which has --time.");
    const { jobsOf, loadStudy } = await import("../../tools/study/study.js");
    const sweeping = await import("../sweep/sweep.js");
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const study = await loadStudy(file);
    await useBackend(); // whether runs are of the tasks as they are now
    const plan = { jobs: jobsOf(study), search: study.search };
    const directory = options.out ?? path.join("runs", study.name);
    const slurmOptions = {
      dryRun,
      cpus,
      atATime: jobs,
      time,
      memory,
      partition,
      account,
      runsPerGpu: options.gpu ? (number("runs-per-gpu") ?? 1) : undefined,
      others: options.sbatch ?? [],
    };
    if (slurm) return sweeping.sweepBySlurm({ file, name: study.name }, plan, directory, slurmOptions);
    if (collect) return sweeping.collect(plan, directory);
    const atATime = Math.min(jobs ?? os.availableParallelism(), plan.jobs.length);
    if (!dryRun) return sweeping.sweep(plan, directory, atATime, hours);
    console.log(sweeping.describeRuns(plan, directory, atATime));
    return 0;
  },
});
