/** The physics engines by name, and the only place that knows which there are: whoever runs a task is handed one. */
import { InputError, oneOf } from "@dmo-lab/input/errors";
import type { Engine } from "@dmo-lab/physics/engine";
import { MujocoEngine, type MujocoOptions } from "@dmo-lab/mujoco/mujoco-engine";
import { Simulator } from "@dmo-lab/physics/simulator";
import { threadCount } from "@dmo-lab/jit/backend";
import type { Task } from "./task.js";

declare module "./task.js" {
  interface ForEngines {
    /** How MuJoCo runs it, where that is not as for other models. */
    readonly mujoco?: MujocoOptions;
  }
}

const engines = {
  differentiable: ({ model, observe }, numEnvs) => new Simulator(model, observe, numEnvs),
  mujoco: ({ model, observe, mujoco, contextSize, sensorSize, variations }, numEnvs) =>
    new MujocoEngine(model, observe, numEnvs, {
      ...mujoco,
      threads: threadCount(),
      contextSize,
      sensorSize,
      variations,
    }),
} satisfies { [name: string]: (task: Task, numEnvs: number) => Engine };

/** Name of an engine. */
export type EngineName = keyof typeof engines;
/** All engines. */
export const engineNames = Object.keys(engines) as EngineName[];

/** `engines` that can run a task, by its `model` unless it has a list, the default first. @throws InputError with its `name` for an unknown one */
export const enginesOf = ({ name, model, engines = model.mjcf ? ["mujoco"] : engineNames }: Task): EngineName[] =>
  engines.map((engine) => oneOf(`${name}: engine`, engine, engineNames));

/** The engine of that name. @throws InputError where there is none, or the task does not run on it */
export function findEngine(task: Task, name: string): EngineName {
  const [engine, allowed] = [oneOf("engine", name, engineNames), enginesOf(task)];
  if (allowed.includes(engine)) return engine;
  throw new InputError(`engine "${engine}" can't run ${task.name}; allowed: ${allowed.join(", ")}.`);
}

/** The task's physics in `numEnvs` parallel environments, by default in its first engine. Dispose it: MuJoCo has threads. */
export const createEngine = (task: Task, numEnvs: number, name: EngineName = enginesOf(task)[0]): Engine =>
  engines[findEngine(task, name)](task, numEnvs);
