import { NonFiniteError } from "@dmo-lab/input/errors";
import type { Coordinates, Engine } from "@dmo-lab/physics/engine";
import { type Compiled, jit } from "@dmo-lab/jit/jit";
import type { RandomState, RandomStream } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import { type Actions, type Context, type Sensors, type State, type Task } from "./task.js";
import { advance, contextOf, sense, sensorsOf } from "./task.js";

/** What a control step of all environments gives: vectors are arrays `[env * size]`, or tensors where gradients need them. */
export type Outcome<Vector = Float32Array, Constants = Vector> = {
  /** Observations after the step, before any reset; 0 where the state is lost. */
  nextObs: Vector;
  /** The same after the resets: where the next step starts. */
  resetObs: Vector;
  /** `[env]`, what is learned from: of the state before the reset, with the bonus of training. */
  reward: Float32Array;
  /** The same without the bonus: what returns and scores count. */
  earned: Float32Array;
  /** 1 where the task ended the episode. */
  terminated: Uint8Array;
  /** 1 where that was because the state left the task's limit: reward and observation are 0. */
  lost: Uint8Array;
  /** 1 where the episode reached its length and was not terminated. */
  truncated: Uint8Array;
  /** 1 where the episode ended, either way. */
  ended: Uint8Array;
  /** Constants of the step, which the reward read. */
  context: Constants;
};

/** The same with `obs`, where the step began, and `actions`, what was done; `state` is the engine's after it, before any reset. */
export type Step = Outcome & { obs: Float32Array; actions: Actions<Float32Array>; state: ReturnType<Engine["state"]> };

/** A step after which nothing starts anew. */
export type Advance = Omit<Step, "resetObs">;

/** The whole state: `q`, `qd`, `sensors`, actions `previous` and `beforePrevious`, `context`, `steps` of each episode, the stream `random`. */
export type EnvironmentState = {
  q: Float32Array;
  qd: Float32Array;
  sensors?: Float32Array;
  previous: Float32Array;
  beforePrevious: Float32Array;
  context: Float32Array;
  steps: Int32Array;
  random: RandomState;
};

type Judged = { reward: tf.Tensor1D; earned: tf.Tensor1D; terminated: tf.Tensor1D };

/** A `task` on all robots of an `engine` at once: reward, ends of episodes, resets; `load` takes what `save` gave. Needs a tensor backend. */
export class Environment {
  /** Steps that each environment's episode has taken. */
  private readonly steps: Int32Array;
  /** The last actions `[env * action]`, 0 after a reset. */
  previous: Float32Array;
  /** Those before them. */
  beforePrevious: Float32Array;
  /** The task's contexts `[env * context]`. */
  context: Float32Array;
  private readonly judge: Compiled<[tf.Tensor2D, Actions, Context, Sensors], Judged>;
  private standing?: ReturnType<Engine["state"]>;
  private observed?: Float32Array;
  private sensed?: Float32Array;

  constructor(
    readonly task: Task,
    readonly engine: Engine,
    private readonly random: RandomStream,
  ) {
    this.steps = new Int32Array(engine.numEnvs);
    this.previous = new Float32Array(engine.numEnvs * engine.actionSize);
    this.beforePrevious = new Float32Array(engine.numEnvs * engine.actionSize);
    this.context = new Float32Array(engine.numEnvs * task.contextSize);
    this.judge = jit(`${task.name}: reward and end`, (nextObs, actions, context, sensors) => {
      const reward = task.reward(nextObs, actions, context);
      const earned = task.earned === task.reward ? reward : task.earned(nextObs, actions, context);
      return { reward, earned, terminated: task.terminated(nextObs, sensors) };
    });
  }

  /** Observations `[env * observation]` of where the environments stand. */
  get obs(): Float32Array {
    return (this.observed ??= this.engine.observe(this.context));
  }

  /** Coordinates and velocities there. */
  get coordinates(): Coordinates {
    return (this.standing ??= this.engine.state());
  }

  /** What the actors see there, `[env * task.actorSees.length]`; the noise of sensors is drawn once. */
  get seen(): Float32Array {
    return (this.sensed ??= this.sense(this.obs));
  }

