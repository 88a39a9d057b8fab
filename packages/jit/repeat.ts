/** `repeat`: a pure function of tensors, run many times in a row on what it gave the time before. */
import { compile, jit, keyOf, type Trace } from "./jit.js";
import { deviceOf } from "./placement.js";
import { tf } from "./tf.js";
import { type Precision, tracers } from "./tracing.js";
import { disposeTree, flatten, tidy, type Tree } from "./tree.js";

/** What a turn gives: the state for the next one, and a scalar beside. */
export type Turn<S extends Tree> = { state: S; value: tf.Scalar };

/** Turns of a function: `draw` gives each its row; `values` has a number for each. The state that it begins with is kept. */
export type Repeated<S extends Tree, B extends Tree, F extends Tree> = ((
  state: S,
  draw: () => B,
  turns: number,
  fixed: F,
) => { state: S; values: number[] }) & { dispose(): void };

type Step<S extends Tree, B extends Tree, F extends Tree> = (state: S, row: B, fixed: F) => Turn<S>;

/**
 * The compiled form of `fn`, run `turns` times: each turn gets the state that the turn before gave, a row, and `fixed`.
 * Where a GPU computes these turns are one call of a session ({@link inLoop}), elsewhere a call each ({@link inCalls}). What holds for
 * {@link jit} holds here.
 */
export function repeat<S extends Tree, B extends Tree, F extends Tree>(
  name: string,
  fn: Step<S, B, F>,
  precision?: Precision,
): Repeated<S, B, F> {
  const [loop, calls] = [inLoop(name, fn, precision), inCalls(name, fn, precision)];
  const call: Turns<S, B, F> = (...args) => (deviceOf("loop") === "gpu" ? loop : calls)(...args);
  return Object.assign(call, { dispose: () => [loop, calls].forEach((each) => each.dispose()) });
}

type Turns<S extends Tree, B extends Tree, F extends Tree> = (
  ...args: Parameters<Repeated<S, B, F>>
) => ReturnType<Repeated<S, B, F>>;

/** {@link repeat} with a call for each turn. */
export function inCalls<S extends Tree, B extends Tree, F extends Tree>(
  name: string,
  fn: Step<S, B, F>,
  precision?: Precision,
): Repeated<S, B, F> {
  const step = jit(name, fn, precision);
  const call: Turns<S, B, F> = (first, draw, turns, fixed) => {
    const values: number[] = [];
    let state = first;
    for (let turn = 0; turn < turns; turn++) {
      const row = draw();
      const next = step(state, row, fixed);
      disposeTree(row);
      if (turn > 0) disposeTree(state);
      state = next.state;
      values.push(next.value.dataSync()[0]);
      next.value.dispose();
    }
    return { state, values };
  };
  return Object.assign(call, { dispose: () => step.dispose() });
}

/** Numbers in the rows of one call of a session, at most. */
const CALL_NUMBERS = 2 ** 24;

/**
 * {@link repeat} with native TensorFlow, in one call of a session, or as many as the rows need: rows are handed over at once
 * and the state does not leave the device. Numbers are those of {@link inCalls} but for rounding, because
 * TensorFlow simplifies less of a graph inside of a loop.
 */
export function inLoop<S extends Tree, B extends Tree, F extends Tree>(
  name: string,
  fn: Step<S, B, F>,
  precision?: Precision,
): Repeated<S, B, F> {
  const traces = new Map<string, Trace<{ state: S; values: tf.Tensor1D }>>();

  function run(state: S, rows: B, fixed: F): { state: S; values: tf.Tensor1D } {
    const { leaves, structure, restore } = flatten<Tree>([state, rows, fixed], `repeat "${name}": arguments`);
    const key = keyOf("loop", structure, leaves);
    let traced = traces.get(key);
    if (!traced) {
      const turns = { carried: flatten(state).leaves.length, rows: flatten(rows).leaves.length };
      const onLeaves = (inputs: tf.Tensor[]) => {
        const next = fn(...(restore(inputs) as [S, B, F]));
        if (flatten(next.state).structure !== flatten(state).structure)
          throw new TypeError(`repeat "${name}": the next state is not built like the one before.`);
        return { state: next.state, values: next.value as tf.Tensor as tf.Tensor1D };
      };
      const trace = tracers.get(tf.getBackend());
      if (!trace) throw new Error(`repeat "${name}": only native TensorFlow runs loops.`);
      traces.set(key, (traced = compile(trace, name, onLeaves, leaves, { precision, turns })));
    }
    return traced.restore(traced.session.run(leaves));
  }

  const call: Turns<S, B, F> = (first, draw, turns, fixed) => {
    const values: number[] = [];
    let state = first;
    while (values.length < turns) {
      const rows = stackDraws(draw, turns - values.length, CALL_NUMBERS);
      const next = run(state, rows, fixed);
      if (values.length > 0) disposeTree(state);
      state = next.state;
      values.push(...next.values.dataSync());
      disposeTree([rows, next.values]);
    }
    return { state, values };
  };

  const dispose = (): void => {
    traces.forEach(({ session }) => session.dispose());
    traces.clear();
  };
  return Object.assign(call, { dispose });
}

/** Up to `count` trees that `draw` gives as one, whose tensors have a row for each: at most so many numbers, but one tree at least. */
export function stackDraws<T extends Tree>(draw: () => T, count: number, numbers: number): T {
  return tidy(() => {
    const first = draw();
    const size = flatten(first).leaves.reduce((sum, leaf) => sum + leaf.size, 0);
    const more = Math.min(count, Math.floor(numbers / size)) - 1;
    const trees = [first, ...Array.from({ length: Math.max(0, more) }, draw)];
    const flat = trees.map((tree) => flatten(tree));
    const stacked = flat[0].restore(flat[0].leaves.map((_, i) => tf.stack(flat.map(({ leaves }) => leaves[i]))));
    trees.forEach(disposeTree);
    return stacked;
  });
}
