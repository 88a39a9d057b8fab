/**
 * A small WebAssembly encoder: functions over i32 pointers and v128 values, one imported memory
 * (binary format of the WebAssembly core specification 2.0, section 5).
 */

/** Type of a vector's lanes: single precision for simulation, double for checking it. */
export type Lanes = "f32x4" | "f64x2";

const I32 = 0x7f;
const V128 = 0x7b;
const SIMD = 0xfd;

/** SIMD opcodes with their numbers for f32x4 and f64x2. */
const opcodes = {
  less: [0x43, 0x49],
  floor: [0x68, 0x75],
  neg: [0xe1, 0xed],
  sqrt: [0xe3, 0xef],
  add: [0xe4, 0xf0],
  sub: [0xe5, 0xf1],
  mul: [0xe6, 0xf2],
  div: [0xe7, 0xf3],
  pmin: [0xea, 0xf6],
  pmax: [0xeb, 0xf7],
  and: [0x4e, 0x4e],
  andnot: [0x4f, 0x4f],
  bitselect: [0x52, 0x52],
} as const;
export type SimdOp = keyof typeof opcodes;

/** The bytes of a whole number from 0, seven bits in each (LEB128). */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** The bytes of a whole number of either sign. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}

/** Entries after their number. */
const counted = (entries: readonly (readonly number[])[]): number[] => [unsigned(entries.length), ...entries].flat();

/** The body of one function, written instruction by instruction. Its parameters are i32 pointers, locals 0, 1, ... */
export class Body {
  private readonly code: number[] = [];
  private readonly locals: number[] = [];

  constructor(
    private readonly parameters: number,
    private readonly lanes: Lanes,
  ) {}

  /** Index of a new i32 local. */
  integer = () => this.parameters + this.locals.push(I32) - 1;
  /** Index of a new v128 local. */
  vector = () => this.parameters + this.locals.push(V128) - 1;

  private put(opcode: number, ...operands: number[]): void {
    this.code.push(opcode, ...operands.flatMap(unsigned));
  }
  get = (local: number) => this.put(0x20, local);
  set = (local: number) => this.put(0x21, local);
  tee = (local: number) => this.put(0x22, local);
  call = (index: number) => this.put(0x10, index);
  constant(value: number): void {
    this.code.push(0x41, ...signed(value));
  }

  simd = (op: SimdOp) => this.put(SIMD, opcodes[op][this.lanes === "f32x4" ? 0 : 1]);
  /** Loads the vector at the address on the stack, plus `offset` bytes. */
  load = (offset: number) => this.put(SIMD, 0x00, 4, offset);
  /** Stores the vector on the stack at the address below it, plus `offset` bytes. */
  store = (offset: number) => this.put(SIMD, 0x0b, 4, offset);

  /** Pushes local + offset. */
  address(local: number, offset: number): void {
    this.get(local);
    this.constant(offset);
    this.put(0x6a);
  }

  /** target = source. */
  assign(target: number, source: number): void {
    this.get(source);
    this.set(target);
  }

  /** local += amount. */
  advance(local: number, amount: number): void {
    this.address(local, amount);
    this.set(local);
  }

  /** Runs `content` `count` times (at least once). */
  repeat(count: number, content: () => void): void {
    const left = this.integer();
    this.constant(count);
    this.set(left);
    this.code.push(0x03, 0x40); // loop
    content();
    this.advance(left, -1);
    this.get(left);
    this.put(0x0d, 0); // branch to the start of the loop unless 0 is left
    this.code.push(0x0b);
  }

  /** The function's entry in the code section. */
  encode(): number[] {
    const locals = counted(this.locals.map((type) => [1, type]));
    return [unsigned(locals.length + this.code.length + 1), locals, this.code, [0x0b]].flat();
  }
}

/** Functions that become one module. */
export class ModuleWriter {
  private readonly functions: { name: string; parameters: number; body: Body }[] = [];

  constructor(readonly lanes: Lanes) {}

  /** Adds a function of `parameters` pointers and returns its index for calls. */
  add(name: string, parameters: number, body: Body): number {
    return this.functions.push({ name, parameters, body }) - 1;
  }

  /** The module: imports its memory as "env" "memory" and exports every function by name. */
  encode(): Uint8Array<ArrayBuffer> {
    const { functions } = this;
    const arities = [...new Set(functions.map((f) => f.parameters))];
    const text = (s: string) => [s.length, ...new TextEncoder().encode(s)];
    const section = (id: number, entries: readonly (readonly number[])[]): number[] => {
      const content = counted(entries);
      return [[id], unsigned(content.length), content].flat();
    };
    // prettier-ignore
    const parts = [
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
      section(1, arities.map((n) => [0x60, n, ...Array<number>(n).fill(I32), 0])), // types: pointers to nothing
      section(2, [[...text("env"), ...text("memory"), 0x02, 0x00, 1]]),
      section(3, functions.map((f) => [arities.indexOf(f.parameters)])),
      section(7, functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)])),
      section(10, functions.map((f) => f.body.encode())),
    ];
    return Uint8Array.from(parts.flat());
  }
}
