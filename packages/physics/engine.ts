import type { KnownKinematics } from "./known-kinematics.js";
import type { Observable } from "./observability.js";

/** Coordinates `[env][q]` and velocities `[env][qd]`. */
export type Coordinates = {
  /** As the engine orders joints: [m], [rad], quaternions (x, y, z, w). */
  readonly q: Float32Array;
  /** The same of velocities: [m/s], [rad/s]. */
  readonly qd: Float32Array;
};

/**
 * Physics engines behind one interface. States and observations cross it as float32 arrays, row-major
 * `[env][component]`, in SI units, y or z up as the task's model says; quaternions are (x, y, z, w).
 *
 * State of a joint: slide and hinge q, qd; ball: quaternion, angular velocity in the joint's parent frame; free: position
 * and quaternion, and as velocity the spatial twist at the world origin (angular velocity w, then v, so that the body's own
 * origin p moves with v + w x p).
 */
export interface Engine {
  /** Robots that it steps side by side. */
  readonly numEnvs: number;
  /** Coordinates of one environment. */
  readonly nq: number;
  /** Velocities of one environment. */
  readonly nqd: number;
  /** Components of an action. */
  readonly actionSize: number;
  /** Components of an observation. */
  readonly observationSize: number;
  /** Puts an environment into a state, with the action before it and what its sensors read (default: 0, as after a reset). */
  setState(
    env: number,
    q: ArrayLike<number>,
    qd: ArrayLike<number>,
    previousAction?: ArrayLike<number>,
    sensors?: ArrayLike<number>,
  ): void;
  /** Copies of all states: q `[env][nq]`, qd `[env][nqd]`, and, where there may be any, sensors `[env][sensor]`. */
  state(): { q: Float32Array; qd: Float32Array; sensors?: Float32Array };
  /**
   * One control step of every environment with actions `[env][action]`, clipped to [-1, 1]; `context` `[env][context]` is
   * the task's, for the part of it that is physics.
   */
  step(action: Float32Array, context?: Float32Array): void;
  /** Observations `[env][observation]` of the states as they are, in a fresh array; `context` `[env][context]` is the task's. */
  observe(context?: Float32Array): Float32Array;
  /** What kinematics tell of its steps with a task's observation. */
  kinematics(task: Observable): KnownKinematics;
  /** Frees what is not JavaScript's memory; absent: there is none. */
  dispose?(): void;
}

/** An engine that differentiates its steps. */
export interface DifferentiableEngine extends Engine {
  /** Records the next `steps` steps as steps 0 .. steps - 1, and forgets what was recorded before. */
  startTape(steps: number): void;
  /**
   * Adjoint of recorded step t, to be called for t = steps - 1 .. 0. `gNextObs` `[env][observation]` is the direct gradient
   * at the observation after step t (before any reset). The engine adds what later steps passed back to the state after
   * step t, except where `ended[env]` is 1: step t ended that episode. Returns the gradient at action t, `[env][action]`.
   */
  back(t: number, gNextObs: Float32Array, ended: Uint8Array): Float32Array;
  /** Sets entries of what `back` carries to the step before that are not finite to 0; returns how many. */
  dropNonFinite(): number;
}

/**
 * What a context may set for every environment: the coefficient of friction of whatever touches the ground; mass at the
 * centre of the first body [kg], and where that centre is beside its own place (3 numbers, in the body's axes [m]); the time
 * until an action acts, the one before it in force until then, at most a control step [s]; and, of joints under position
 * control, the friction stiction * tanh(qd / 0.1) + viscosity * qd of each [N m, N m s/rad], and factors of the stiffness,
 * the damping and the strength of all.
 */
export type Variation =
  | "ground friction"
  | "added mass"
  | "centre of mass"
  | "latency"
  | "stiction"
  | "viscosity"
  | "stiffness"
  | "damping"
  | "strength";

/** Indices of these in an environment's context, as far as they are there. */
export type Variations = { readonly [V in Variation]?: number };

/** Whether an engine has gradients. */
export const isDifferentiable = (engine: Engine): engine is DifferentiableEngine => "startTape" in engine;

/** @throws RangeError that names the array, its length and the right one */
export function requireLength(name: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new RangeError(`${name} has ${values.length} numbers; allowed: ${length}`);
}

/** Sets entries that are not finite to 0; returns how many. */
export function clearNonFinite(values: Float32Array | Float64Array): number {
  let cleared = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    values[i] = 0;
    cleared++;
  }
  return cleared;
}
