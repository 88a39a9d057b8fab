/**
 * Records what TensorFlow executes while a function runs once, as a graph that one session call repeats.
 *
 * Every TensorFlow.js kernel of the native backend ends in `binding.executeOp` (those of gradients as well), and every
 * constant in `binding.createTensor`. So while the function runs, the binding is replaced by one that also writes a
 * node down for each call. The graph is saved as a SavedModel, which the same binding can load and run.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Attribute, Graph, type OpOutput } from "./graph.js";
import { Loop } from "./loop.js";
import { deviceOf } from "./placement.js";
import { tf } from "./tf.js";
import { type Session, type Tracer, type Turns, whileTracing } from "./tracing.js";
import { madeOutside, override, RANDOM_IN_TRACE, READ_IN_TRACE, refuseWhileTracing } from "./tracing.js";
import { tidy } from "./tree.js";

type Values = Float32Array | Int32Array | Uint8Array;

/** The native binding, as far as it is used here. Tensors and sessions are numbers. */
type Binding = {
  createTensor(shape: number[], dtype: number, values: Values): number;
  executeOp(op: string, attributes: Attribute[], inputs: number[], outputs: number): OpOutput[];
  loadSavedModel(folder: string, tag: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): OpOutput[];
};

/** TensorFlow.js's native backend, as far as it is used here. A tensor's `values` are null once they are uploaded. */
type NativeBackend = {
  binding: Binding;
  tensorMap: { get(dataId: object): { values: Values | null }; set(dataId: object, info: unknown): void };
  getDTypeInteger(dtype: string): number;
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  executeSingleInput(op: string, input: tf.Tensor): tf.Tensor;
  createOutputTensor(output: OpOutput): tf.Tensor;
  readSync(dataId: object): Values;
};

/** TensorFlow's name of it. */
const PROCESSOR = "/device:CPU:0";

const native = () => tf.backend() as unknown as NativeBackend;

/**
 * Runs `fn` once on tensors equal to `inputs`, recording it, and loads the recording. The session's `run` gives the
 * outputs of `fn`: new tensors, also where `fn` gives an input, a constant or one tensor twice.
 * @param name names the function in errors
 * @throws Error where `fn` reads values, draws random numbers or uses a tensor from outside that is no input
 */
export const trace: Tracer = (name, inputs, fn, { precision, turns } = {}) => {
  const device = deviceOf(turns ? "loop" : "call") === "processor" ? PROCESSOR : undefined;
  const graph = new Graph(precision, device);
  return tidy(() => {
    // Equal values under new ids: one tensor may be passed twice, and the function may have captured it as well.
    const fresh = inputs.map((input) => native().executeSingleInput("Identity", input));
    const feeds = fresh.map((x) => graph.placeholder(idOf(x), typeOf(x), x.shape));
    if (turns) return load(name, graph, feeds, repeated(name, graph, fresh, fn, turns));
    const fetches = recording(name, graph, fresh, () => fn(fresh).map((output) => graph.nameOf(idOf(output))));
    return load(name, graph, feeds, fetches);
  });
};

const typeOf = (tensor: tf.Tensor): number => native().getDTypeInteger(tensor.dtype);

/** Records the function as a loop; returns what to fetch. */
function repeated(
  name: string,
  graph: Graph,
  fed: readonly tf.Tensor[],
  fn: Parameters<Tracer>[2],
  { carried, rows }: Turns,
): string[] {
  const loop = new Loop(graph, fed[carried].shape[0]);
  const values = fed.map((x, i) =>
    i >= carried && i < carried + rows ? firstRow(x) : native().executeSingleInput("Identity", x),
  );
  const names = fed.map((x) => graph.nameOf(idOf(x)));
  const state = names.slice(0, carried).map((each, i) => loop.carry(each, typeOf(fed[i])));
  values.forEach((value, i) => {
    const inside =
      i < carried
        ? state[i].now
        : i < carried + rows
          ? loop.row(names[i], typeOf(value))
          : loop.enter(names[i], typeOf(value));
    graph.bind(idOf(value), value.shape, loop.shaped(inside, typeOf(value), value.shape));
  });
  const outputs = recording(name, graph, values, () => fn(values).map((output) => graph.nameOf(idOf(output))));
  state.forEach(({ becomes }, i) => becomes(outputs[i]));
  return [...state.map(({ end }) => end), loop.collect(outputs[carried])];
}

