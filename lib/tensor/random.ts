/** Randomness is a value that is passed: one seed, named independent streams, whose state can be saved and restored. */
import seedrandom from "seedrandom";
import { RANDOM_IN_TRACE, refuseWhileTracing } from "@dmo-lab/jit/tracing";

/** State of a stream, JSON: the `generator` (alea) and the second value of the last Box-Muller pair, `spare`. */
export type RandomState = { generator: { c: number; s0: number; s1: number; s2: number }; spare: number | null };

/** A stream of random numbers (alea), reproducible from its seed and resumable: `load` takes what `save` gave. */
export class RandomStream {
  private generator: seedrandom.StatefulPRNG<seedrandom.State.Alea>;
  private spare: number | null = null;

  constructor(seed: string) {
    this.generator = seedrandom.alea(seed, { state: true });
  }

  private draw(): number {
    refuseWhileTracing(RANDOM_IN_TRACE);
    return this.generator();
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.draw();
  }

  /** Uniform among 0, 1, ..., n - 1. */
  integer(n: number): number {
    return Math.floor(this.draw() * n);
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.draw()));
    const angle = 2 * Math.PI * this.draw();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** `n` standard normals. */
  normals(n: number): Float32Array {
    return Float32Array.from({ length: n }, () => this.normal());
  }

  save(): RandomState {
    return { generator: this.generator.state(), spare: this.spare };
  }

  load(state: RandomState): void {
    // The type declarations know only the state of the default generator.
    this.generator = seedrandom.alea("", { state: state.generator as unknown as true });
    this.spare = state.spare;
  }
}

/** `streams(seed)(name)`: a fresh stream at its beginning; different names or seeds give independent streams. */
export const streams =
  (seed: number): ((name: string) => RandomStream) =>
  (name) =>
    new RandomStream(`${seed}/${name}`);