  /** Starts a new episode everywhere, from the task's noisy start or these. Returns the observations `[env * observation]`. */
  reset(start: (env: number) => State = () => this.task.reset(this.random)): Float32Array {
    for (let env = 0; env < this.engine.numEnvs; env++) this.restart(env, start(env));
    return this.obs;
  }

  /**
   * One control step with actions `[env * action]`, clipped to [-1, 1]; environments whose episode ends start anew.
   * A {@link NonFiniteError} if a reward or observation is no longer finite, but for states beyond the task's limit.
   */
  step(action: Float32Array): Step {
    const step = this.advance(action);
    this.letHappen();
    step.ended.forEach((end, env) => end && this.restart(env, this.task.reset(this.random)));
    return { ...step, resetObs: this.obs };
  }

  /** The step alone: nothing happens by chance, and no episode starts anew. */
  advance(action: Float32Array): Advance {
    const { engine, task, obs, context, previous, beforePrevious } = this;
    const actions = { action: clip(action), previous, beforePrevious };
    engine.step(action, context);
    advance(task, context, obs);
    const state = engine.state();
    const lost = this.findLost(state);
    const nextObs = engine.observe(context);
    clearRows(nextObs, lost);
    requireFiniteRows(task, "observation", nextObs, engine.numEnvs);
    const judged = this.assess({ nextObs, actions, context }, state.sensors, lost);
    requireFiniteRows(task, "reward", judged.reward, engine.numEnvs);
    const truncated = judged.terminated.map((end, env) => Number(++this.steps[env] >= task.episodeLength && !end));
    const ended = truncated.map((end, env) => end | judged.terminated[env]);
    [this.previous, this.beforePrevious, this.context] = [actions.action, previous, context].map((x) => x.slice());
    [this.standing, this.observed, this.sensed] = [state, nextObs, undefined];
    return { obs, actions, state, nextObs, ...judged, lost, truncated, ended, context };
  }

  /** Puts an environment elsewhere within its episode: other coordinates, velocities, or first numbers of its context. */
  move(env: number, { q, qd, context }: { [K in keyof State]?: ArrayLike<number> }): void {
    const { engine, task, previous } = this;
    if (context) this.context.set(context, env * task.contextSize);
    if (q || qd) {
      const all = engine.state();
      const sensors = all.sensors && row(all.sensors, env, task.sensorSize);
      const [position, velocity] = [q ?? row(all.q, env, engine.nq), qd ?? row(all.qd, env, engine.nqd)];
      engine.setState(env, position, velocity, row(previous, env, engine.actionSize), sensors);
    }
    this.standing = this.observed = this.sensed = undefined;
  }

  /**
   * What the actor sees of observations `[env * observation]`: `[env * task.actorSees.length]`, without privileged rows and
   * with the noise of its sensors, drawn in every call. The observations themselves where all are seen as they are.
   */
  sense(obs: Float32Array): Float32Array {
    return sense(this.task, obs, this.random);
  }

  /** The same of tensors `[env, observation]`, which may be imagined. */
  seenOf(obs: tf.Tensor2D): tf.Tensor2D {
    const { task } = this;
    const seen = task.actorPart(obs);
    if (!task.observation.some(({ noise }) => noise)) return seen;
    return tf.add(seen, rows(obs.shape[0], this.sense(new Float32Array(obs.size))));
  }

  /** The whole state; {@link load} continues from it as if nothing had happened. */
  save(): EnvironmentState {
    return {
      ...this.engine.state(),
      previous: this.previous.slice(),
      beforePrevious: this.beforePrevious.slice(),
      context: this.context.slice(),
      steps: this.steps.slice(),
      random: this.random.save(),
    };
  }

  load(state: EnvironmentState): void {
    const { nq, nqd, actionSize, numEnvs } = this.engine;
    this.previous = state.previous.slice();
    this.beforePrevious = state.beforePrevious.slice();
    this.context = state.context.slice();
    this.steps.set(state.steps);
    this.random.load(state.random);
    for (let env = 0; env < numEnvs; env++)
      this.engine.setState(
        env,
        row(state.q, env, nq),
        row(state.qd, env, nqd),
        row(state.previous, env, actionSize),
        state.sensors && row(state.sensors, env, this.task.sensorSize),
      );
    this.standing = this.observed = this.sensed = undefined;
  }

