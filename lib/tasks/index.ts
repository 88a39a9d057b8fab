/** The tasks by name, and what makes an environment of one. */
import { oneOf } from "@dmo-lab/input/errors";
import type { RandomStream } from "../tensor/random.js";
import { isUserFile } from "../user-file.js";
import { allegro } from "./allegro.js";
import { ant } from "./ant.js";
import { cartpole } from "./cartpole.js";
import { cheetah } from "./cheetah.js";
import { type EngineName, createEngine } from "./engines.js";
import { Environment } from "./environment.js";
import { hopper } from "./hopper.js";
import { humanoid } from "./humanoid.js";
import { snu } from "./snu.js";
import type { Task } from "./task.js";
import { loadTaskFile, taskOfFile } from "./task-file.js";
import { checkFunctions } from "./task-trial.js";

const tasks: { [name: string]: () => Task } = { cartpole, hopper, cheetah, ant, humanoid, snu, allegro };

/** Names of all tasks that come with the program. */
export const taskNames = Object.keys(tasks);

/** Adds tasks of a robot that lives in a folder of its own, by name (`robots/`). */
export function registerTasks(more: { readonly [name: string]: () => Task }): void {
  taskNames.push(...Object.keys(more).filter((name) => !(name in tasks)));
  Object.assign(tasks, more);
}

/** The task of that name, or of a task file that was loaded; an `InputError` with a suggestion where there is none. */
export const findTask = (name: string): Task =>
  isUserFile(name) ? taskOfFile(name) : tasks[oneOf("task", name, taskNames)]();

/** The same, where a task file (`./my-robot.js`) is loaded first; {@link findTask} knows it from then on. */
export const loadTask = async (name: string): Promise<Task> => (isUserFile(name) ? loadTaskFile(name) : findTask(name));

/** Call its `reset()` before the first step. */
export const createEnvironment = (
  task: Task,
  numEnvs: number,
  random: RandomStream,
  engine?: EngineName,
): Environment => {
  checkFunctions(task);
  return new Environment(task, createEngine(task, numEnvs, engine), random);
};
