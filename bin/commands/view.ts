import { existsSync } from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import type { Task } from "../../lib/tasks/task.js";
import type { Recording } from "../../tools/report/recording.js";
import { BEST, TRUST, defineCommand, wholeNumber } from "../command.js";

/** Stands for actions by chance in place of a policy. */
const RANDOM = "random";

export const command = defineCommand({
  name: "view",
  summary: "show a task's robot in 3D, moved by a policy or by chance",
  usage: "T [--policy P] [options]",
  operands: { min: 1, max: 1 },
  options: {
    policy: {
      value: "P",
      help: `the folder of a run on that task, a policy file, or ${RANDOM} (default: the policy that comes with DMO Lab, data/policies/T.json, or ${RANDOM} where there is none)`,
    },
    ...BEST,
    seed: { value: "K", help: "seed of random actions (default 0)" },
    out: { value: "FILE", help: "the page to write (default: T.html here, view.html in the run's folder)" },
    video: { value: "FILE", help: "a video instead of a page, named .mp4 or .webm; needs a Chromium on this machine" },
    ...TRUST,
    open: { help: "open the page in the browser of this desktop" },
  },

  async run({ options, operands: [name] }) {
    const { checkVideo, videoOf } = await import("../../tools/report/video.js");
    if (options.video !== undefined) checkVideo(options.video);
    const { loadTask } = await import("../../tools/user/task-file.js");
    const task = await loadTask(name);
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { viewerHtml } = await import("../../tools/report/viewer.js");
    const { writePage } = await import("../report-file.js");
    await useBackend();
    const source = options.policy ?? (await ownPolicy(task)) ?? RANDOM;
    if (source === RANDOM && options.best)
      throw new InputError(`option --best is for the folder of a run, given as --policy.`);
    const recording = source === RANDOM ? await byChance(task, seed) : await byPolicy(name, task, source, options);
    if (options.video !== undefined) {
      const { writeAtomically } = await import("@dmo-lab/storage/files");
      writeAtomically(options.video, await videoOf(recording, path.extname(options.video).slice(1)));
      console.log(`Video: ${path.resolve(options.video)}`);
      return 0;
    }
    const run = source === RANDOM || source.endsWith(".json") ? undefined : source;
    const file = options.out ?? (run ? path.join(run, "view.html") : `${task.name}.html`);
    writePage(file, () => viewerHtml(recording));
    console.log(`Viewer: open ${path.resolve(file)} in a browser`);
    if (options.open) (await import("../desktop.js")).openOnDesktop(path.resolve(file));
    return 0;
  },
});

/** The policy that comes with DMO Lab, if there is one for a task. */
async function ownPolicy({ name }: Task): Promise<string | undefined> {
  const { packageFile } = await import("../../lib/project.js");
  const file = packageFile(`data/policies/${name}.json`);
  return existsSync(file) ? file : undefined;
}

async function byChance(task: Task, seed: number): Promise<Recording> {
  const { record } = await import("../../tools/report/record.js");
  const { streams } = await import("../../lib/tensor/random.js");
  const random = streams(seed)("actions");
  const actions = () => Float32Array.from({ length: task.actionSize }, () => random.uniform(-1, 1));
  return record(task, actions, { title: `${task.name}, random actions` });
}

async function byPolicy(
  name: string,
  task: Task,
  source: string,
  given: { best?: boolean; trust?: boolean },
): Promise<Recording> {
  const { openPolicy } = await import("../session.js");
  const { recordPolicy } = await import("../report-file.js");
  const { policy, folder } = await openPolicy(source, given);
  if (policy.task !== name)
    throw new InputError(`--policy "${source}" was trained on ${policy.task}; allowed: a run on ${name}.`);
  const of = path.basename(path.resolve(source));
  return recordPolicy(policy, folder?.config(), `${task.name}, ${given.best ? "best policy" : "policy"} of ${of}`);
}
