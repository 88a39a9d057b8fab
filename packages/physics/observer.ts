/** Observations of many environments from their states, by the compiled expressions of a task. */
import { BatchFunction, type Blocks } from "./batch-function.js";
import { type Scalar, clip, inputs } from "./expression.js";
import type { SymbolicState } from "./routines.js";

/** Numbers of each part of an environment that observations read. */
export type ObservedSizes = Readonly<Record<keyof SymbolicState, number>>;

export class Observer {
  /** Components of an observation. */
  readonly size: number;
  private readonly compiled: BatchFunction<keyof SymbolicState, "observation">;

  constructor(sizes: ObservedSizes, observe: (state: SymbolicState) => Scalar[], numEnvs: number) {
    const parts = Object.entries(sizes).map(([part, size]) => [part, inputs(size)]);
    const state = Object.fromEntries(parts) as Record<keyof SymbolicState, ReturnType<typeof inputs>>;
    const observation = observe({ ...state, action: state.action.map((a) => clip(a, -1, 1)) });
    this.size = observation.length;
    this.compiled = new BatchFunction("observe", { inputs: state, outputs: { observation } }, numEnvs);
  }

  /** Observations `[env][observation]` of states in parts, each `[env][component]`, in a fresh array. */
  observe(state: Blocks<keyof SymbolicState>): Float32Array {
    return this.compiled.call(state).observation;
  }
}
