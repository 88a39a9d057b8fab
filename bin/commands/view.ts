import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { TRUST, defineCommand, wholeNumber } from "../command.js";

export const command = defineCommand({
  name: "view",
  summary: "show a task's robot in 3D, moved by chance or by the policy of a run",
  usage: "T [--policy DIR] [options]",
  operands: { min: 1, max: 1 },
  options: {
    policy: { value: "DIR", help: "folder of a run on that task; without it, actions are random" },
    seed: { value: "K", help: "seed of random actions (default 0)" },
    out: { value: "FILE", help: "the page to write (default: T.html here, view.html in the run's folder)" },
    ...TRUST,
    open: { help: "open the page in the browser of this desktop" },
  },

  async run({ options, operands: [name] }) {
    const { loadTask } = await import("../../lib/training/task-file.js");
    const task = await loadTask(name);
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { openRun } = await import("../session.js");
    await useBackend();
    const folder = options.policy === undefined ? undefined : await openRun(options.policy, options);
    const trained = folder?.config().task ?? name;
    if (trained !== name)
      throw new InputError(`--policy "${options.policy!}" was trained on ${trained}; allowed: a run on ${name}.`);

    const { record } = await import("../../tools/report/record.js");
    const { viewerHtml } = await import("../../tools/report/viewer.js");
    const { streams } = await import("../../lib/tensor/random.js");
    const { recordPolicy, writePage } = await import("../report-file.js");
    const random = streams(seed)("actions");
    const chance = () => Float32Array.from({ length: task.actionSize }, () => random.uniform(-1, 1));
    const recording = folder
      ? recordPolicy(folder, `${task.name}, policy of ${path.basename(path.resolve(folder.directory))}`)
      : record(task, chance, { title: `${task.name}, random actions` });

    const file = options.out ?? (folder ? path.join(folder.directory, "view.html") : `${task.name}.html`);
    writePage(file, () => viewerHtml(recording));
    console.log(`Viewer: open ${path.resolve(file)} in a browser`);
    if (options.open) (await import("../desktop.js")).openOnDesktop(path.resolve(file));
    return 0;
  },
});
