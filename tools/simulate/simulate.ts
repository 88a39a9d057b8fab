/** Replays given actions in a task's simulator, without resets, and differentiates the summed reward. */
import { array, unknown } from "valibot";
import { InputError, NonFiniteError } from "@dmo-lab/input/errors";
import { check, exactly, list, partOf, single } from "@dmo-lab/input/schema";
import { type DifferentiableEngine, type Engine, isDifferentiable } from "@dmo-lab/physics/engine";
import { vjp } from "@dmo-lab/jit/grad";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { EngineName } from "../../lib/tasks/engines.js";
import { type Advance, type Environment, requireFiniteRows, rewardInputs } from "../../lib/tasks/environment.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import type { Actions, State, Task } from "../../lib/tasks/task.js";

/** `[env][component]`. */
export type Matrix = number[][];

/** What happened while actions were replayed. */
export type Simulation = {
  /** Coordinates after each step, `[t][env][nq]`. */
  q: Matrix[];
  /** Velocities after each step, `[t][env][nqd]`. */
  qd: Matrix[];
  /** Observations after each step, `[t][env][observation]`. */
  obs: Matrix[];
  /** Reward of each step, `[t][env]`, a bonus of training included. */
  reward: number[][];
  /** Whether the task ends the episode with the step, `[t][env]`; the simulation goes on. */
  terminated: boolean[][];
  /** How many numbers of the actions were outside of [-1, 1], and counted as its nearest end. */
  clipped: number;
  /** Of the reward summed over steps and environments with respect to the actions, `[t][env][action]`. */
  gradient?: Matrix[];
};

/** Where to start, in which physics, and whether to differentiate. */
export type SimulateOptions = {
  /** Where to start: q `[env][nq]`, qd `[env][nqd]` (default: the task's deterministic start). */
  state?: { q: Matrix; qd: Matrix };
  /** Whether to differentiate the summed reward (default: no). */
  gradient?: boolean;
  /** Which physics (default: the task's). */
  engine?: EngineName;
};

/**
 * Steps a task with actions `[t][env][action]`, clipped to [-1, 1], in the context of its deterministic start, if it has
 * one. Needs a tensor backend, which computes the rewards.
 * An `InputError` names the first entry that is of the wrong shape or not finite; a `NonFiniteError` the first state.
 * @param task with or without a context
 * @param actions as many robots as there are in each step; all steps have equally many
 * @param options start, engine, and whether to differentiate
 */
export function simulate(task: Task, actions: readonly Matrix[], options: SimulateOptions = {}): Simulation {
  const envs = check(steps, actions, "actions")[0].length;
  const flat = check(array(rowsSchema(envs, task.actionSize)), actions, "actions").map(flatten);
  const environment = createEnvironment(task, envs, streams(0)("simulation"), options.engine);
  const { engine } = environment;
  try {
    environment.reset(startsOf(task, engine, options.state));
    const clipped = flat.reduce((count, step) => count + step.filter((action) => !inRange(action)).length, 0);
    if (!options.gradient) return { ...written(play(environment, flat), envs), clipped };
    if (!isDifferentiable(engine))
      throw new InputError(`The engine "mujoco" gives no gradient; leave gradient out, or use "differentiable".`);
    engine.startTape(flat.length);
    const played = play(environment, flat);
    return { ...written(played, envs), clipped, gradient: differentiate(task, engine, played, flat) };
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
        requireFiniteRows(environment.task, name, step.state[name], environment.engine.numEnvs);
      return step;
    } catch (error) {
      throw error instanceof NonFiniteError ? new NonFiniteError(`step ${t}: ${error.message}`) : error;
    }
  });

const written = (steps: readonly Advance[], envs: number): Omit<Simulation, "clipped"> => ({
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
): Matrix[] {
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
  if (!state) return () => start;
  const { q, qd } = check(partOf({ q: rowsSchema(numEnvs, nq), qd: rowsSchema(numEnvs, nqd) }), state, "state");
  return (env) => ({ ...start, q: q[env], qd: qd[env] });
}

const steps = list(list(unknown(), "a list of environments", 1), "a list of steps", 1);

/** `[env][component]`, finite. */
const rowsSchema = (envs: number, size: number) => exactly(envs, "environments", exactly(size, "numbers", single));

const flatten = (rows: number[][]): Float32Array => Float32Array.from(rows.flat());

function rowsOf(values: Float32Array | Float64Array, envs: number): Matrix {
  const size = values.length / envs;
  return Array.from({ length: envs }, (_, env) => Array.from(values.subarray(env * size, (env + 1) * size)));
}
