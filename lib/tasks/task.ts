/** A task, written once over any physics, in one order: configuration, observation table, reward terms, termination, start and reset noise. */
import type { Variation, Variations } from "@dmo-lab/physics/engine";
import type { Model } from "@dmo-lab/physics/model";
import type { Scalar } from "@dmo-lab/physics/expression";
import type { SymbolicState } from "@dmo-lab/physics/routines";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { type TableRow, byRow, placed } from "./read.js";

/** A row of the observation table. The critic and the dynamics model see all of it as it is; the actor may not. */
export type ObservationRow = TableRow & {
  /** The actor does not see it: the robot can't measure it. */
  readonly privileged?: true;
  /** The actor sees it with uniform noise of at most this. */
  readonly noise?: number;
};

/** A row of the context's table. */
export type ContextRow = TableRow & {
  /** What an episode draws it from, uniformly. */
  readonly range?: readonly [low: number, high: number];
  /** A part of the physics that it sets. */
  readonly varies?: Variation;
  /** It advances with time, modulo 1, by this [1/s]. */
  readonly rate?: number;
};

/** Actions `[env, action]` in [-1, 1]: `action` of this step, `previous` of the one before it, `beforePrevious` of the one before that. */
export type Actions<Vector = tf.Tensor2D> = { action: Vector; previous: Vector; beforePrevious: Vector };

/** Constants of a step that the reward reads (goals, commands, the phase that it ends in), each `[env, component]`; `{}` for tasks without. */
export type Context = { [name: string]: tf.Tensor };

/** What the sensors of the physics read in a step, each `[env, component]`; `{}` for tasks without. */
export type Sensors = { [name: string]: tf.Tensor };

/** A state of one environment, `q` and `qd` in the conventions of the engine interface, and its `context` if the task has one. */
export type State = { q: number[]; qd: number[]; context?: number[] };

/** `[env]` from observations `[env, observation]` and actions. */
export type RewardTerm = {
  /** What the term is multiplied by. */
  readonly weight: number;
  /** `[env]`, differentiable in its inputs. */
  readonly term: (nextObs: tf.Tensor2D, actions: Actions, context: Context) => tf.Tensor;
};

/** Something to look at by `name`, such as a velocity [`unit`], and its `target`, what it should be: one number an environment each. */
export type Measure = {
  readonly name: string;
  readonly unit: string;
  /** `[env]` of observations `[env, observation]`. */
  readonly of: (nextObs: tf.Tensor2D) => tf.Tensor;
  readonly target?: (context: Context) => tf.Tensor;
};

/** Ends of episodes by how one would say them: 1 (true) `[env]` at such observations and sensors. */
export type Ends = { readonly [when: string]: (nextObs: tf.Tensor2D, sensors: Sensors) => tf.Tensor };

/** Of observations `[batch, observation]`, what the actor sees, `[batch, actorSees.length]`; differentiable, without noise. */
export type ActorPart = (obs: tf.Tensor2D) => tf.Tensor2D;

/** What a task says to the engines that may run it. Where engines are listed, each adds what it takes beside the model. */
export interface ForEngines {
  /** Names of the engines that can run it, the default one first; absent: all of them. */
  readonly engines?: readonly string[];
}

/** What distinguishes one task from another. */
export interface TaskDefinition extends ForEngines {
  /** As commands and tables name it. */
  readonly name: string;
  /** The robot and its ground. */
  readonly model: Model;
  /** Steps until an episode is cut. */
  readonly episodeLength: number;
  /** What the numbers of {@link observe} are, in their order. */
  readonly observation: readonly ObservationRow[];
  /** What is drawn for an episode beside its state (a goal, a command, friction), and not moved by the physics; absent: nothing. */
  readonly context?: readonly ContextRow[];
  /** After a step, the last numbers of its context are these components of the observation before it; absent: none. */
  readonly memory?: readonly number[];
  /** What the sensors of the physics read, in their order there; absent: nothing is read. */
  readonly sensors?: readonly TableRow[];
  /**
   * What happens between two steps of an episode by chance or rule: a new context (a goal was reached), a new velocity (a
   * push). It comes after the first step's observation and reward, and before what the policy sees next.
   */
  between?(state: { [K in keyof State]-?: ArrayLike<number> }, random: RandomStream): Partial<State> | undefined;
  /** The observation vector of a state. */
  observe(state: SymbolicState): Scalar[];
  /** The reward is the weighted sum of these, each a function of the observation after the step. */
  readonly rewardTerms: { readonly [name: string]: RewardTerm };
  /** Rewards below it count as this, with gradient 0; absent: there is none. */
  readonly rewardFloor?: number;
  /** What training adds to every reward before the floor, so that bad behaviour has a gradient as well; absent: nothing. */
  readonly rewardBonus?: number;
  /** What viewers show beside joints, actions and rewards; absent: nothing. */
  readonly measures?: readonly Measure[];
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
  /** The task without what it draws to make policies robust (setting `randomization`); absent: it draws nothing. */
  readonly unrandomized?: () => Task;
}

