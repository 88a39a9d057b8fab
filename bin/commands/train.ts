import os from "node:os";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import type { Row } from "../../lib/training/metrics.js";
import { defineCommand, required, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

/** Options that mean nothing where several seeds are trained. */
const ALONE = ["seed", "checkpoint-every", "json", "quiet"] as const;

export const command = defineCommand({
  name: "train",
  summary: "train a policy and write a run's folder",
  usage: "--task T --algorithm A [--seed K | --seeds N] [options]",
  operands: { min: 0, max: 0 },
  options: {
    task: { value: "T", help: "what to learn: a name (see dmo-lab tasks) or a task file (see docs/your-own-robot.md)" },
    algorithm: { value: "A", help: "how: a name below, or an algorithm file (see docs/your-own-algorithm.md)" },
    preset: {
      value: "P",
      help: "what settings start from: official, the paper's (default), or laptop, ours for one core (docs/laptop.md); the same as --set preset=P",
    },
    seed: { value: "K", help: "seed of everything random (default 0)" },
    seeds: { value: "N", help: "a run for each of the seeds 1 to N, or of a list such as 1,2,7, side by side, each with one thread" }, // prettier-ignore
    jobs: { value: "N", help: "with --seeds: runs at a time (default: as many as there are processor cores)" },
    epochs: { value: "N", help: "epochs to run, the same as --set epochs=N" },
    set: { value: "NAME=VALUE", multiple: true, help: "changes a setting, see below; may be given several times" },
    out: {
      value: "DIR",
      help: "folder of the run (default runs/<task>-<algorithm>-seed<K>); one that holds a run is refused; with --seeds, -seed<K> follows it",
    },
    resume: {
      help: "go on with the run in that folder, given the same arguments (--epochs may differ); start it if there is none",
    },
    "checkpoint-every": { value: "N", help: "epochs between two checkpoints (default 10); a stopped run has one too" },
    "dry-run": {
      help: "train nothing; print the resolved configuration, and beside it (standard error) how long it may take",
    },
    json: {
      help: "print every row as a line of JSON alone, for a tracker (docs/tracking.md); all else goes to standard error",
    },
    quiet: { help: "print no progress, only the score" },
  },
  notes: async () => {
    const { algorithmNames, allSettings, findAlgorithm } = await import("../../lib/training/algorithms.js");
    const { allColumns } = await import("../../lib/training/columns.js");
    const methods = algorithmNames.map((name) => [`  ${name}`, findAlgorithm(name).summary]);
    const knobs = Object.entries(allSettings()).map(([name, { meaning, allowed }]) => [
      `  ${name}`,
      `${meaning} (${allowed})`,
    ]);
    const columns = Object.entries(allColumns()).map(([name, meaning]) => [`  ${name}`, meaning]);
    return [
      `Algorithms:\n${table(methods)}`,
      `Settings (config.json of a run holds the resolved ones):\n${table(knobs)}`,
      `Columns of metrics.csv, a row an epoch:\n${table(columns)}`,
    ].join("\n\n");
  },

  async run({ options }) {
    const [task, algorithm] = [required("task", options.task), required("algorithm", options.algorithm)];
    const lost = ALONE.find((name) => options.seeds !== undefined && options[name] !== undefined);
    if (lost) throw new InputError(`option --${lost} is for one run; --seeds trains several.`);
    if (options.jobs !== undefined && options.seeds === undefined)
      throw new InputError("option --jobs is for --seeds, which is not given.");
    const { loadTask } = await import("../../tools/user/task-file.js");
    const { loadAlgorithm } = await import("../../tools/user/algorithm-file.js");
    const { name } = await loadTask(task);
    await loadAlgorithm(algorithm);
    const { resolveConfig } = await import("../../lib/training/config.js");
    const named = (["preset", "epochs"] as const).flatMap((name) =>
      options[name] === undefined ? [] : [`${name}=${options[name]}`],
    );
    const assignments = [...(options.set ?? []), ...named];
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    const config = resolveConfig(task, algorithm, seed, assignments);
    const every = options["checkpoint-every"];
    const checkpointEvery = every === undefined ? undefined : wholeNumber("checkpoint-every", every, 1);
    const folder = options.out ?? path.join("runs", `${name}-${path.parse(algorithm).name}`);
    const directory = options.out ?? `${folder}-seed${seed}`;
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const backend = await useBackend();
    const { resume = false, quiet, json, seeds } = options;
    if (seeds !== undefined || options["dry-run"]) {
      const { describe, seedsOf, trainSeeds } = await import("../sweep/seeds.js");
      const several = seeds === undefined ? undefined : seedsOf(seeds);
      const runs = several?.map((seed) => ({ seed, directory: `${folder}-seed${seed}` })) ?? [{ seed, directory }];
      const jobs = options.jobs === undefined ? os.availableParallelism() : wholeNumber("jobs", options.jobs, 1);
      const [wanted, atATime] = [{ task, algorithm, assignments, runs }, Math.min(jobs, runs.length)];
      if (!options["dry-run"]) return trainSeeds(wanted, atATime, resume);
      const { config, lines } = describe(wanted, atATime);
      console.log(config);
      for (const line of lines) console.error(line);
      return 0;
    }
    const { RunFolder } = await import("../../lib/training/run-folder.js");
    const { backendLine, sayScore, trainInto } = await import("../session.js");
    const say = (line: string): void => (json ? console.error(line) : console.log(line));
    const finished = resume && RunFolder.finished(directory, config);
    if (finished) {
      sayScore(finished, directory, say);
      return 0;
    }
    if (!quiet) say(backendLine(backend));
    return trainInto(directory, config, backend, {
      say,
      live: !quiet && !json,
      resume,
      checkpointEvery,
      onRow: json ? (row) => console.log(jsonLine(row)) : undefined,
      goOn: "The same command with --resume",
    });
  },
});

/** A row without the columns that have no number. */
const jsonLine = (row: Row): string =>
  JSON.stringify(Object.fromEntries(Object.entries(row).filter(([, value]) => Number.isFinite(value))));
