import { InputError } from "@dmo-lab/input/errors";
import { readText } from "@dmo-lab/input/json";
import { parseJson } from "@dmo-lab/input/parse-json";
import type { Matrix, SimulateOptions } from "../../tools/simulate/simulate.js";
import { defineCommand, required } from "../command.js";

export const command = defineCommand({
  name: "simulate",
  summary: "replay actions in a task's simulator and print what happens as JSON",
  usage: "--task T --actions FILE [--state FILE] [--engine E] [--gradient]",
  operands: { min: 0, max: 0 },
  options: {
    task: { value: "T", help: "the task; see dmo-lab tasks" },
    actions: { value: "FILE", help: "JSON: actions [t][env][a], in [-1, 1]" },
    state: {
      value: "FILE",
      help: 'JSON: {"q": [env][nq], "qd": [env][nqd]} (default: the task\'s deterministic start)',
    },
    engine: { value: "E", help: "differentiable or mujoco (default: the task's first; see dmo-lab tasks T)" },
    gradient: { help: "also the gradient of the summed reward with respect to the actions" },
  },
  notes: () =>
    `Prints one JSON object: q, qd, obs, reward, terminated, each [t][env]..., after each step, without resets; clipped, how
many numbers of the actions were outside of [-1, 1]; with --gradient also gradient [t][env][a]. Units and order: dmo-lab tasks T.`,

  async run({ options }) {
    const name = required("task", options.task);
    const actionsFile = required("actions", options.actions);
    const { findEngine } = await import("../../lib/tasks/engines.js");
    const { loadTask } = await import("../../tools/user/task-file.js");
    const task = await loadTask(name);
    const engine = options.engine === undefined ? undefined : findEngine(task, options.engine);
    const actions = readJson("actions", actionsFile) as Matrix[];
    const state = options.state === undefined ? undefined : readState(options.state);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { simulate } = await import("../../tools/simulate/simulate.js");
    await useBackend();
    const result = simulate(task, actions, { state, engine, gradient: options.gradient });
    process.stdout.write(`${JSON.stringify(result)}\n`);
    const given = actions.flat(2).length;
    if (result.clipped > 0)
      console.error(`Note: ${result.clipped} of ${given} numbers in --actions "${actionsFile}" are outside of [-1, 1] and were clipped to it.`); // prettier-ignore
    return 0;
  },
});

const readJson = (option: string, file: string): unknown =>
  parseJson(readText(file, `--${option} "${file}"`), `--${option} "${file}"`);

/** Of the file only the kind of thing is checked here; shapes and numbers are checked where they are used. */
function readState(file: string): SimulateOptions["state"] {
  const state = readJson("state", file);
  if (typeof state !== "object" || state === null || !("q" in state && "qd" in state))
    throw new InputError(`--state "${file}" is not {"q": [env][nq], "qd": [env][nqd]}.`);
  return state as SimulateOptions["state"];
}
