/** The differentiable simulator: a model's dynamics compiled to SIMD WebAssembly, with a tape for its adjoint. */
import { InputError } from "@dmo-lab/input/errors";
import { type Pointers, Program, VECTOR } from "./codegen.js";
import type { Scalar } from "./expression.js";
import { clearNonFinite, requireLength } from "./engine.js";
import { KnownKinematics } from "./known-kinematics.js";
import { LaneMemory, type Real, layOut } from "./lane-memory.js";
import { writeLoops } from "./loops.js";
import type { Model } from "./model.js";
import type { Observable } from "./observability.js";
import { type KinematicTree, buildTree } from "./tree.js";
import { type SymbolicState, buildRoutines } from "./routines.js";
import type { Lanes } from "./wasm.js";

/** Blocks that there are once: where a batch is, its gradients, and what the adjoint of a step works on. */
type Work = "state" | "action" | "observation" | "gObservation" | "gState" | "gAction" | Scratch;
type Scratch = "gLocal" | "gNext" | "gOrigin" | "gMass";

/** Blocks of a recorded step. */
type Recorded = "before" | "after" | "action" | "local" | "factor";

/**
 * Implements `DifferentiableEngine` (with float32 lanes). Memory holds, after the program's constants, the current state
 * and what the adjoint works on, then the tape. A recorded step holds the states before and after it, the action, the
 * local state before every substep and after the last, and the factored mass matrices.
 */
export class Simulator<A extends Real = Float32Array> {
  /** Coordinates of one environment. */
  readonly nq: number;
  /** Velocities of one environment. */
  readonly nqd: number;
  /** Components of an action. */
  readonly actionSize: number;
  /** Components of an observation. */
  readonly observationSize: number;
  private readonly memory: LaneMemory<A>;
  private readonly run: ReturnType<typeof writeLoops>;
  /** Byte addresses. */
  private readonly at: Pointers<Work>;
  private readonly tape: number;
  /** Vectors of a recorded step, and its bytes. */
  private readonly recorded: Record<Recorded, number>;
  private readonly stepBytes: number;
  /** Steps that the tape holds, and the next one's index; past the end, steps are not kept. */
  private tapeLength = 0;
  private nextStep = 0;

  constructor(
    model: Model,
    observe: (state: SymbolicState) => Scalar[],
    /** Robots that it steps side by side. */
    readonly numEnvs: number,
    lanes: Lanes = "f32x4",
  ) {
    if (model.mjcf)
      throw new InputError(`${model.name}: it was read for MuJoCo alone (mujocoOnly), not for this engine.`);
    const tree = buildTree(model);
    const routines = buildRoutines(tree, observe);
    [this.nq, this.nqd, this.actionSize] = [tree.nq, tree.nqd, model.actuators.length];
    this.observationSize = routines.observe.outputs.observation.length;
    this.memory = new LaneMemory(numEnvs, lanes);
    const { groups } = this.memory;
    const renewals = model.substeps / (model.massMatrixEvery ?? model.substeps);
    const program = new Program(lanes);
    this.run = writeLoops(program, routines, { groups, renewals, perRenewal: model.substeps / renewals });

    const [size, factor] = [tree.nq + tree.nqd, routines.mass.outputs.factor.length];
    const [state, action, observation] = [size, this.actionSize, this.observationSize].map((n) => groups * n);
    const [gState, gAction, gObservation] = [state, action, observation];
    const scratch = { gLocal: size, gNext: size, gOrigin: size, gMass: routines.substepAdjoint.inputs.gMass.length };
    const work = { state, action, observation, gObservation, gState, gAction, ...scratch };
    ({ at: this.at, end: this.tape } = layOut(program.reserved, work));
    const local = state * (model.substeps + 1);
    this.recorded = { before: state, after: state, action, local, factor: groups * factor * renewals };
    this.stepBytes = layOut(0, this.recorded).end;
    this.startTape(0);
    program.instantiate(this.memory.memory);
    this.memory.fill(this.at.state, restState(tree)); // lanes past the last environment are computed as well
  }

  /**
   * Puts an environment into a state: q [nq], qd [nqd], and the action before it (default: 0).
   * @throws RangeError for wrong lengths or no such environment
   */
  setState(env: number, q: ArrayLike<number>, qd: ArrayLike<number>, previousAction?: ArrayLike<number>): void {
    requireLength("q", q, this.nq);
    requireLength("qd", qd, this.nqd);
    const action = previousAction ?? new Float32Array(this.actionSize);
    requireLength("previousAction", action, this.actionSize);
    if (!(env >= 0 && env < this.numEnvs)) throw new RangeError(`env is ${env}; allowed: 0 to ${this.numEnvs - 1}`);
    this.memory.write(this.at.state, env, [...Array.from(q), ...Array.from(qd)]);
    this.memory.write(this.at.action, env, action);
  }

