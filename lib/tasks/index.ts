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
import { go2Bipedal } from "../../robots/go2/go2-bipedal.js";
import { go2 } from "../../robots/go2/go2.js";
import { hopper } from "./hopper.js";
import { humanoid } from "./humanoid.js";
import { snu } from "./snu.js";
import type { Task } from "./task.js";
import { loadTaskFile, taskOfFile } from "./task-file.js";

const tasks = { cartpole, hopper, cheetah, ant, humanoid, snu, allegro, go2, "go2-bipedal": go2Bipedal };

export const taskNames = Object.keys(tasks) as (keyof typeof tasks)[];

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
): Environment => new Environment(task, createEngine(task, numEnvs, engine), random);
