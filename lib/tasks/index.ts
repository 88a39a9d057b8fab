/** The tasks by name, and what makes an environment of one. */
import { oneOf } from "../errors.js";
import type { DifferentiableEngine } from "../physics/engine.js";
import { Simulator } from "../physics/simulator.js";
import type { RandomStream } from "../tensor/random.js";
import { ant } from "./ant.js";
import { cartpole } from "./cartpole.js";
import { cheetah } from "./cheetah.js";
import { Environment } from "./environment.js";
import { hopper } from "./hopper.js";
import { humanoid } from "./humanoid.js";
import { snu } from "./snu.js";
import type { Task } from "./task.js";

const tasks = { cartpole, hopper, cheetah, ant, humanoid, snu };

export const taskNames = Object.keys(tasks) as (keyof typeof tasks)[];

/** The task of that name; an `InputError` with a suggestion where there is none. */
export const findTask = (name: string): Task => tasks[oneOf("task", name, taskNames)]();

/** The task's physics in `numEnvs` parallel environments. */
export const createEngine = (task: Task, numEnvs: number): DifferentiableEngine =>
  new Simulator(task.model, task.observe, numEnvs);

/** Call its `reset()` before the first step. */
export const createEnvironment = (task: Task, numEnvs: number, random: RandomStream): Environment =>
  new Environment(task, createEngine(task, numEnvs), random);
