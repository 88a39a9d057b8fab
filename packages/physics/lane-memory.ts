/** WebAssembly memory in which every lane of a vector is one environment. */
import { VECTOR } from "./codegen.js";
import type { Lanes } from "./wasm.js";

export type Real = Float32Array | Float64Array;
const PAGE = 65536;

/** Byte addresses of blocks of so many vectors, one after another from `start` on, and where the last one ends. */
export function layOut<B extends string>(start: number, vectors: Readonly<Record<B, number>>) {
  let end = start;
  const at = {} as Record<B, number>;
  for (const block of Object.keys(vectors) as B[]) {
    at[block] = end;
    end += vectors[block] * VECTOR;
  }
  return { at, end };
}

/**
 * Structures of vectors: component i of a group of environments (as many as lanes) is one vector, the components of a
 * group follow each other, then the next group's. Outside, the same values are `[env][component]`.
 */
export class LaneMemory<A extends Real = Float32Array> {
  readonly memory = new WebAssembly.Memory({ initial: 1 });
  readonly groups: number;
  private readonly width: number;
  /** All of the memory; another array after {@link reach}. */
  data: A;

  constructor(
    readonly numEnvs: number,
    private readonly lanes: Lanes,
  ) {
    this.data = this.view();
    this.width = VECTOR / this.data.BYTES_PER_ELEMENT;
    this.groups = Math.ceil(numEnvs / this.width);
  }

  /** Makes the memory at least this many bytes. */
  reach(bytes: number): void {
    const pages = Math.ceil(bytes / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (pages > 0) this.memory.grow(pages);
    this.data = this.view();
  }

  /** Index in `data` of component 0 of an environment, in a part of `size` components at a byte address. */
  first(address: number, env: number, size: number): number {
    const lane = env % this.width;
    return address / this.data.BYTES_PER_ELEMENT + (env - lane) * size + lane;
  }

  /** Sets all components of one environment. */
  write(address: number, env: number, values: ArrayLike<number>): void {
    const first = this.first(address, env, values.length);
    for (let i = 0; i < values.length; i++) this.data[first + i * this.width] = values[i];
  }

  /** The same in all lanes, those past the last environment included. */
  fill(address: number, values: ArrayLike<number>): void {
    for (let env = 0; env < this.groups * this.width; env++) this.write(address, env, values);
  }

  /** `[env][size]` into vectors. */
  scatter(address: number, values: ArrayLike<number>, size: number): void {
    for (let env = 0; env < this.numEnvs; env++) {
      const first = this.first(address, env, size);
      for (let i = 0; i < size; i++) this.data[first + i * this.width] = values[env * size + i];
    }
  }

  /** Vectors as `[env][size]`. */
  gather(address: number, size: number): A {
    const values = this.array(this.numEnvs * size);
    for (let env = 0; env < this.numEnvs; env++) {
      const first = this.first(address, env, size);
      for (let i = 0; i < size; i++) values[env * size + i] = this.data[first + i * this.width];
    }
    return values;
  }

  array(length: number): A {
    return (this.lanes === "f32x4" ? new Float32Array(length) : new Float64Array(length)) as A;
  }

  private view(): A {
    const { buffer } = this.memory;
    return (this.lanes === "f32x4" ? new Float32Array(buffer) : new Float64Array(buffer)) as A;
  }
}