  /** Frees what the environment compiled, and its engine. */
  dispose(): void {
    this.judge.dispose();
    this.engine.dispose?.();
  }

  /** Lets happen what the task has between steps. */
  private letHappen(): void {
    const { task, engine, random, context } = this;
    if (!task.between) return;
    const all = engine.state();
    for (let env = 0; env < engine.numEnvs; env++) {
      const [q, qd] = [row(all.q, env, engine.nq), row(all.qd, env, engine.nqd)];
      const next = task.between({ q, qd, context: row(context, env, task.contextSize) }, random);
      if (next) this.move(env, next);
    }
  }

  private restart(env: number, { q, qd, context = [] }: State): void {
    this.engine.setState(env, q, qd);
    this.context.set(context, env * this.task.contextSize);
    for (const actions of [this.previous, this.beforePrevious]) row(actions, env, this.engine.actionSize).fill(0);
    this.steps[env] = 0;
    this.standing = this.observed = this.sensed = undefined;
  }

  /** 1 where a coordinate or velocity is not within the task's limit, if it has one. */
  private findLost(state: Advance["state"]): Uint8Array {
    const { numEnvs } = this.engine;
    const lost = new Uint8Array(numEnvs);
    const { stateLimit } = this.task;
    if (stateLimit === undefined) return lost;
    for (const values of Object.values(state))
      values.forEach((x, i) => {
        if (!(Math.abs(x) <= stateLimit)) lost[Math.floor((i * numEnvs) / values.length)] = 1;
      });
    return lost;
  }

  /** Rewards and early ends of a step, by the task's tensor functions. */
  private assess(
    step: Parameters<typeof rewardInputs>[1],
    sensors: Float32Array = new Float32Array(),
    lost: Uint8Array,
  ): Pick<Outcome, "reward" | "earned" | "terminated"> {
    return tf.tidy(() => {
      const judged = this.judge(...rewardInputs(this.task, step), sensorsOf(this.task, sensors));
      const unlessLost = (x: tf.Tensor1D) => (x.dataSync() as Float32Array).map((r, env) => (lost[env] ? 0 : r));
      return {
        reward: unlessLost(judged.reward),
        earned: unlessLost(judged.earned),
        terminated: (judged.terminated.dataSync() as Uint8Array).map((end, env) => end | lost[env]),
      };
    });
  }
}

/** What rewards read of a step, as tensors. */
export function rewardInputs(
  task: Task,
  { nextObs, actions, context }: Pick<Advance, "nextObs" | "actions" | "context">,
): [tf.Tensor2D, Actions, Context] {
  const matrix = (values: Float32Array) => rows(nextObs.length / task.observationSize, values);
  const [action, previous, beforePrevious] = [actions.action, actions.previous, actions.beforePrevious].map(matrix);
  return [matrix(nextObs), { action, previous, beforePrevious }, contextOf(task, context)];
}

const clip = (actions: Float32Array): Float32Array => actions.map((a) => Math.min(Math.max(a, -1), 1));

/** Of values `[env * size]`, those of one environment. */
const row = (values: Float32Array, env: number, size: number): Float32Array =>
  values.subarray(env * size, (env + 1) * size);

/** Sets rows `[env][component]` to 0 where the flag is 1. */
function clearRows(values: Float32Array, flags: Uint8Array): void {
  const size = values.length / flags.length;
  flags.forEach((flag, env) => flag && values.fill(0, env * size, (env + 1) * size));
}

/** A {@link NonFiniteError} that names the first of `values` `[env * component]` that is not finite, if there is one. */
export function requireFiniteRows(task: Task, quantity: string, values: Float32Array, numEnvs: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const env = Math.floor((i * numEnvs) / values.length);
    throw new NonFiniteError(`${quantity} of environment ${env} of ${task.name} is ${values[i]}`);
  }
}
