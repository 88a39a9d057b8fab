/** Compiles expression graphs to straight-line SIMD WebAssembly: every lane of a vector is one environment. */
import type { Expr, Op, Scalar } from "./expression.js";
import { sincos } from "./sincos.js";
import { Body, type Lanes, ModuleWriter, type SimdOp } from "./wasm.js";

/** Bytes of a vector. */
export const VECTOR = 16;

/**
 * Formulas over blocks of vectors in memory, by name: component i of a block is the vector at 16 i bytes from the block's
 * pointer. A block that is both read and written is one block, written in place: each of its components may be read until
 * it is written.
 */
export type Routine<I extends string = string, O extends string = string> = {
  readonly inputs: Readonly<Record<I, readonly Expr[]>>;
  readonly outputs: Readonly<Record<O, readonly Scalar[]>>;
};

/** Pointers to blocks: byte addresses for a caller outside, local variables that hold them in the code. */
export type Pointers<B extends string> = Readonly<Record<B, number>>;

/** Writes the call of a routine into the body of another function. */
export type Call<B extends string> = (body: Body, at: Pointers<B>) => void;

const simd: Partial<Record<Op, SimdOp>> = {
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  min: "pmin",
  max: "pmax",
  less: "less",
  neg: "neg",
  sqrt: "sqrt",
  floor: "floor",
};

/** Functions that share one memory, whose first bytes hold the constants. */
export class Program {
  private readonly constants = new Map<number, number>();
  private readonly writer: ModuleWriter;
  private readonly lowered = new Map<Expr, Scalar>();
  private compiled: Record<string, (...pointers: number[]) => void> = {};

  constructor(readonly lanes: Lanes) {
    this.writer = new ModuleWriter(lanes);
  }

  /**
   * Compiles a routine. Each block is a parameter; the function returned writes calls of it.
   * @throws Error where it reads anything but its inputs, or a component of a block after that was written
   */
  routine<I extends string, O extends string>(name: string, { inputs, outputs }: Routine<I, O>): Call<I | O> {
    const read = inputs as Readonly<Partial<Record<I | O, readonly Expr[]>>>;
    const blocks = Object.keys({ ...inputs, ...outputs }) as (I | O)[];
    const body = new Body(blocks.length, this.lanes);
    const home = new Map<Scalar, { pointer: number; offset: number }>();
    blocks.forEach((block, pointer) => read[block]?.forEach((x, i) => home.set(x, { pointer, offset: VECTOR * i })));
    const targets = (Object.keys(outputs) as O[]).flatMap((block) =>
      outputs[block].map((x, i) => ({ block, i, value: this.lower(x) })),
    );
    const uses = this.countUses(targets.map(({ value }) => value));
    const local = new Map<Expr, number>();
    const free: number[] = [];

    const push = (x: Scalar): void => {
      if (typeof x === "number") {
        body.constant(0);
        return body.load(this.constant(x));
      }
      const source = home.get(x);
      if (source) {
        body.get(source.pointer);
        return body.load(source.offset);
      }
      if (x.op === "input")
        throw new Error(`routine "${name}" reads what is no input of it, or was overwritten before`);
      const left = uses.get(x)! - 1;
      uses.set(x, left);
      const stored = local.get(x);
      if (stored !== undefined) {
        body.get(stored);
        if (left === 0) free.push(stored);
        return;
      }
      this.operation(body, x, push);
      if (left === 0) return;
      const index = free.pop() ?? body.vector();
      local.set(x, index);
      body.tee(index);
    };
    for (const { block, i, value } of targets) {
      body.get(blocks.indexOf(block));
      push(value);
      body.store(VECTOR * i);
      const old = read[block]?.[i];
      if (old) home.delete(old);
    }
    const index = this.writer.add(name, blocks.length, body);
    return (caller, at) => {
      blocks.forEach((block) => caller.get(at[block]));
      caller.call(index);
    };
  }

  /**
   * Adds a function that is written by hand, for loops over routines: `write` is given the local variables that hold its
   * parameters, pointers to blocks. The function returned runs it, once the program is instantiated.
   */
  loop<B extends string>(name: string, blocks: readonly B[], write: Call<B>): (at: Pointers<B>) => void {
    const body = new Body(blocks.length, this.lanes);
    write(body, Object.fromEntries(blocks.map((block, i) => [block, i])) as Pointers<B>);
    this.writer.add(name, blocks.length, body);
    return (at) => this.compiled[name](...blocks.map((block) => at[block]));
  }

  /** Pushes the operands and the operation of a node. */
  private operation(body: Body, x: Expr, push: (x: Scalar) => void): void {
    const operands = this.operands(x);
    if (x.op === "select") {
      // A mask is all ones or all zeros, so that a zero branch is a single "and".
      const [a, b, c] = operands;
      if (c === 0) [b, a].forEach(push);
      else if (b === 0) [c, a].forEach(push);
      else [b, c, a].forEach(push);
      return body.simd(c === 0 ? "and" : b === 0 ? "andnot" : "bitselect");
    }
    operands.forEach(push);
    body.simd(simd[x.op]!);
  }

  private constant(value: number): number {
    if (!this.constants.has(value)) this.constants.set(value, this.constants.size * VECTOR);
    return this.constants.get(value)!;
  }

  /** The operands of a node, where sin and cos are replaced by their polynomials. */
  private operands(node: Expr): Scalar[] {
    return node.args.map((x) => this.lower(x));
  }

  private lower(x: Scalar): Scalar {
    if (typeof x === "number" || (x.op !== "sin" && x.op !== "cos")) return x;
    let primitive = this.lowered.get(x);
    if (primitive === undefined) this.lowered.set(x, (primitive = sincos(x.args[0], this.lanes)[x.op]));
    return primitive;
  }

  /** How often each node that `targets` need is an operand or a target. */
  private countUses(targets: readonly Scalar[]): Map<Expr, number> {
    const uses = new Map<Expr, number>();
    const pending = [...targets];
    while (pending.length > 0) {
      const x = pending.pop()!;
      if (typeof x === "number") continue;
      const seen = uses.get(x) ?? 0;
      uses.set(x, seen + 1);
      if (seen === 0) pending.push(...this.operands(x));
    }
    return uses;
  }

  /** The bytes that the constants take: the memory is the caller's from there on. */
  get reserved(): number {
    return this.constants.size * VECTOR;
  }

  /** Compiles the functions over `memory`, whose first {@link reserved} bytes are set to the constants. */
  instantiate(memory: WebAssembly.Memory): void {
    const pool = this.lanes === "f32x4" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    const width = VECTOR / pool.BYTES_PER_ELEMENT;
    for (const [value, offset] of this.constants) {
      const start = offset / pool.BYTES_PER_ELEMENT;
      pool.fill(value, start, start + width);
    }
    const module = new WebAssembly.Module(this.writer.encode());
    this.compiled = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, () => void>;
  }
}
