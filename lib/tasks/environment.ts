import { NonFiniteError } from "../errors.js";
import type { Engine } from "../physics/engine.js";
import { type Compiled, jit } from "../tensor/jit.js";
import type { RandomState, RandomStream } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "../tensor/tf.js";
import { type Actions, type Context, type Sensors, type Task, advance, contextOf, sense, sensorsOf } from "./task.js";

export type StepResult = {
  /** Observations `[env * observation]` after the step, before any reset. */
  nextObs: Float32Array;
  /** The same after the resets: where the next step starts. */
  resetObs: Float32Array;
  /** `[env]`, of the state before the reset. */
  reward: Float32Array;
  /** The same without the bonus of training. */
  earned: Float32Array;
  /** 1 where the task ended the episode. */
  terminated: Uint8Array;
  /** 1 where that was because the state left the task's limit: reward and observation before the reset are 0. */
  lost: Uint8Array;
  /** 1 where the episode reached its length and was not terminated. */
  truncated: Uint8Array;
  /** Contexts `[env * context]` in force in this step, which the reward read. */
  context: Float32Array;
};

/** The whole state of an environment. */
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

/** A task in all environments of an engine at once: reward, ends of episodes, resets. Needs a tensor backend. */
export class Environment {
  /** Steps that each environment's episode has taken. */
  private readonly steps: Int32Array;
  /** The last two actions `[env * action]`, 0 after a reset. */
  previous: Float32Array;
  beforePrevious: Float32Array;
  /** The task's contexts `[env * context]`. */
  context: Float32Array;
  private readonly judge: Compiled<
    [tf.Tensor2D, Actions, Context, Sensors],
    { reward: tf.Tensor1D; earned: tf.Tensor1D; terminated: tf.Tensor1D }
  >;

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

  /** Starts a new episode everywhere, from the task's noisy start. Returns the observations `[env * observation]`. */
  reset(): Float32Array {
    for (let env = 0; env < this.engine.numEnvs; env++) this.restart(env);
    return this.engine.observe(this.context);
  }

  /**
   * One control step with actions `[env * action]`, clipped to [-1, 1]; environments whose episode ends start anew.
   * A {@link NonFiniteError} if a reward or observation is no longer finite, but for states beyond the task's limit.
   */
  step(action: Float32Array): StepResult {
    const { engine, task, context } = this;
    engine.step(action, context);
    advance(task, context);
    const nextObs = engine.observe(context);
    const lost = this.findLost();
    clearRows(nextObs, lost);
    requireFinite(task, "observation", nextObs, engine.numEnvs);
    const clipped = action.map((a) => Math.min(Math.max(a, -1), 1));
    const { reward, earned, terminated } = this.assess(nextObs, clipped, lost);
    requireFinite(task, "reward", reward, engine.numEnvs);
    this.beforePrevious = this.previous;
    this.previous = clipped;
    this.context = context.slice();
    let changed = this.letHappen();
    const truncated = new Uint8Array(engine.numEnvs);
    for (let env = 0; env < engine.numEnvs; env++) {
      truncated[env] = Number(++this.steps[env] >= task.episodeLength && !terminated[env]);
      if (!terminated[env] && !truncated[env]) continue;
      this.restart(env);
      changed = true;
    }
    const resetObs = changed ? engine.observe(this.context) : nextObs;
    return { nextObs, resetObs, reward, earned, terminated, lost, truncated, context };
  }

  /**
   * What the actor sees of observations `[env * observation]`: `[env * task.actorSees.length]`, without privileged rows and
   * with the noise of its sensors, drawn in every call. The observations themselves where all are seen as they are.
   */
  sense(obs: Float32Array): Float32Array {
    return sense(this.task, obs, this.random);
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
  }

  /** Frees what the environment compiled, and its engine. */
  dispose(): void {
    this.judge.dispose();
    this.engine.dispose?.();
  }

  /** Lets happen what the task has between steps; whether anything did. */
  private letHappen(): boolean {
    const { task, engine, random, context, previous } = this;
    if (!task.between) return false;
    const all = engine.state();
    let happened = false;
    for (let env = 0; env < engine.numEnvs; env++) {
      const [q, qd] = [row(all.q, env, engine.nq), row(all.qd, env, engine.nqd)];
      const next = task.between({ q, qd, context: row(context, env, task.contextSize) }, random);
      if (!next) continue;
      if (next.context) context.set(next.context, env * task.contextSize);
      const sensors = all.sensors && row(all.sensors, env, task.sensorSize);
      if (next.q || next.qd)
        engine.setState(env, next.q ?? q, next.qd ?? qd, row(previous, env, engine.actionSize), sensors);
      happened = true;
    }
    return happened;
  }

  private restart(env: number): void {
    const { q, qd, context = [] } = this.task.reset(this.random);
    this.engine.setState(env, q, qd);
    this.context.set(context, env * this.task.contextSize);
    const { actionSize } = this.engine;
    this.previous.fill(0, env * actionSize, (env + 1) * actionSize);
    this.beforePrevious.fill(0, env * actionSize, (env + 1) * actionSize);
    this.steps[env] = 0;
  }

  /** 1 where a coordinate or velocity is not within the task's limit, if it has one. */
  private findLost(): Uint8Array {
    const { numEnvs } = this.engine;
    const lost = new Uint8Array(numEnvs);
    const { stateLimit } = this.task;
    if (stateLimit === undefined) return lost;
    for (const values of Object.values(this.engine.state()))
      values.forEach((x, i) => {
        if (!(Math.abs(x) <= stateLimit)) lost[Math.floor((i * numEnvs) / values.length)] = 1;
      });
    return lost;
  }

  /** Reward and early end of a step, by the task's tensor functions. */
  private assess(
    nextObs: Float32Array,
    action: Float32Array,
    lost: Uint8Array,
  ): Pick<StepResult, "reward" | "earned" | "terminated"> {
    return tf.tidy(() => {
      const matrix = (values: Float32Array) => rows(this.engine.numEnvs, values);
      const [previous, beforePrevious] = [this.previous, this.beforePrevious].map(matrix);
      const context = contextOf(this.task, this.context);
      const sensors = sensorsOf(this.task, this.engine.state().sensors ?? new Float32Array());
      const result = this.judge(
        matrix(nextObs),
        { action: matrix(action), previous, beforePrevious },
        context,
        sensors,
      );
      const unlessLost = (x: tf.Tensor1D) => (x.dataSync() as Float32Array).map((r, env) => (lost[env] ? 0 : r));
      return {
        reward: unlessLost(result.reward),
        earned: unlessLost(result.earned),
        terminated: (result.terminated.dataSync() as Uint8Array).map((end, env) => end | lost[env]),
      };
    });
  }
}

/** Of values `[env * size]`, those of one environment. */
const row = (values: Float32Array, env: number, size: number): Float32Array =>
  values.subarray(env * size, (env + 1) * size);

/** Sets rows `[env][component]` to 0 where the flag is 1. */
function clearRows(values: Float32Array, flags: Uint8Array): void {
  const size = values.length / flags.length;
  flags.forEach((flag, env) => flag && values.fill(0, env * size, (env + 1) * size));
}

/** A {@link NonFiniteError} that names the first of `values` `[env * component]` that is not finite, if there is one. */
export function requireFinite(task: Task, quantity: string, values: Float32Array, numEnvs: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const env = Math.floor((i * numEnvs) / values.length);
    throw new NonFiniteError(`${quantity} of environment ${env} of ${task.name} is ${values[i]}`);
  }
}
