/** Replays given actions in a task's simulator, without resets, and differentiates the summed reward. */
import { InputError, NonFiniteError } from "@dmo-lab/input/errors";
import { type DifferentiableEngine, type Engine, isDifferentiable } from "@dmo-lab/physics/engine";
import { vjp } from "@dmo-lab/jit/grad";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { EngineName } from "./engines.js";
import { type Advance, type Environment, requireFinite, rewardInputs } from "./environment.js";
import { createEnvironment } from "./index.js";
import type { Actions, State, Task } from "./task.js";

/** `[env][component]`. */
export type Rows = number[][];

export type Simulation = {
  /**
   * After each step: `[t][env][component]`; `[t][env]` the reward, a bonus of training included, and whether the task ends
   * the episode (the simulation goes on).
   */
  q: Rows[];
  qd: Rows[];
  obs: Rows[];
  reward: number[][];
  terminated: boolean[][];
  /** Of the reward summed over steps and environments with respect to the actions, `[t][env][action]`. */
  gradient?: Rows[];
};

export type SimulateOptions = {
  /** Where to start: q `[env][nq]`, qd `[env][nqd]` (default: the task's deterministic start). */
  state?: { q: Rows; qd: Rows };
  gradient?: boolean;
  /** Which physics (default: the task's). */
  engine?: EngineName;
};

/**
 * Steps a task with actions `[t][env][action]`, clipped to [-1, 1], in the context of its deterministic start, if it has
 * one. Needs a tensor backend, which computes the rewards.
 * An `InputError` names the first entry that is of the wrong shape or not finite; a `NonFiniteError` the first state.
 */
export function simulate(task: Task, actions: readonly Rows[], options: SimulateOptions = {}): Simulation {
  const steps = requireArray("actions", actions).length;
  if (steps === 0) throw new InputError("actions is empty; allowed: at least one step.");
  const envs = requireArray("actions[0]", actions[0]).length;
  if (envs === 0) throw new InputError("actions[0] is empty; allowed: at least one environment.");
  const flat = actions.map((rows, t) => requireRows(`actions[${t}]`, rows, envs, task.actionSize));
  const environment = createEnvironment(task, envs, streams(0)("simulation"), options.engine);
  const { engine } = environment;
  try {
    environment.reset(startsOf(task, engine, options.state));
    if (!options.gradient) return written(play(environment, flat), envs);
    if (!isDifferentiable(engine))
      throw new InputError(`The engine "mujoco" gives no gradient; leave gradient out, or use "differentiable".`);
    engine.startTape(steps);
    const played = play(environment, flat);
    return { ...written(played, envs), gradient: differentiate(task, engine, played, flat) };
  } finally {
    environment.dispose();
  }
}

/** Steps with actions `[t][env * action]`. */
const play = (environment: Environment, actions: readonly Float32Array[]): Advance[] =>
  actions.map((action, t) => {
    try {
      const step = environment.advance(action);
      for (const name of ["q", "qd"] as const)
        requireFinite(environment.task, name, step.state[name], environment.engine.numEnvs);
      return step;
    } catch (error) {
      throw error instanceof NonFiniteError ? new NonFiniteError(`step ${t}: ${error.message}`) : error;
    }
  });

const written = (steps: readonly Advance[], envs: number): Simulation => ({
  q: steps.map(({ state }) => rowsOf(state.q, envs)),
  qd: steps.map(({ state }) => rowsOf(state.qd, envs)),
  obs: steps.map(({ nextObs }) => rowsOf(nextObs, envs)),
  reward: steps.map(({ reward }) => Array.from(reward)),
  terminated: steps.map(({ terminated }) => Array.from(terminated, Boolean)),
});

/** Gradient of the summed reward: back through the recorded steps, the rewards' gradients added on the way. */
function differentiate(
  task: Task,
  engine: DifferentiableEngine,
  steps: readonly Advance[],
  raw: readonly Float32Array[],
): Rows[] {
  const gradient = raw.map((row) => new Float64Array(row.length));
  const running = new Uint8Array(engine.numEnvs);
  for (let t = raw.length - 1; t >= 0; t--) {
    const direct = tf.tidy(() => {
      const [obs, actions, context] = rewardInputs(task, steps[t]);
      const counts = tf.tensor1d(Float32Array.from(steps[t].lost, (lost) => 1 - lost));
      const { grad } = vjp(
        (x: { obs: tf.Tensor2D; actions: Actions }) => task.reward(x.obs, x.actions, context),
        { obs, actions },
        counts,
      );
      const { action, previous, beforePrevious } = grad.actions;
      const ages = [action, previous, beforePrevious].map((g) => g.dataSync());
      return { obs: grad.obs.dataSync() as Float32Array, actions: ages };
    });
    direct.actions.forEach(
      (g, age) => t >= age && g.forEach((x, i) => (gradient[t - age][i] += inRange(raw[t - age][i]) * x)),
    );
    engine.back(t, direct.obs, running).forEach((x, i) => (gradient[t][i] += x));
  }
  return gradient.map((row) => rowsOf(row, engine.numEnvs));
}

/** 1 where clipping passes the derivative. */
const inRange = (action: number): number => Number(Math.abs(action) <= 1);

/** Where each environment starts: in these states, or in the task's deterministic start, in the context of that. */
function startsOf(task: Task, { numEnvs, nq, nqd }: Engine, state: SimulateOptions["state"]): (env: number) => State {
  const start = task.start();
  const q = state && requireRows("state.q", state.q, numEnvs, nq);
  const qd = state && requireRows("state.qd", state.qd, numEnvs, nqd);
  return (env) => ({
    ...start,
    ...(q && { q: Array.from(q.subarray(env * nq, (env + 1) * nq)) }),
    ...(qd && { qd: Array.from(qd.subarray(env * nqd, (env + 1) * nqd)) }),
  });
}

function requireArray(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputError(`${field} is ${JSON.stringify(value)}; allowed: an array.`);
  return value;
}

/** `rows` of `size` finite numbers each, flat. */
function requireRows(field: string, value: unknown, rows: number, size: number): Float32Array {
  const flat = new Float32Array(rows * size);
  if (requireArray(field, value).length !== rows)
    throw new InputError(`${field} has ${requireArray(field, value).length} environments; allowed: ${rows}.`);
  requireArray(field, value).forEach((row, env) => {
    const name = `${field}[${env}]`;
    if (requireArray(name, row).length !== size)
      throw new InputError(`${name} has ${requireArray(name, row).length} numbers; allowed: ${size}.`);
    requireArray(name, row).forEach((x, i) => {
      if (typeof x !== "number" || !Number.isFinite(Math.fround(x)))
        throw new InputError(
          `${name}[${i}] is ${typeof x === "number" ? x : JSON.stringify(x)}; allowed: a finite number.`,
        );
      flat[env * size + i] = x;
    });
  });
  return flat;
}

function rowsOf(values: Float32Array | Float64Array, envs: number): Rows {
  const size = values.length / envs;
  return Array.from({ length: envs }, (_, env) => Array.from(values.subarray(env * size, (env + 1) * size)));
}
