/** A routine, compiled and called for many environments at once. */
import { type Pointers, Program, type Routine } from "./codegen.js";
import type { Scalar } from "./expression.js";
import { LaneMemory, layOut } from "./lane-memory.js";
import { overGroups } from "./loops.js";

/** Values `[env][component]` of blocks. */
export type Blocks<B extends string> = Readonly<Record<B, Float32Array>>;

export class BatchFunction<I extends string, O extends string> {
  private readonly memory: LaneMemory;
  /** Components of every block, and where it is. */
  private readonly sizes: Readonly<Record<I | O, number>>;
  private readonly at: Pointers<I | O>;
  private readonly run: (at: Pointers<I | O>) => void;

  constructor(
    name: string,
    private readonly routine: Routine<I, O>,
    numEnvs: number,
  ) {
    const blocks = Object.entries<readonly Scalar[]>({ ...routine.inputs, ...routine.outputs });
    const each = (of: (size: number) => number) =>
      Object.fromEntries(blocks.map(([block, { length }]) => [block, of(length)])) as Record<I | O, number>;
    this.memory = new LaneMemory(numEnvs, "f32x4");
    const { groups } = this.memory;
    const program = new Program("f32x4");
    this.run = overGroups(program, name, routine, groups);
    const { at, end } = layOut(
      program.reserved,
      each((size) => groups * size),
    );
    [this.sizes, this.at] = [each((size) => size), at];
    this.memory.reach(end);
    program.instantiate(this.memory.memory);
  }

  /** The outputs, in fresh arrays. */
  call(inputs: Blocks<I>): Record<O, Float32Array> {
    const { memory, routine, at, sizes } = this;
    for (const block of Object.keys(routine.inputs) as I[]) memory.scatter(at[block], inputs[block], sizes[block]);
    this.run(at);
    const outputs = (Object.keys(routine.outputs) as O[]).map((block) => [
      block,
      memory.gather(at[block], sizes[block]),
    ]);
    return Object.fromEntries(outputs) as Record<O, Float32Array>;
  }
}
