/** The differentiable simulator: a model's dynamics compiled to SIMD WebAssembly, with a tape for its adjoint. */
import { Program, VECTOR } from "./codegen.js";
import type { Scalar } from "./expression.js";
import { clearNonFinite } from "./engine.js";
import { LaneMemory, type Real } from "./lane-memory.js";
import { writeLoops } from "./loops.js";
import { type Model } from "./model.js";
import { type Tree, buildTree } from "./tree.js";
import { type RoutineName, type SymbolicState, buildRoutines } from "./routines.js";
import type { Lanes } from "./wasm.js";

/** Vectors that one group of environments (as many as lanes) takes in each part of a recorded step, in memory order. */
type StepLayout = Record<"before" | "after" | "action" | "local" | "factor", number>;

/**
 * Implements `DifferentiableEngine` (with float32 lanes). Memory holds, after the program's constants, the current state
 * and what the adjoint works on, then the tape. A recorded step holds the states before and after it, the action, the
 * local state before every substep and after the last, and the factored mass matrices.
 */
export class Simulator<A extends Real = Float32Array> {
  readonly nq: number;
  readonly nqd: number;
  readonly actionSize: number;
  readonly observationSize: number;
  private readonly tree: Tree;
  private readonly memory: LaneMemory<A>;
  private readonly call: Record<string, (...pointers: number[]) => void>;
  private readonly layout: StepLayout;
  /** Byte addresses. */
  private readonly at: Record<
    "state" | "action" | "observation" | "gObservation" | "gState" | "gAction" | "scratch" | "tape",
    number
  >;
  private readonly stepBytes: number;
  /** Steps that the tape holds, and the next one's index; past the end, steps are not kept. */
  private tapeLength = 0;
  private nextStep = 0;

  constructor(
    model: Model,
    observe: (state: SymbolicState) => Scalar[],
    readonly numEnvs: number,
    lanes: Lanes = "f32x4",
  ) {
    this.tree = buildTree(model);
    const { routines, factorSize, massSize } = buildRoutines(this.tree, observe);
    const stateSize = (this.nq = this.tree.nq) + (this.nqd = this.tree.nqd);
    this.actionSize = model.actuators.length;
    this.observationSize = routines.observe.outputs[0].length;
    this.memory = new LaneMemory(numEnvs, lanes);
    const { groups } = this.memory;
    const renewals = model.substeps / (model.massMatrixEvery ?? model.substeps);
    this.layout = {
      before: stateSize,
      after: stateSize,
      action: this.actionSize,
      local: stateSize * (model.substeps + 1),
      factor: factorSize * renewals,
    };

    const program = new Program(lanes);
    const index = {} as Record<RoutineName, number>;
    for (const [name, routine] of Object.entries(routines)) index[name as RoutineName] = program.routine(routine);
    const { actionSize, observationSize } = this;
    const sizes = { state: stateSize, action: actionSize, observation: observationSize, factor: factorSize };
    writeLoops(program, index, { ...sizes, groups, renewals, perRenewal: model.substeps / renewals });

    let end = program.reserved;
    const reserve = (vectors: number) => (end += vectors * VECTOR) - vectors * VECTOR;
    this.at = {
      state: reserve(groups * stateSize),
      action: reserve(groups * this.actionSize),
      observation: reserve(groups * this.observationSize),
      gObservation: reserve(groups * this.observationSize),
      gState: reserve(groups * stateSize),
      gAction: reserve(groups * this.actionSize),
      scratch: reserve(3 * stateSize + massSize),
      tape: end,
    };
    this.stepBytes = groups * VECTOR * Object.values(this.layout).reduce((a, b) => a + b);
    this.startTape(0);
    this.call = program.instantiate(this.memory.memory);
    this.memory.fill(this.at.state, restState(this.tree)); // lanes past the last environment are computed as well
  }

  setState(env: number, q: ArrayLike<number>, qd: ArrayLike<number>, previousAction?: ArrayLike<number>): void {
    requireLength("q", q, this.nq);
    requireLength("qd", qd, this.nqd);
    const action = previousAction ?? new Float32Array(this.actionSize);
    requireLength("previousAction", action, this.actionSize);
    if (!(env >= 0 && env < this.numEnvs)) throw new RangeError(`env is ${env}; allowed: 0 to ${this.numEnvs - 1}`);
    this.memory.write(this.at.state, env, [...Array.from(q), ...Array.from(qd)]);
    this.memory.write(this.at.action, env, action);
  }

  state(): { q: A; qd: A } {
    return this.gatherStates(this.at.state);
  }

  step(action: ArrayLike<number>): void {
    requireLength("action", action, this.numEnvs * this.actionSize);
    const step = this.stepAt(Math.min(this.nextStep++, this.tapeLength));
    const { state } = this.at;
    const bytes = new Uint8Array(this.memory.memory.buffer);
    const stateBytes = this.memory.groups * this.layout.before * VECTOR;
    bytes.copyWithin(step.before, state, state + stateBytes);
    this.memory.scatter(step.action, action, this.actionSize);
    this.call.forward(step.before, step.after, step.action, step.local, step.factor);
    bytes.copyWithin(state, step.after, step.after + stateBytes);
    this.memory.scatter(this.at.action, action, this.actionSize);
  }

  observe(): A {
    const { state, action, observation } = this.at;
    this.call.observeAll(state, action, observation);
    return this.memory.gather(observation, this.observationSize);
  }

  startTape(steps: number): void {
    this.tapeLength = steps;
    this.nextStep = 0;
    this.memory.reach(this.at.tape + (steps + 1) * this.stepBytes);
    this.memory.fill(this.at.gState, new Float32Array(this.layout.before));
  }

  back(t: number, gNextObs: ArrayLike<number>, ended: Uint8Array): A {
    if (!(t < this.nextStep && t < this.tapeLength)) throw new RangeError(`back: step ${t} is not on the tape`);
    requireLength("gNextObs", gNextObs, this.numEnvs * this.observationSize);
    const step = this.stepAt(t);
    const { gObservation, gState, gAction, scratch } = this.at;
    this.memory.scatter(gObservation, gNextObs, this.observationSize);
    const none = new Float32Array(this.layout.before);
    ended.forEach((flag, env) => flag && this.memory.write(gState, env, none));
    this.call.observeAllAdjoint(step.after, step.action, gObservation, gState, gState, gAction);
    this.call.backward(step.before, step.action, step.local, step.factor, gState, gAction, scratch);
    return this.memory.gather(gAction, this.actionSize);
  }

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

  /** Addresses of the parts of a recorded step. */
  private stepAt(t: number): StepLayout {
    let address = this.at.tape + t * this.stepBytes;
    const parts = {} as StepLayout;
    for (const [part, vectors] of Object.entries(this.layout) as [keyof StepLayout, number][]) {
      parts[part] = address;
      address += this.memory.groups * vectors * VECTOR;
    }
    return parts;
  }
}

export function requireLength(name: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new RangeError(`${name} has ${values.length} numbers; allowed: ${length}`);
}

/** All coordinates and velocities 0, quaternions 1. */
function restState(tree: Tree): number[] {
  const state = Array<number>(tree.nq + tree.nqd).fill(0);
  for (const { joint, q } of tree.links) {
    if (joint.type === "ball") state[q + 3] = 1;
    if (joint.type === "free") state[q + 6] = 1;
  }
  return state;
}
