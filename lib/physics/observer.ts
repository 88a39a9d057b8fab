/** Observations of many environments from their states, by the compiled expressions of a task. */
import { Program, VECTOR } from "./codegen.js";
import { type Scalar, clip, inputs } from "./expression.js";
import { LaneMemory } from "./lane-memory.js";
import { overGroups } from "./loops.js";
import type { SymbolicState } from "./routines.js";

/** Numbers of each part of an environment that observations read. */
type Sizes = {
  readonly q: number;
  readonly qd: number;
  readonly action: number;
  readonly context: number;
  readonly sensors: number;
};

export class Observer {
  readonly size: number;
  private readonly memory: LaneMemory;
  /** Byte addresses of what the observation reads, in the order of the sizes, and of the observation. */
  private readonly at: readonly number[];
  private readonly call: Record<string, (...pointers: number[]) => void>;

  constructor(
    private readonly sizes: Sizes,
    observe: (state: SymbolicState) => Scalar[],
    numEnvs: number,
  ) {
    const parts = Object.values(sizes);
    const [q, qd, action, context, sensors] = parts.map((n) => inputs(n));
    const observation = observe({ q, qd, action: action.map((a) => clip(a, -1, 1)), context, sensors });
    this.size = observation.length;
    this.memory = new LaneMemory(numEnvs, "f32x4");
    const { groups } = this.memory;

    const program = new Program("f32x4");
    const routine = program.routine({
      name: "observe",
      inputs: [q, qd, action, context, sensors],
      outputs: [observation],
    });
    const strides = [...parts, this.size].map((n) => n * VECTOR);
    program.driver("observeAll", strides.length, (body) => overGroups(body, groups, routine, strides));
    let end = program.reserved;
    this.at = strides.map((stride) => (end += groups * stride) - groups * stride);
    this.memory.reach(end);
    this.call = program.instantiate(this.memory.memory);
  }

  /** `[env][observation]` of `[env][q]`, `[env][qd]`, last actions, contexts and sensors, in a fresh array. */
  observe(state: Record<keyof Sizes, Float32Array>): Float32Array {
    Object.keys(this.sizes).forEach((part, i) => {
      const name = part as keyof Sizes;
      this.memory.scatter(this.at[i], state[name], this.sizes[name]);
    });
    this.call.observeAll(...this.at);
    return this.memory.gather(this.at[this.at.length - 1], this.size);
  }
}
