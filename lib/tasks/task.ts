/**
 * A task, written once over any physics, in one order: configuration, observation table, reward terms, termination,
 * start and reset noise.
 */
import { type EngineName, engineNames } from "../physics/engine.js";
import type { Model } from "../physics/model.js";
import type { MujocoOptions } from "../physics/mujoco-engine.js";
import type { Scalar } from "../physics/expression.js";
import type { SymbolicState } from "../physics/routines.js";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";

/** A row of the observation table: components, in the order of the observation vector. */
export type ObservationRow = { readonly name: string; readonly size: number; readonly unit: string };

/** Actions `[env, action]`, each in [-1, 1]: this step's, the one before it, and the one before that. */
export type Actions = { action: tf.Tensor2D; previous: tf.Tensor2D; beforePrevious: tf.Tensor2D };

/** Constants of a step that the reward reads (goals, commands), each `[env, component]`; `{}` for tasks without. */
export type Context = { [name: string]: tf.Tensor };

/** A state of one environment in the conventions of the engine interface, and its context if the task has one. */
export type State = { q: number[]; qd: number[]; context?: number[] };

/** `[env]` from observations `[env, observation]` and actions. */
export type RewardTerm = {
  readonly weight: number;
  readonly term: (nextObs: tf.Tensor2D, actions: Actions, context: Context) => tf.Tensor;
};

/** Ends of episodes by how one would say them: 1 (true) `[env]` at such observations. */
export type Ends = { readonly [when: string]: (nextObs: tf.Tensor2D) => tf.Tensor };

/** What distinguishes one task from another. */
export interface TaskDefinition {
  readonly name: string;
  readonly model: Model;
  /** Engines that can run it, the default one first (default: the differentiable one, then MuJoCo). */
  readonly engines?: readonly EngineName[];
  /** How MuJoCo runs it, where that is not as for other models. */
  readonly mujoco?: MujocoOptions;
  /** Steps until an episode is cut. */
  readonly episodeLength: number;
  readonly observation: readonly ObservationRow[];
  /** What is drawn for an episode beside its state (a goal, a command), and not moved by the physics; absent: nothing. */
  readonly context?: readonly ObservationRow[];
  /** The context from a state on, where it changes within an episode; undefined: it stays. */
  nextContext?(state: { [K in keyof State]-?: ArrayLike<number> }, random: RandomStream): number[] | undefined;
  /** The observation vector of a state. */
  observe(state: SymbolicState): Scalar[];
  /** The reward is the weighted sum of these, each a function of the observation after the step. */
  readonly rewardTerms: { readonly [name: string]: RewardTerm };
  /** What ends an episode for good; absent: nothing. */
  readonly ends?: Ends;
  /**
   * Where a coordinate or velocity is not finite or beyond this, the episode ends with reward 0 as well, and entries of
   * gradients that are not finite become 0 and are counted. Absent: what is not finite stops the run.
   */
  readonly stateLimit?: number;
  /** 1 (true) where the step reached a goal; counted in evaluations. */
  success?(nextObs: tf.Tensor2D): tf.Tensor;
  /** The deterministic start. */
  start(): State;
  /** A start with the task's noise. */
  reset(random: RandomStream): State;
}

export interface Task extends TaskDefinition {
  readonly engines: readonly EngineName[];
  readonly actionSize: number;
  readonly observationSize: number;
  readonly contextSize: number;
  /** Reward of a step, `[env]`; differentiable in observations and actions. */
  reward(nextObs: tf.Tensor2D, actions: Actions, context: Context): tf.Tensor1D;
  /** Bool `[env]`. */
  terminated(nextObs: tf.Tensor2D): tf.Tensor1D;
}

/** Completes a definition with what follows from it. */
export function defineTask(definition: TaskDefinition): Task {
  const terms = Object.values(definition.rewardTerms);
  const total = (rows: readonly ObservationRow[]): number => rows.reduce((sum, row) => sum + row.size, 0);
  const ends = Object.values(definition.ends ?? {});
  return {
    engines: engineNames,
    ...definition,
    actionSize: definition.model.actuators.length,
    observationSize: total(definition.observation),
    contextSize: total(definition.context ?? []),
    reward: (nextObs, actions, context) =>
      tf.addN(terms.map(({ weight, term }) => tf.mul(term(nextObs, actions, context), weight))) as tf.Tensor1D,
    terminated: (nextObs) =>
      ends.reduce<tf.Tensor1D>((any, end) => tf.logicalOr(any, end(nextObs)), tf.zeros([nextObs.shape[0]], "bool")),
  };
}

/** Contexts `[env * context]` of a task by the names of its rows. */
export function contextOf({ context = [], contextSize }: Task, values: Float32Array): Context {
  let next = 0;
  const all = context.length > 0 ? tf.tensor2d(values, [values.length / contextSize, contextSize]) : undefined;
  return Object.fromEntries(
    context.map(({ name, size }) => [name, tf.slice(all!, [0, (next += size) - size], [-1, size])]),
  );
}

/** Column `index` of `[env, component]`, as `[env]`. */
export const column = (x: tf.Tensor2D, index: number): tf.Tensor1D => tf.squeeze(tf.slice(x, [0, index], [-1, 1]), [1]);

/** Sum over components of `[env, component]`, as `[env]`. */
export const sumOfSquares = (x: tf.Tensor2D): tf.Tensor1D => tf.sum(tf.square(x), 1);

/** The end of an episode where `height`, component 0 of the observation, is below this [m]. */
export const belowHeight = (height: number): Ends => ({
  [`height below ${height} m`]: (obs) => tf.less(column(obs, 0), height),
});

/**
 * A reward for height `[env]` [m]: with h the height above the floor, at most the range, slope * h, and below the floor
 * (to 1 m) -200 h^2.
 */
export function aboveFloor(height: tf.Tensor1D, at: { floor: number; range: number; slope: number }): tf.Tensor1D {
  const h = tf.clipByValue(tf.sub(height, at.floor), -1, at.range);
  return tf.sub(tf.mul(at.slope, tf.relu(h)), tf.mul(200, tf.square(tf.relu(tf.neg(h)))));
}

/** `n` numbers, uniform in +-range. */
export const uniforms = (random: RandomStream, n: number, range: number): number[] =>
  Array.from({ length: n }, () => random.uniform(-range, range));
