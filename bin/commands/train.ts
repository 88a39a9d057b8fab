import path from "node:path";
import { defineCommand, required, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

export const command = defineCommand({
  name: "train",
  summary: "train a policy and write a run's folder",
  usage: "--task T --algorithm A [--seed K] [options]",
  operands: { min: 0, max: 0 },
  options: {
    task: { value: "T", help: "what to learn: a name (see dmo-lab tasks) or a task file (see docs/your-own-robot.md)" },
    algorithm: { value: "A", help: "how: a name below, or an algorithm file (see docs/your-own-algorithm.md)" },
    preset: {
      value: "P",
      help: "what settings start from: official, the paper's (default), or laptop, ours for one core (docs/laptop.md); the same as --set preset=P",
    },
    seed: { value: "K", help: "seed of everything random (default 0)" },
    epochs: { value: "N", help: "epochs to run, the same as --set epochs=N" },
    set: { value: "NAME=VALUE", multiple: true, help: "changes a setting, see below; may be given several times" },
    out: {
      value: "DIR",
      help: "folder of the run (default runs/<task>-<algorithm>-seed<K>); one that holds a run is refused",
    },
    resume: {
      help: "go on with the run in that folder, given the same arguments (--epochs may differ); start it if there is none",
    },
    "checkpoint-every": { value: "N", help: "epochs between two checkpoints (default 10); a stopped run has one too" },
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
    const task = required("task", options.task);
    const { loadTask } = await import("../../lib/training/task-file.js");
    const algorithm = required("algorithm", options.algorithm);
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    const { name } = await loadTask(task);
    const { loadAlgorithm } = await import("../../lib/training/algorithm-file.js");
    await loadAlgorithm(algorithm);
    const { resolveConfig } = await import("../../lib/training/config.js");
    const named = (["preset", "epochs"] as const).flatMap((name) =>
      options[name] === undefined ? [] : [`${name}=${options[name]}`],
    );
    const config = resolveConfig(task, algorithm, seed, [...(options.set ?? []), ...named]);
    const every = options["checkpoint-every"];
    const checkpointEvery = every === undefined ? undefined : wholeNumber("checkpoint-every", every, 1);
    const { resume, quiet } = options;
    const directory = options.out ?? path.join("runs", `${name}-${path.parse(algorithm).name}-seed${seed}`);
    const { RunFolder } = await import("../../lib/training/run-folder.js");
    const { backendLine, sayScore, trainInto } = await import("../session.js");
    const say = (line: string): void => console.log(line);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const backend = await useBackend();
    const finished = resume && RunFolder.finished(directory, config);
    if (finished) {
      sayScore(finished, directory, say);
      return 0;
    }
    if (!quiet) say(backendLine(backend));
    return trainInto(directory, config, backend, {
      say,
      live: !quiet,
      resume,
      checkpointEvery,
      goOn: "The same command with --resume",
    });
  },
});
