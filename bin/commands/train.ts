import path from "node:path";
import { defineCommand, required, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

export const command = defineCommand({
  name: "train",
  summary: "train a policy and write a run's folder",
  usage: "--task T --algorithm A [--seed K] [options]",
  operands: { min: 0, max: 0 },
  options: {
    task: { value: "T", help: "what to learn; see dmo-lab tasks" },
    algorithm: { value: "A", help: "how; see below" },
    seed: { value: "K", help: "seed of everything random (default 0)" },
    epochs: { value: "N", help: "epochs to run, the same as --set epochs=N" },
    set: { value: "NAME=VALUE", multiple: true, help: "changes a setting, see below; may be given several times" },
    out: {
      value: "DIR",
      help: "folder of the run (default runs/<task>-<algorithm>-seed<K>); one that holds a run is refused",
    },
    quiet: { help: "print no progress, only the score" },
  },
  notes: async () => {
    const { algorithms } = await import("../../lib/training/config.js");
    const { settings } = await import("../../lib/training/settings.js");
    const { COLUMNS } = await import("../../lib/training/metrics.js");
    const methods = Object.entries(algorithms).map(([name, { summary }]) => [`  ${name}`, summary]);
    const knobs = Object.entries(settings).map(([name, { meaning, allowed }]) => [
      `  ${name}`,
      `${meaning} (${allowed})`,
    ]);
    const columns = Object.entries(COLUMNS).map(([name, meaning]) => [`  ${name}`, meaning]);
    return [
      `Algorithms:\n${table(methods)}`,
      `Settings (config.json of a run holds the resolved ones):\n${table(knobs)}`,
      `Columns of metrics.csv, a row an epoch:\n${table(columns)}`,
    ].join("\n\n");
  },

  async run({ options }) {
    const task = required("task", options.task);
    const algorithm = required("algorithm", options.algorithm);
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    const { resolveConfig } = await import("../../lib/training/config.js");
    const epochs = options.epochs === undefined ? [] : [`epochs=${options.epochs}`];
    const config = resolveConfig(task, algorithm, seed, [...(options.set ?? []), ...epochs]);
    const { useBackend } = await import("../../lib/tensor/backend.js");
    const { backendLine, trainInto } = await import("../session.js");
    const backend = await useBackend();
    const say = (line: string): void => console.log(line);
    if (!options.quiet) say(backendLine(backend));
    const directory = options.out ?? path.join("runs", `${task}-${algorithm}-seed${seed}`);
    return trainInto(directory, config, backend, { say, live: !options.quiet });
  },
});