  /** Copies of all states: q `[env][nq]`, qd `[env][nqd]`. */
  state(): { q: A; qd: A } {
    return this.gatherStates(this.at.state);
  }

  /**
   * One control step of every environment with actions `[env][action]`, clipped to [-1, 1]; recorded as long as the
   * tape has room.
   */
  step(action: ArrayLike<number>): void {
    requireLength("action", action, this.numEnvs * this.actionSize);
    const step = this.stepAt(Math.min(this.nextStep++, this.tapeLength));
    const bytes = new Uint8Array(this.memory.memory.buffer);
    const copyState = (from: number, to: number) => bytes.copyWithin(to, from, from + this.recorded.before * VECTOR);
    copyState(this.at.state, step.before);
    this.memory.scatter(step.action, action, this.actionSize);
    this.run.forward(step);
    copyState(step.after, this.at.state);
    this.memory.scatter(this.at.action, action, this.actionSize);
  }

  /** Observations `[env][observation]` of the states as they are, in a fresh array. */
  observe(): A {
    this.run.observe(this.at);
    return this.memory.gather(this.at.observation, this.observationSize);
  }

  /** What kinematics tell of its steps with a task's observation. */
  kinematics(task: Observable): KnownKinematics {
    return new KnownKinematics(task, task.model.substeps, this.numEnvs);
  }

  /** Records the next `steps` steps as steps 0 .. steps - 1, and forgets what was recorded before. */
  startTape(steps: number): void {
    this.tapeLength = steps;
    this.nextStep = 0;
    this.memory.reach(this.tape + (steps + 1) * this.stepBytes);
    this.memory.fill(this.at.gState, new Float32Array(this.nq + this.nqd));
  }

  /**
   * Adjoint of recorded step t, to be called for t = steps - 1 .. 0: takes the gradient `[env][observation]` after the
   * step, gives the one at its action `[env][action]`; see {@link DifferentiableEngine}.
   * @throws RangeError for a step that is not on the tape
   */
  back(t: number, gNextObs: ArrayLike<number>, ended: Uint8Array): A {
    if (!(t < this.nextStep && t < this.tapeLength)) throw new RangeError(`back: step ${t} is not on the tape`);
    requireLength("gNextObs", gNextObs, this.numEnvs * this.observationSize);
    const at = { ...this.at, ...this.stepAt(t) };
    this.memory.scatter(at.gObservation, gNextObs, this.observationSize);
    const none = new Float32Array(this.nq + this.nqd);
    ended.forEach((flag, env) => flag && this.memory.write(at.gState, env, none));
    this.run.observeAdjoint({ ...at, state: at.after });
    this.run.backward(at);
    return this.memory.gather(at.gAction, this.actionSize);
  }

  /** Sets entries of what `back` carries to the step before that are not finite to 0; returns how many. */
  dropNonFinite(): number {
    const carried = this.memory.gather(this.at.gState, this.nq + this.nqd);
    const dropped = clearNonFinite(carried);
    if (dropped > 0) this.memory.scatter(this.at.gState, carried, this.nq + this.nqd);
    return dropped;
  }

  /** Gradients at the states before the step that `back` was last called for: q `[env][nq]`, qd `[env][nqd]`. */
  stateGradient(): { q: A; qd: A } {
    return this.gatherStates(this.at.gState);
  }

  private gatherStates(address: number): { q: A; qd: A } {
    const { nq, nqd, numEnvs, memory } = this;
    const all = memory.gather(address, nq + nqd);
    const [q, qd] = [memory.array(numEnvs * nq), memory.array(numEnvs * nqd)];
    for (let env = 0; env < numEnvs; env++) {
      const first = env * (nq + nqd);
      q.set(all.subarray(first, first + nq), env * nq);
      qd.set(all.subarray(first + nq, first + nq + nqd), env * nqd);
    }
    return { q, qd };
  }

  /** Addresses of the blocks of a recorded step. */
  private stepAt(t: number): Pointers<Recorded> {
    return layOut(this.tape + t * this.stepBytes, this.recorded).at;
  }
}

/** All coordinates and velocities 0, quaternions 1. */
function restState(tree: KinematicTree): number[] {
  const state = Array<number>(tree.nq + tree.nqd).fill(0);
  for (const { joint, q } of tree.links) {
    if (joint.type === "ball") state[q + 3] = 1;
    if (joint.type === "free") state[q + 6] = 1;
  }
  return state;
}