const firstRow = (x: tf.Tensor): tf.Tensor => tf.squeeze(tf.slice(x, 0, 1), [0]);

const idOf = (tensor: tf.Tensor): number => native().getInputTensorIds([tensor])[0];

/** Runs `run` while everything that it computes from `inputs` is added to the graph. */
function recording<R>(name: string, graph: Graph, inputs: readonly tf.Tensor[], run: () => R): R {
  const backend = native();
  const known = new WeakSet<object>(inputs.map((input) => input.dataId));
  const { binding, tensorMap } = backend;
  const setTensor = tensorMap.set.bind(tensorMap);
  const tensorIds = backend.getInputTensorIds.bind(backend);
  const readSync = backend.readSync.bind(backend);
  const undo = [
    override(backend, "binding", recorder(binding, graph)),
    override(tensorMap, "set", (dataId, info) => {
      known.add(dataId);
      setTensor(dataId, info);
    }),
    override(backend, "getInputTensorIds", (tensors) => {
      for (const { dataId, shape, dtype } of tensors)
        if (dataId && !known.has(dataId)) refuseWhileTracing(madeOutside({ shape, dtype }));
      return tensorIds(tensors);
    }),
    override(backend, "readSync", (dataId) => {
      if (!known.has(dataId) || tensorMap.get(dataId).values === null) refuseWhileTracing(READ_IN_TRACE);
      return readSync(dataId); // a constant
    }),
    override(Math, "random", () => {
      refuseWhileTracing(RANDOM_IN_TRACE);
      return NaN;
    }),
  ];
  try {
    return whileTracing(name, run);
  } finally {
    undo.forEach((restore) => restore());
  }
}

/** The binding, which also writes every op and every constant into the graph. */
function recorder(binding: Binding, graph: Graph): Binding {
  const executeOp: Binding["executeOp"] = (op, attributes, inputs, count) => {
    if (/random|multinomial/i.test(op)) refuseWhileTracing(RANDOM_IN_TRACE);
    const outputs = binding.executeOp(op, attributes, inputs, count);
    graph.operation(op, attributes, inputs, outputs);
    return outputs;
  };
  const createTensor: Binding["createTensor"] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values);
    graph.constant(id, dtype, shape, values);
    return id;
  };
  return Object.create(binding, { executeOp: { value: executeOp }, createTensor: { value: createTensor } }) as Binding;
}

function load(name: string, graph: Graph, feeds: readonly string[], fetches: readonly string[]): Session {
  const { binding } = native();
  // A session cannot fetch what it is fed, nor one output twice: such outputs are clones.
  const fetched = [...new Set(fetches)].filter((fetch) => !feeds.includes(fetch));
  const session = fetched.length ? loadGraph(name, graph) : undefined;
  const [inputNames, outputNames] = [feeds.join(","), fetched.join(",")];
  return {
    run(inputs) {
      const backend = native();
      const ids = backend.getInputTensorIds(inputs);
      const results = session === undefined ? [] : binding.runSavedModel(session, ids, inputNames, outputNames);
      const computed = new Map(results.map((result, i) => [fetched[i], backend.createOutputTensor(result)]));
      const used = new Set<string>();
      return fetches.map((fetch) => {
        const tensor = computed.get(fetch) ?? inputs[feeds.indexOf(fetch)];
        const first = computed.has(fetch) && !used.has(fetch);
        used.add(fetch);
        return first ? tensor : tensor.clone();
      });
    },
    dispose() {
      if (session !== undefined) binding.deleteSavedModel(session);
    },
  };
}

/** Loads the graph as a session, by way of a temporary folder: the binding can only load from one. */
function loadGraph(name: string, graph: Graph): number {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dmo-lab-"));
  try {
    fs.writeFileSync(path.join(folder, "saved_model.pb"), graph.savedModel());
    return native().binding.loadSavedModel(folder, "serve");
  } catch (cause) {
    throw new Error(`jit "${name}": TensorFlow does not accept the graph: ${(cause as Error).message}`, { cause });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
