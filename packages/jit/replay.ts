/**
 * Records the kernels that TensorFlow.js runs while a function runs once, as a list that is run again without its engine: of
 * what WebAssembly takes op by op, the kernels are the smaller half. What the results do not need is left out, and what lies
 * between is freed after its last use. The same kernels on the same values give the same bits.
 */
import { tf } from "./tf.js";
import { madeOutside, override, RANDOM_IN_TRACE, READ_IN_TRACE, refuseWhileTracing } from "./tracing.js";
import { type Session, whileTracing } from "./tracing.js";
import { tidy } from "./tree.js";

/** Values are numbered: the inputs first, then constants and what kernels give, in the order in which they came to be. */
type Value = number;

/** Of a kernel, by name or as a list. */
type Inputs<T> = readonly T[] | { readonly [name: string]: T };

type Step = {
  readonly run: tf.KernelFunc;
  readonly attrs?: tf.NamedAttrMap;
  readonly inputs: Inputs<Value>;
  readonly outputs: readonly Value[];
};

/** A step, and the values that nothing needs after it. */
type Planned = Step & { readonly done: readonly Value[] };

/** A backend that counts who holds the data of a tensor. */
type Backend = tf.KernelBackend & { incRef(data: tf.DataId): void };
const backend = () => tf.backend() as Backend;

/**
 * Runs `fn` once on tensors equal to `inputs`, recording it. The session's `run` gives the outputs of `fn`: new tensors, also
 * where `fn` gives an input, a constant or one tensor twice.
 * @param name names the function in errors
 * @throws Error where `fn` reads values, draws random numbers or uses a tensor from outside that is no input
 */
export function replay(
  name: string,
  inputs: readonly tf.Tensor[],
  fn: (inputs: tf.Tensor[]) => readonly tf.Tensor[],
): Session {
  const tape = new Tape();
  try {
    const outputs = tidy(() => {
      const fresh = inputs.map((input) => tf.tensor(input.dataSync(), input.shape, input.dtype));
      fresh.forEach((input) => tape.add(input));
      return recording(tape, () => whileTracing(name, () => fn(fresh).map((output) => tape.valueOf(output))));
    });
    return sessionOf(tape, inputs.length, outputs);
  } catch (error) {
    tape.dispose();
    throw error;
  }
}

/** What was recorded. */
class Tape {
  readonly steps: Step[] = [];
  /** Copies of constants, by value. */
  readonly constants = new Map<Value, tf.TensorInfo>();
  /** Data of the constants themselves. */
  readonly readable = new WeakSet<tf.DataId>();
  private readonly values = new WeakMap<tf.TensorInfo, Value>();
  private count = 0;

  /** Numbers a tensor, or what a kernel says of it. */
  add(tensor: tf.TensorInfo): Value {
    this.values.set(tensor, this.count);
    return this.count++;
  }

  /** `tensor` is what a kernel spoke of. */
  alias(info: tf.TensorInfo, tensor: tf.TensorInfo): void {
    this.values.set(tensor, this.values.get(info)!);
  }

  addConstant(tensor: tf.Tensor): void {
    const { shape, dtype } = tensor;
    const copy = backend().write(backend().readSync(tensor.dataId), shape, dtype);
    this.constants.set(this.add(tensor), { dataId: copy, shape, dtype });
    this.readable.add(tensor.dataId);
  }

  addStep(
    run: tf.KernelFunc,
    { inputs, attrs }: Parameters<tf.KernelFunc>[0],
    outputs: readonly tf.TensorInfo[],
  ): void {
    const values = mapInputs(inputs as Inputs<tf.TensorInfo>, (input) => this.valueOf(input));
    this.steps.push({ run, attrs, inputs: values, outputs: outputs.map((output) => this.add(output)) });
  }

  valueOf(tensor: tf.TensorInfo): Value {
    const value = this.values.get(tensor);
    if (value === undefined) refuseWhileTracing(madeOutside(tensor));
    return value!;
  }

