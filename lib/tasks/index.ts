/** The tasks by name, and what makes an environment of one. */
import { InputError, oneOf } from "@dmo-lab/input/errors";
import type { RandomStream } from "../tensor/random.js";
import { isUserFile } from "@dmo-lab/input/user-file";
import { ant } from "./ant.js";
import { cartpole } from "./cartpole.js";
import { cheetah } from "./cheetah.js";
import { type EngineName, createEngine } from "./engines.js";
import { Environment } from "./environment.js";
import { hopper } from "./hopper.js";
import { humanoid } from "./humanoid.js";
import { snu } from "./snu.js";
import type { Task } from "./task.js";
import { checkFunctions } from "./task-trial.js";

const tasks: { [name: string]: () => Task } = { cartpole, hopper, cheetah, ant, humanoid, snu };

/** Names of all tasks that come with the program. */
export const taskNames = Object.keys(tasks);

/** Adds tasks of a robot that lives in a folder of its own (`robots/`): `more` makes them by name. */
export function registerTasks(more: { readonly [name: string]: () => Task }): void {
  taskNames.push(...Object.keys(more).filter((name) => !(name in tasks)));
  Object.assign(tasks, more);
}

/** Of files, by the name that the user gave. */
const ofFiles = new Map<string, Task>();

/** Adds the task of a user's file. */
export function registerTaskFile(name: string, task: Task): void {
  ofFiles.set(name, task);
}

/** The task of that `name`, or of a task file that was loaded under it. @throws InputError with a suggestion where there is none */
export function findTask(name: string): Task {
  if (!isUserFile(name)) return tasks[oneOf("task", name, taskNames)]();
  const task = ofFiles.get(name);
  if (!task) throw new InputError(`task file "${name}" is not loaded; loadTask("${name}") does that.`);
  return task;
}

/** `numEnvs` environments of a `task`, by default on its first `engine`; `random` draws starts and noise. Call `reset()` before the first step. */
export const createEnvironment = (
  task: Task,
  numEnvs: number,
  random: RandomStream,
  engine?: EngineName,
): Environment => {
  checkFunctions(task);
  return new Environment(task, createEngine(task, numEnvs, engine), random);
};
