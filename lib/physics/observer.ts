/** Observations of many environments from their states, by the compiled expressions of a task. */
import { type Pointers, Program } from "./codegen.js";
import { type Scalar, clip, inputs } from "./expression.js";
import { LaneMemory, layOut } from "./lane-memory.js";
import { overGroups } from "./loops.js";
import type { SymbolicState } from "./routines.js";

/** Numbers of each part of an environment that observations read. */
export type ObservedSizes = Readonly<Record<keyof SymbolicState, number>>;

export class Observer {
  /** Components of an observation. */
  readonly size: number;
  private readonly memory: LaneMemory;
  /** Byte addresses of what an observation reads, and of the observation. */
  private readonly at: Pointers<keyof SymbolicState | "observation">;
  private readonly run: (at: Observer["at"]) => void;

  constructor(
    private readonly sizes: ObservedSizes,
    observe: (state: SymbolicState) => Scalar[],
    numEnvs: number,
  ) {
    const state = mapParts((part) => inputs(sizes[part]));
    const observation = observe({ ...state, action: state.action.map((a) => clip(a, -1, 1)) });
    this.size = observation.length;
    this.memory = new LaneMemory(numEnvs, "f32x4");
    const { groups } = this.memory;
    const program = new Program("f32x4");
    this.run = overGroups(program, "observe", { inputs: state, outputs: { observation } }, groups);
    const vectors = { ...mapParts((part) => groups * sizes[part]), observation: groups * this.size };
    const { at, end } = layOut(program.reserved, vectors);
    this.at = at;
    this.memory.reach(end);
    program.instantiate(this.memory.memory);
  }

  /** Observations `[env][observation]` of states in parts, each `[env][component]`, in a fresh array. */
  observe(state: Readonly<Record<keyof SymbolicState, Float32Array>>): Float32Array {
    for (const part of PARTS) this.memory.scatter(this.at[part], state[part], this.sizes[part]);
    this.run(this.at);
    return this.memory.gather(this.at.observation, this.size);
  }
}

const PARTS = ["q", "qd", "action", "context", "sensors"] as const;

const mapParts = <T>(of: (part: keyof SymbolicState) => T) =>
  Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Record<keyof SymbolicState, T>;
