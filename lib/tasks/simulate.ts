/** Replays given actions in a task's simulator, without resets, and differentiates the summed reward. */
import { InputError } from "../errors.js";
import { type DifferentiableEngine, type Engine, isDifferentiable } from "../physics/engine.js";
import { vjp } from "../tensor/grad.js";
import { tf } from "../tensor/tf.js";
import { type EngineName, createEngine, enginesOf } from "./engines.js";
import { requireFinite } from "./environment.js";
import { type Actions, type Task, advance, contextOf, sensorsOf } from "./task.js";

/** `[env][component]`. */
export type Rows = number[][];

export type Simulation = {
  /** After each step: `[t][env][component]`; reward `[t][env]`, terminated `[t][env]` (the simulation goes on). */
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
  const engine = createEngine(task, envs, options.engine);
  try {
    setStates(engine, task, options.state);
    if (!options.gradient) return play(task, engine, flat);
    if (!isDifferentiable(engine))
      throw new InputError(
        `The engine "${options.engine ?? enginesOf(task)[0]}" gives no gradient; leave gradient out, or use "differentiable".`,
      );
    engine.startTape(steps);
    const result = play(task, engine, flat);
    return { ...result, gradient: differentiate(task, engine, result.obs, flat) };
  } finally {
    engine.dispose?.();
  }
}

/** Steps the engine with actions `[t][env * action]` and writes down what happens. */
function play(task: Task, engine: Engine, actions: readonly Float32Array[]): Simulation {
  const envs = engine.numEnvs;
  const clipped = actions.map(clip);
  const context = startContexts(task, envs);
  const result: Simulation = { q: [], qd: [], obs: [], reward: [], terminated: [] };
  for (let t = 0; t < actions.length; t++) {
    engine.step(actions[t], context);
    advance(task, context);
    const { q, qd, sensors = new Float32Array() } = engine.state();
    const obs = engine.observe(context);
    Object.entries({ q, qd, obs }).forEach(([name, values]) => requireFinite(task, `step ${t}: ${name}`, values, envs));
    result.q.push(rowsOf(q, envs));
    result.qd.push(rowsOf(qd, envs));
    result.obs.push(rowsOf(obs, envs));
    tf.tidy(() => {
      const at = inputsOf(task, obs, clipped, t, envs);
      result.reward.push(Array.from(task.reward(at.obs, at.actions, contextOf(task, context)).dataSync()));
      result.terminated.push(Array.from(task.terminated(at.obs, sensorsOf(task, sensors)).dataSync(), Boolean));
    });
  }
  return result;
}

/** Gradient of the summed reward: back through the recorded steps, the rewards' gradients added on the way. */
function differentiate(
  task: Task,
  engine: DifferentiableEngine,
  obs: readonly Rows[],
  raw: readonly Float32Array[],
): Rows[] {
  const envs = engine.numEnvs;
  const clipped = raw.map(clip);
  const gradient = raw.map((row) => new Float64Array(row.length));
  const running = new Uint8Array(envs);
  for (let t = raw.length - 1; t >= 0; t--) {
    const direct = tf.tidy(() => {
      const at = inputsOf(task, Float32Array.from(obs[t].flat()), clipped, t, envs);
      const { grad } = vjp((x: typeof at) => task.reward(x.obs, x.actions, {}), at, tf.ones([envs]) as tf.Tensor1D);
      const { action, previous, beforePrevious } = grad.actions;
      const actions = [action, previous, beforePrevious].map((g) => g.dataSync());
      return { obs: grad.obs.dataSync() as Float32Array, actions };
    });
    direct.actions.forEach(
      (g, age) => t >= age && g.forEach((x, i) => (gradient[t - age][i] += inRange(raw[t - age][i]) * x)),
    );
    engine.back(t, direct.obs, running).forEach((x, i) => (gradient[t][i] += x));
  }
  return gradient.map((row) => rowsOf(row, envs));
}

const clip = (actions: Float32Array): Float32Array => actions.map((a) => Math.min(Math.max(a, -1), 1));

/** `[env * context]`. */
function startContexts(task: Task, envs: number): Float32Array {
  const { context = [] } = task.start();
  return Float32Array.from({ length: envs * context.length }, (_, i) => context[i % context.length]);
}

/** 1 where clipping passes the derivative. */
const inRange = (action: number): number => Number(Math.abs(action) <= 1);

/** What the reward of step t reads. */
function inputsOf(task: Task, obs: Float32Array, actions: readonly Float32Array[], t: number, envs: number) {
  const at = (step: number): tf.Tensor2D =>
    step < 0 ? tf.zeros([envs, task.actionSize]) : tf.tensor2d(actions[step], [envs, task.actionSize]);
  const known: Actions = { action: at(t), previous: at(t - 1), beforePrevious: at(t - 2) };
  return { obs: tf.tensor2d(obs, [envs, task.observationSize]), actions: known };
}

function setStates(engine: Engine, task: Task, state: SimulateOptions["state"]): void {
  const { numEnvs, nq, nqd } = engine;
  const start = task.start();
  const q = state && requireRows("state.q", state.q, numEnvs, nq);
  const qd = state && requireRows("state.qd", state.qd, numEnvs, nqd);
  for (let env = 0; env < numEnvs; env++)
    engine.setState(
      env,
      q?.subarray(env * nq, (env + 1) * nq) ?? start.q,
      qd?.subarray(env * nqd, (env + 1) * nqd) ?? start.qd,
    );
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