/** A task as the library runs it: what {@link defineTask} makes of a definition. */
export interface Task extends TaskDefinition {
  /** Numbers of an action, each in [-1, 1]. */
  readonly actionSize: number;
  /** Numbers of an observation. */
  readonly observationSize: number;
  /** Numbers of a context. */
  readonly contextSize: number;
  /** Numbers that sensors read. */
  readonly sensorSize: number;
  /** Where the context's rows are that are physics. */
  readonly variations: Variations;
  /** Indices of the observation's components that the actor sees: all but the privileged ones. */
  readonly actorSees: readonly number[];
  /** What the actor sees of an observation. */
  readonly actorPart: ActorPart;
  /** Reward of a step, `[env]`; differentiable in observations and actions. */
  reward(nextObs: tf.Tensor2D, actions: Actions, context: Context): tf.Tensor1D;
  /** The same without the bonus of training: what returns and scores count. */
  earned(nextObs: tf.Tensor2D, actions: Actions, context: Context): tf.Tensor1D;
  /** Bool `[env]`. */
  terminated(nextObs: tf.Tensor2D, sensors?: Sensors): tf.Tensor1D;
}

/** Contexts `[env * context]` of a task by the names of its rows. */
export const contextOf = ({ context = [] }: Task, values: Float32Array): Context => byRow(context, values);

/** What `sensors` read, `values` `[env * sensor]`, by the names of a task's rows. */
export const sensorsOf = ({ sensors = [] }: Task, values: Float32Array): Sensors => byRow(sensors, values);

/** Lets a control step's time pass in contexts `[env * context]`; `obs` `[env * observation]` is of where it began. */
export function advance(task: Task, values: Float32Array, obs: Float32Array): void {
  const { context = [], contextSize, observationSize, memory = [], model } = task;
  const rows = placed(context);
  for (let [at, seen] = [0, 0]; at < values.length; at += contextSize, seen += observationSize) {
    for (const { rate, first, size } of rows)
      for (let i = at + first; rate !== undefined && i < at + first + size; i++)
        values[i] = (values[i] + rate * model.timeStep) % 1;
    memory.forEach((from, i) => (values[at + contextSize - memory.length + i] = obs[seen + from]));
  }
}

/**
 * What the actor of `task` sees of `obs` `[env * observation]`, with noise of its sensors from `random`:
 * `[env * actorSees.length]`. The observations themselves where all of them are seen as they are.
 */
export function sense(task: Task, obs: Float32Array, random: RandomStream): Float32Array {
  const { observation, observationSize, actorSees } = task;
  if (observation.every(({ privileged, noise }) => !privileged && !noise)) return obs;
  const noise = observation.flatMap((row) => Array<number>(row.size).fill(row.noise ?? 0));
  return Float32Array.from({ length: (obs.length / observationSize) * actorSees.length }, (_, i) => {
    const [env, index] = [Math.floor(i / actorSees.length), actorSees[i % actorSees.length]];
    const value = obs[env * observationSize + index];
    return noise[index] ? value + random.uniform(-noise[index], noise[index]) : value;
  });
}

/** Sum of squares over the components of x `[env, component]`, as `[env]`. */
export const sumOfSquares = (x: tf.Tensor2D): tf.Tensor1D => tf.sum(tf.square(x), 1);

/** A reward for height `[env]` [m]: with h the height above the floor, at most the range, slope * h, and below the floor (to 1 m) -200 h^2. */
export function aboveFloor(height: tf.Tensor1D, at: { floor: number; range: number; slope: number }): tf.Tensor1D {
  const h = tf.clipByValue(tf.sub(height, at.floor), -1, at.range);
  return tf.sub(tf.mul(at.slope, tf.relu(h)), tf.mul(200, tf.square(tf.relu(tf.neg(h)))));
}

/** `n` numbers of `random`, uniform in +-`range`. */
export const uniforms = (random: RandomStream, n: number, range: number): number[] =>
  Array.from({ length: n }, () => random.uniform(-range, range));
