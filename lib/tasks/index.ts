/** The tasks by name, and what makes an environment of one. */
import { InputError, oneOf } from "../errors.js";
import { type Engine, type EngineName, engineNames } from "../physics/engine.js";
import { MujocoEngine } from "../physics/mujoco-engine.js";
import { Simulator } from "../physics/simulator.js";
import { threadCount } from "../tensor/backend.js";
import type { RandomStream } from "../tensor/random.js";
import { isUserFile } from "../user-file.js";
import { allegro } from "./allegro.js";
import { ant } from "./ant.js";
import { cartpole } from "./cartpole.js";
import { cheetah } from "./cheetah.js";
import { Environment } from "./environment.js";
import { go2Bipedal } from "./go2-bipedal.js";
import { go2 } from "./go2.js";
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

/** The engine of that name; an `InputError` where there is none, or the task does not run on it. */
export function findEngine(task: Task, name: string): EngineName {
  const engine = oneOf("engine", name, engineNames);
  if (!task.engines.includes(engine))
    throw new InputError(`engine "${engine}" can't run ${task.name}; allowed: ${task.engines.join(", ")}.`);
  return engine;
}

/** The task's physics in `numEnvs` parallel environments. Dispose it: MuJoCo has threads. */
export function createEngine(task: Task, numEnvs: number, name: EngineName = task.engines[0]): Engine {
  if (findEngine(task, name) === "differentiable") return new Simulator(task.model, task.observe, numEnvs);
  return new MujocoEngine(task.model, task.observe, numEnvs, {
    ...task.mujoco,
    threads: threadCount(),
    contextSize: task.contextSize,
    sensorSize: task.sensorSize,
    variations: task.variations,
  });
}

/** Call its `reset()` before the first step. */
export const createEnvironment = (
  task: Task,
  numEnvs: number,
  random: RandomStream,
  engine?: EngineName,
): Environment => new Environment(task, createEngine(task, numEnvs, engine), random);