  dispose(): void {
    for (const { dataId } of this.constants.values()) backend().disposeData(dataId);
    this.constants.clear();
  }
}

function mapInputs<A, B>(inputs: Inputs<A>, fn: (input: A) => B): Inputs<B> {
  if (Array.isArray(inputs)) return (inputs as A[]).map(fn);
  const mapped: { [name: string]: B } = {};
  for (const [name, input] of Object.entries(inputs) as [string, A | null | undefined][])
    if (input !== undefined && input !== null) mapped[name] = fn(input);
  return mapped;
}

/** Runs `run` while every kernel and constant is written down. */
function recording<R>(tape: Tape, run: () => R): R {
  const engine = tf.engine();
  const { makeTensor, makeTensorFromTensorInfo, readSync, read } = engine;
  const checked =
    <T>(how: (data: tf.DataId) => T) =>
    (data: tf.DataId): T => {
      if (!tape.readable.has(data)) refuseWhileTracing(READ_IN_TRACE);
      return how.call(engine, data);
    };
  const undo = [
    ...tf.getKernelsForBackend(tf.getBackend()).map((kernel) => override(kernel, "kernelFunc", recorded(tape, kernel))),
    override(engine, "makeTensor", (...made) => {
      const tensor = makeTensor.apply(engine, made);
      tape.addConstant(tensor);
      return tensor;
    }),
    override(engine, "makeTensorFromTensorInfo", (info, of) => {
      const tensor = makeTensorFromTensorInfo.call(engine, info, of);
      tape.alias(info, tensor);
      return tensor;
    }),
    override(engine, "readSync", checked(readSync)),
    override(engine, "read", checked(read)),
    override(Math, "random", () => {
      refuseWhileTracing(RANDOM_IN_TRACE);
      return NaN;
    }),
  ];
  try {
    return run();
  } finally {
    undo.forEach((restore) => restore());
  }
}

/** The kernel, which also writes itself down. */
function recorded(tape: Tape, { kernelName, kernelFunc }: tf.KernelConfig): tf.KernelFunc {
  return (call) => {
    if (/random|multinomial/i.test(kernelName)) refuseWhileTracing(RANDOM_IN_TRACE);
    const result = kernelFunc(call);
    tape.addStep(kernelFunc, call, [result].flat());
    return result;
  };
}

/** The steps that the outputs need. What is computed on the way is done with after its last use. */
function planned({ steps, constants }: Tape, inputs: number, outputs: readonly Value[]): Planned[] {
  const used = new Set(outputs);
  const plan: Planned[] = [];
  for (const step of steps.toReversed()) {
    if (!step.outputs.some((value) => used.has(value))) continue;
    const touched = new Set([...Object.values<Value>(step.inputs), ...step.outputs]);
    const done = [...touched].filter((value) => !used.has(value) && value >= inputs && !constants.has(value));
    touched.forEach((value) => used.add(value));
    plan.unshift({ ...step, done });
  }
  return plan;
}

function sessionOf(tape: Tape, inputs: number, outputs: readonly Value[]): Session {
  const plan = planned(tape, inputs, outputs);
  const computed = new Set(outputs.filter((value) => value >= inputs && !tape.constants.has(value)));
  return {
    run(given) {
      const values: tf.TensorInfo[] = [...given];
      const free = (value: Value) => backend().disposeData(values[value].dataId);
      tape.constants.forEach((constant, value) => (values[value] = constant));
      for (const step of plan) {
        const call = {
          inputs: mapInputs(step.inputs, (value) => values[value]),
          attrs: step.attrs,
          backend: backend(),
        };
        const results = [step.run(call as Parameters<tf.KernelFunc>[0])].flat();
        results.forEach((result, i) => (values[step.outputs[i]] = result));
        step.done.forEach(free);
      }
      const results = outputs.map((value) => heldAnew(values[value]));
      computed.forEach(free);
      return results;
    },
    dispose: () => tape.dispose(),
  };
}

/** A new tensor with the same data. */
function heldAnew({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor {
  backend().incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
}
