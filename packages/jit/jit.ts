/** `jit`: a pure function of tensors, traced once and run as one graph. Measured 2 to 15 times faster than op by op. */
import { deviceOf, type Form } from "./placement.js";
import { tf } from "./tf.js";
import { type Precision, type Session, type Tracer, isTracing, tracers } from "./tracing.js";
import { type Flat, flatten, tidy, type Tree } from "./tree.js";

/** A compiled function of trees of tensors. */
export type Compiled<A extends readonly Tree[], R extends Tree> = ((...args: A) => R) & {
  /** Frees its graphs; a later call traces again. */
  dispose(): void;
};

export type Trace<R> = { session: Session; restore: (leaves: readonly tf.Tensor[]) => R };

/**
 * The compiled form of a pure function from trees of tensors to a tree of tensors. With native TensorFlow and WebAssembly
 * the function itself runs once for each new structure, shape or data type of its arguments; in plain JavaScript it runs at
 * every call, with equal results. The caller owns the result, whose tensors are always new ones.
 *
 * Whatever may change from call to call has to be an argument: numbers (learning rate, step) are frozen by the trace,
 * reading values, drawing random numbers and using tensors made outside throw. Inside another traced function a
 * compiled function becomes part of it; under `valueAndGrad` or `vjp` it runs op by op, so that it has a gradient.
 * @param name names the function in errors @param fn pure: the same arguments give the same values
 * @param precision of products of large matrices where the function is one graph; bfloat16 is about twice as fast on
 *   processors that have it, and slower on others
 */
export function jit<A extends Tree[], R extends Tree>(
  name: string,
  fn: (...args: A) => R,
  precision?: Precision,
): Compiled<A, R> {
  const traces = new Map<string, Trace<R>>();

  function call(...args: A): R {
    if (isTracing() || isDifferentiating()) return fn(...args);
    const backend = tf.getBackend();
    if (!backend) throw new Error(`jit "${name}": no backend yet; call useBackend() first.`);
    const { leaves, structure, restore } = flatten<Tree>(args, `jit "${name}": arguments`);
    const trace = tracers.get(backend);
    if (!trace) return eager(name, () => fn(...args), leaves);
    const key = keyOf("call", structure, leaves);
    let traced = traces.get(key);
    if (!traced) {
      const onLeaves = (inputs: tf.Tensor[]): R => fn(...(restore(inputs) as A));
      traces.set(key, (traced = compile(trace, name, onLeaves, leaves, { precision })));
    }
    return traced.restore(traced.session.run(leaves));
  }

  function dispose(): void {
    traces.forEach(({ session }) => session.dispose());
    traces.clear();
  }

  return Object.assign(call, { dispose });
}

/** What a trace is for: the device, how the arguments are built, types and shapes of their leaves. */
export const keyOf = (form: Form, structure: string, leaves: readonly tf.Tensor[]): string =>
  `${deviceOf(form)} ${structure} ${leaves.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(" ")}`;

/** True while the engine records ops for a gradient, which cannot see into a session. */
const isDifferentiating = (): boolean => tf.engine().state.gradientDepth > 0;

function flattenResult<R extends Tree>(name: string, result: R): Flat<R> {
  if (result instanceof Promise) {
    result.catch(() => undefined); // it may have failed by then, which must not end the process
    throw new TypeError(`jit "${name}": the function is asynchronous; it has to give its tensors at once.`);
  }
  return flatten(result, `jit "${name}": result`);
}

/** Records `fn`, a function of leaves. */
export function compile<R extends Tree>(
  trace: Tracer,
  name: string,
  fn: (inputs: tf.Tensor[]) => R,
  inputs: tf.Tensor[],
  options: Parameters<Tracer>[3],
): Trace<R> {
  let restore: Trace<R>["restore"] | undefined;
  const record = (fresh: tf.Tensor[]): readonly tf.Tensor[] => {
    const result = flattenResult(name, fn(fresh));
    restore = result.restore;
    return result.leaves;
  };
  const session = trace(name, inputs, record, options);
  return { session, restore: restore! };
}

/** Runs `fn` at once, with the ownership rules of a session: the result holds no argument and no tensor twice. */
function eager<R extends Tree>(name: string, fn: () => R, inputs: readonly tf.Tensor[]): R {
  const seen = new Set(inputs);
  return tidy(() => {
    const { leaves, restore } = flattenResult(name, fn());
    const owned = leaves.map((leaf) => {
      if (seen.has(leaf)) return leaf.clone();
      seen.add(leaf);
      return leaf;
    });
    return restore(owned);
  });
}
