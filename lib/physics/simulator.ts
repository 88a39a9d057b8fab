/** The differentiable simulator: a model's dynamics compiled to SIMD WebAssembly, with a tape for its adjoint. */
import { Program, VECTOR } from "./codegen.js";
import type { Scalar } from "./expression.js";
import { writeLoops } from "./loops.js";
import { type Model, type Tree, buildTree } from "./model.js";
import { type RoutineName, type SymbolicState, buildRoutines } from "./routines.js";
import type { Lanes } from "./wasm.js";

type Real = Float32Array | Float64Array;
const PAGE = 65536;

/** Vectors that one group of environments (as many as lanes) takes in each part of a recorded step, in memory order. */
type StepLayout = Record<"before" | "after" | "action" | "local" | "factor", number>;

/**
 * Implements `DifferentiableEngine` (with float32 lanes). Memory holds, after the program's constants, structures of
 * vectors: component i of a group of environments is one vector. A recorded step holds the states before and after it,
 * the action, the local state before every substep and after the last, and the factored mass matrices.
 */
export class Simulator<A extends Real = Float32Array> {
  readonly nq: number;
  readonly nqd: number;
  readonly actionSize: number;
  readonly observationSize: number;
  private readonly tree: Tree;
  private readonly groups: number;
  private readonly width: number;
  private readonly memory = new WebAssembly.Memory({ initial: 1 });
  private readonly call: Record<string, (...pointers: number[]) => void>;
  private readonly layout: StepLayout;
  /** Byte addresses. */
  private readonly at: Record<
    "state" | "action" | "observation" | "gObservation" | "gState" | "gAction" | "scratch" | "tape",
    number
  >;
  private readonly stepBytes: number;
  private data!: A;
  /** Steps that the tape holds, and the next one's index; past the end, steps are not kept. */
  private tapeLength = 0;
  private nextStep = 0;

  constructor(
    model: Model,
    observe: (state: SymbolicState) => Scalar[],
    readonly numEnvs: number,
    private readonly lanes: Lanes = "f32x4",
  ) {
    this.tree = buildTree(model);
    const { routines, factorSize, massSize } = buildRoutines(this.tree, observe);
    const stateSize = (this.nq = this.tree.nq) + (this.nqd = this.tree.nqd);
    this.actionSize = model.actuators.length;
    this.observationSize = routines.observe.outputs[0].length;
    this.width = lanes === "f32x4" ? 4 : 2;
    this.groups = Math.ceil(numEnvs / this.width);
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
    const { actionSize, observationSize, groups } = this;
    const sizes = { state: stateSize, action: actionSize, observation: observationSize, factor: factorSize };
    writeLoops(program, index, { ...sizes, groups, renewals, perRenewal: model.substeps / renewals });

    let end = program.reserved;
    const reserve = (vectors: number) => (end += vectors * VECTOR) - vectors * VECTOR;
    this.at = {
      state: reserve(this.groups * stateSize),
      action: reserve(this.groups * this.actionSize),
      observation: reserve(this.groups * this.observationSize),
      gObservation: reserve(this.groups * this.observationSize),
      gState: reserve(this.groups * stateSize),
      gAction: reserve(this.groups * this.actionSize),
      scratch: reserve(3 * stateSize + massSize),
      tape: end,
    };
    this.stepBytes = this.groups * VECTOR * Object.values(this.layout).reduce((a, b) => a + b);
    this.startTape(0);
    this.call = program.instantiate(this.memory);
    // The lanes past the last environment are computed as well: they rest.
    for (let env = 0; env < this.groups * this.width; env++) this.write(this.at.state, env, restState(this.tree));
  }

  setState(env: number, q: ArrayLike<number>, qd: ArrayLike<number>, previousAction?: ArrayLike<number>): void {
    requireLength("q", q, this.nq);
    requireLength("qd", qd, this.nqd);
    const action = previousAction ?? new Float32Array(this.actionSize);
    requireLength("previousAction", action, this.actionSize);
    if (!(env >= 0 && env < this.numEnvs)) throw new RangeError(`env is ${env}; allowed: 0 to ${this.numEnvs - 1}`);
    this.write(this.at.state, env, [...Array.from(q), ...Array.from(qd)]);
    this.write(this.at.action, env, action);
  }

