import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { useBackend } from "./backend.js";
import { valueAndGrad } from "./grad.js";
import { jit } from "./jit.js";
import { loopsOnGpu, onGpu, onProcessor, place, type Placement } from "./placement.js";
import { repeat } from "./repeat.js";
import { tf } from "./tf.js";
import { override } from "./tracing.js";

const { name, gpu } = await useBackend();
const usual = place(onProcessor);
place(usual);
afterEach(() => void place(usual));

test("where a GPU computes, loops alone go there; elsewhere everything stays on the processor", () => {
  expect([loopsOnGpu("loop"), loopsOnGpu("call")]).toEqual(["gpu", "processor"]);
  expect([onProcessor("loop"), onGpu("call")]).toEqual(["processor", "gpu"]);
  expect(usual).toBe(gpu ? loopsOnGpu : onProcessor);
  expect([place(onGpu), place(onProcessor)]).toEqual([usual, onGpu]);
});

type Nodes = { getDevice(): string; getOp(): string }[];
type Saved = { getMetaGraphsList(): { getGraphDef(): { getNodeList(): Nodes } }[] };

/** The devices of the nodes of each graph that is loaded from now on. */
function loadedDevices(): string[][] {
  const { SavedModel } = createRequire(import.meta.url)("@tensorflow/tfjs-node/dist/proto/api_pb") as {
    SavedModel: { deserializeBinary(bytes: Uint8Array): Saved };
  };
  const loaded: string[][] = [];
  const backend = tf.backend() as unknown as { binding: { loadSavedModel(folder: string, tag: string): number } };
  const { binding } = backend;
  const loadSavedModel = (folder: string, tag: string): number => {
    const [graph] = SavedModel.deserializeBinary(readFileSync(path.join(folder, "saved_model.pb"))).getMetaGraphsList();
    const nodes = graph.getGraphDef().getNodeList();
    loaded.push([...new Set(nodes.map((node) => node.getDevice()))]);
    return binding.loadSavedModel(folder, tag);
  };
  onTestFinished(override(backend, "binding", Object.create(binding, { loadSavedModel: { value: loadSavedModel } }) as typeof binding)); // prettier-ignore
  return loaded;
}

const wave = (rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1.3 * i)),
    [rows, columns],
  );
/** A step of gradient descent: products, sums, functions and a constant. */
const step = (weights: tf.Tensor2D, x: tf.Tensor2D) => {
  const loss = (w: tf.Tensor2D) => tf.mean<tf.Scalar>(tf.square(tf.softplus(tf.add(tf.matMul(x, w), 0.1))));
  const { value, grad } = valueAndGrad(loss, weights);
  return { state: tf.sub<tf.Tensor2D>(weights, tf.mul(grad, 0.3)), value };
};

describe.runIf(name === "tensorflow")("a graph's nodes", () => {
  const compiled = (placement: Placement) => {
    place(placement);
    const fn = jit("step", step);
    const { state, value } = fn(wave(130, 140), wave(150, 130));
    fn.dispose();
    return [state.dataSync(), value.dataSync()];
  };

  test("are all on the processor where the placement says so, with the same bits as where TensorFlow chooses", () => {
    const devices = loadedDevices();
    const [pinned, free] = [onProcessor, onGpu].map(compiled);
    expect(devices).toEqual([["/device:CPU:0"], [""]]);
    if (!gpu) expect(pinned).toEqual(free);
  });

  test("follow the placement of the call, also of a function that is compiled already", () => {
    const devices = loadedDevices();
    const fn = jit("step", step);
    for (const placement of [onProcessor, loopsOnGpu, onGpu, onProcessor]) {
      place(placement);
      fn(wave(2, 3), wave(4, 2));
    }
    expect(devices).toEqual([["/device:CPU:0"], [""]]);
    fn.dispose();
  });

  test("turn in a loop where loops are placed on a GPU", () => {
    const devices = loadedDevices();
    const all = repeat("step", (weights: tf.Tensor2D, x: tf.Tensor2D) => step(weights, x));
    const losses = [onProcessor, loopsOnGpu].map((placement) => {
      place(placement);
      return all(wave(130, 14), () => wave(150, 130), 3, tf.scalar(0)).values;
    });
    expect(devices).toEqual([["/device:CPU:0"], [""]]);
    if (!gpu) expect(losses[0]).toEqual(losses[1]);
    expect(new Set(losses[0]).size).toBe(3);
    all.dispose();
  });
});
