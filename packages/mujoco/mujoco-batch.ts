/** The memory that an engine and its MuJoCo threads share, and how they take turns. */
import type { ObservedSizes } from "@dmo-lab/physics/observer";

/** Slots of the header: the number of rounds so far, the next environment to step, threads still at work, flags. */
const ROUND = 0;
const NEXT = 1;
const BUSY = 2;
const CLOSED = 3;
const FAILURE = 4;
const SLOTS = 8;
const MESSAGE_BYTES = 4096;

/** A wait for threads that load MuJoCo or step [ms], and how many may pass: a machine that is busy, but not a thread that is gone. */
const WAIT = 1_000;
const PATIENCE = 120;

/** Why a thread failed: bad input, or anything else. */
export type Failure = { kind: "input" | "other"; message: string };

/**
 * States, actions and contexts of all environments, canonical and float32. Loading is the first round, every control step another.
 * In a round each thread takes environments, a few at a time, until none is left; what an environment becomes depends on
 * what is its own alone, so neither the number of threads nor their speed matters.
 */
export class MujocoBatch {
  readonly q: Float32Array;
  readonly qd: Float32Array;
  readonly action: Float32Array;
  /** The actions of the step before. */
  readonly previous: Float32Array;
  readonly context: Float32Array;
  /** What MuJoCo's sensors read in the last step. */
  readonly sensors: Float32Array;
  private readonly header: Int32Array;
  private readonly message: Uint8Array;

  /** @param buffer of another thread's batch; absent: a new one, in which `threads` threads are at work */
  constructor(
    readonly numEnvs: number,
    readonly sizes: ObservedSizes,
    private readonly threads: number,
    readonly buffer = new SharedArrayBuffer(
      SLOTS * 4 + MESSAGE_BYTES + 4 * numEnvs * (sizes.q + sizes.qd + 2 * sizes.action + sizes.context + sizes.sensors),
    ),
  ) {
    this.header = new Int32Array(buffer, 0, SLOTS);
    this.message = new Uint8Array(buffer, SLOTS * 4, MESSAGE_BYTES);
    let offset = SLOTS * 4 + MESSAGE_BYTES;
    const numbers = (count: number): Float32Array => {
      const array = new Float32Array(buffer, offset, numEnvs * count);
      offset += 4 * array.length;
      return array;
    };
    this.q = numbers(sizes.q);
    this.qd = numbers(sizes.qd);
    this.action = numbers(sizes.action);
    this.previous = numbers(sizes.action);
    this.context = numbers(sizes.context);
    this.sensors = numbers(sizes.sensors);
  }

  /** Starts a round; the first one starts with the threads. */
  begin(): void {
    Atomics.store(this.header, NEXT, 0);
    Atomics.store(this.header, BUSY, this.threads);
    Atomics.add(this.header, ROUND, 1);
    Atomics.notify(this.header, ROUND);
  }

  /**
   * Waits until no thread is at work; what went wrong in one of them, if anything. A process that was stopped, or a laptop that
   * slept, finds one long wait when it goes on, and threads that go on as well.
   */
  finish(): Failure | undefined {
    let waits = 0;
    for (let busy; (busy = Atomics.load(this.header, BUSY)) > 0;)
      if (Atomics.wait(this.header, BUSY, busy, WAIT) === "timed-out" && ++waits === PATIENCE)
        return { kind: "other", message: "The MuJoCo threads do not answer." };
    const length = Atomics.load(this.header, FAILURE);
    if (length === 0) return undefined;
    return JSON.parse(new TextDecoder().decode(this.message.slice(0, length))) as Failure;
  }

  /** Ends the threads, which wait for a round. */
  close(): void {
    Atomics.store(this.header, CLOSED, 1);
    Atomics.add(this.header, ROUND, 1);
    Atomics.notify(this.header, ROUND);
  }

  /** In a thread: reports that its part of this round is done, and waits for the next one. False: there is none. */
  nextRound(): boolean {
    const round = Atomics.load(this.header, ROUND);
    if (Atomics.sub(this.header, BUSY, 1) === 1) Atomics.notify(this.header, BUSY);
    while (Atomics.load(this.header, ROUND) === round) Atomics.wait(this.header, ROUND, round);
    return Atomics.load(this.header, CLOSED) === 0;
  }

  /** In a thread: the environments that it steps in this round. */
  *share(): Generator<number> {
    const chunk = Math.max(1, Math.ceil(this.numEnvs / (8 * this.threads)));
    for (let first; (first = Atomics.add(this.header, NEXT, chunk)) < this.numEnvs;)
      for (let env = first; env < Math.min(first + chunk, this.numEnvs); env++) yield env;
  }

  /** In a thread: its last words. */
  fail(failure: Failure): void {
    const message = failure.message.slice(0, MESSAGE_BYTES / 8);
    const bytes = new TextEncoder().encode(JSON.stringify({ ...failure, message }));
    this.message.set(bytes);
    Atomics.store(this.header, FAILURE, bytes.length);
    if (Atomics.sub(this.header, BUSY, 1) === 1) Atomics.notify(this.header, BUSY);
  }
}