  state(): { q: A; qd: A } {
    return this.gatherStates(this.at.state);
  }

  step(action: ArrayLike<number>): void {
    requireLength("action", action, this.numEnvs * this.actionSize);
    const step = this.stepAt(Math.min(this.nextStep++, this.tapeLength));
    const { state } = this.at;
    const bytes = new Uint8Array(this.memory.buffer);
    const stateBytes = this.groups * this.layout.before * VECTOR;
    bytes.copyWithin(step.before, state, state + stateBytes);
    this.scatter(step.action, action, this.actionSize);
    this.call.forward(step.before, step.after, step.action, step.local, step.factor);
    bytes.copyWithin(state, step.after, step.after + stateBytes);
    this.scatter(this.at.action, action, this.actionSize);
  }

  observe(): A {
    const { state, action, observation } = this.at;
    this.call.observeAll(state, action, observation);
    return this.gather(observation, this.observationSize);
  }

  startTape(steps: number): void {
    this.tapeLength = steps;
    this.nextStep = 0;
    const bytes = this.at.tape + (steps + 1) * this.stepBytes;
    const pages = Math.ceil(bytes / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (pages > 0) this.memory.grow(pages);
    const View = this.lanes === "f32x4" ? Float32Array : Float64Array;
    this.data = new View(this.memory.buffer) as A;
    const { gState, gAction } = this.at;
    this.data.fill(0, this.first(gState, 0, 0), this.first(gAction, 0, 0));
  }

  back(t: number, gNextObs: ArrayLike<number>, ended: Uint8Array): A {
    if (!(t < this.nextStep && t < this.tapeLength)) throw new RangeError(`back: step ${t} is not on the tape`);
    requireLength("gNextObs", gNextObs, this.numEnvs * this.observationSize);
    const step = this.stepAt(t);
    const { gObservation, gState, gAction, scratch } = this.at;
    this.scatter(gObservation, gNextObs, this.observationSize);
    const none = new Float32Array(this.layout.before);
    ended.forEach((flag, env) => flag && this.write(gState, env, none));
    this.call.observeAllAdjoint(step.after, step.action, gObservation, gState, gState, gAction);
    this.call.backward(step.before, step.action, step.local, step.factor, gState, gAction, scratch);
    return this.gather(gAction, this.actionSize);
  }

  /** Gradients at the states before the step that `back` was last called for: q `[env][nq]`, qd `[env][nqd]`. */
  stateGradient(): { q: A; qd: A } {
    return this.gatherStates(this.at.gState);
  }

  private gatherStates(address: number): { q: A; qd: A } {
    const { nq, nqd, numEnvs } = this;
    const all = this.gather(address, nq + nqd);
    const [q, qd] = [this.array(numEnvs * nq), this.array(numEnvs * nqd)];
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
      address += this.groups * vectors * VECTOR;
    }
    return parts;
  }

  /** Index in `data` of component 0 of an environment, in a part of `size` components at a byte address. */
  private first(address: number, env: number, size: number): number {
    const lane = env % this.width;
    return address / this.data.BYTES_PER_ELEMENT + (env - lane) * size + lane;
  }

  /** Sets all components of one environment. */
  private write(address: number, env: number, values: ArrayLike<number>): void {
    const first = this.first(address, env, values.length);
    for (let i = 0; i < values.length; i++) this.data[first + i * this.width] = values[i];
  }

  /** `[env][size]` into vectors. */
  private scatter(address: number, values: ArrayLike<number>, size: number): void {
    for (let env = 0; env < this.numEnvs; env++) {
      const first = this.first(address, env, size);
      for (let i = 0; i < size; i++) this.data[first + i * this.width] = values[env * size + i];
    }
  }

  /** Vectors as `[env][size]`. */
  private gather(address: number, size: number): A {
    const values = this.array(this.numEnvs * size);
    for (let env = 0; env < this.numEnvs; env++) {
      const first = this.first(address, env, size);
      for (let i = 0; i < size; i++) values[env * size + i] = this.data[first + i * this.width];
    }
    return values;
  }

  private array(length: number): A {
    return (this.lanes === "f32x4" ? new Float32Array(length) : new Float64Array(length)) as A;
  }
}

function requireLength(name: string, values: ArrayLike<number>, length: number): void {
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
