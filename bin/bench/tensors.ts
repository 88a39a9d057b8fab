/** Matrix products, and updates of dynamics models in their official shapes. */
import { dynamicsStep, dynamicsUpdates } from "../../lib/dynamics/learned-dynamics.js";
import { dynamicsLoss, initDynamics } from "../../lib/dynamics/model.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import type { TransitionBatch } from "../../lib/dynamics/replay-buffer.js";
import { untrained } from "../../lib/tensor/adam.js";
import type { Precision } from "@dmo-lab/jit/tracing";
import { jit } from "@dmo-lab/jit/jit";
import { matMul } from "@dmo-lab/jit/kernels";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { cloneTree, disposeTree } from "@dmo-lab/jit/tree";
import { measurement, medianMilliseconds, type Measurement } from "./measure.js";

const random = streams(0);

const normals = (name: string, rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(random(name).normals(rows * columns), [rows, columns]);

const MATMUL_SIZE = 512;

/** Speed of a product of two square matrices: the limit of an update. */
export function matmul(name: string, seconds: number, precision?: Precision): Measurement {
  const [a, b] = ["a", "b"].map((name) => normals(name, MATMUL_SIZE, MATMUL_SIZE));
  const multiply = jit("matmul", (x: tf.Tensor2D, y: tf.Tensor2D) => matMul(x, y), precision);
  const milliseconds = medianMilliseconds(() => {
    const product = multiply(a, b);
    product.dataSync();
    product.dispose();
  }, seconds);
  disposeTree([a, b]);
  multiply.dispose();
  return measurement(name, (2 * MATMUL_SIZE ** 3) / milliseconds / 1e6, "GFLOP/s");
}

/** A dynamics model's sizes and its batch. */
export type UpdateShape = { obs: number; action: number; hidden: [number, number]; batch: number };

export const updateShapes = {
  hopper: { obs: 11, action: 3, hidden: [512, 512], batch: 256 },
  ant: { obs: 37, action: 8, hidden: [512, 512], batch: 512 },
} satisfies Record<string, UpdateShape>;

const OBJECTIVE = { prediction: "residual", loss: "gaussian" } as const;

/** Updates that are asked for at a time. */
const UPDATES = 8;

/** A compiled update: forward, backward, Adam, on a batch that is there already. */
export function compiledUpdate(
  name: string,
  shape: UpdateShape,
  seconds: number,
  precision?: Precision,
  loss = dynamicsLoss,
): Measurement {
  const updates = dynamicsUpdates(OBJECTIVE, loss, precision);
  const several: TimedUpdate = (model, batch, fixed) => {
    const { state, values } = updates(model, () => cloneTree(batch), UPDATES, fixed);
    return { state, value: tf.scalar(values[0]) };
  };
  const result = measurement(name, timeUpdate(several, shape, seconds) / UPDATES, "ms");
  updates.dispose();
  return result;
}

type TimedUpdate = ReturnType<typeof dynamicsStep>;

/** The same op by op. */
export const eagerUpdate = (name: string, shape: UpdateShape, seconds: number, loss = dynamicsLoss): Measurement =>
  measurement(name, timeUpdate(dynamicsStep(OBJECTIVE, loss), shape, seconds), "ms");

function timeUpdate(update: TimedUpdate, shape: UpdateShape, seconds: number): number {
  const { obs, action, hidden, batch } = shape;
  const params = initDynamics(obs, action, hidden, random("model"));
  let state = untrained(params);
  const normalizer = new RunningNormalizer(obs).tensors();
  const rows: TransitionBatch = {
    obs: normals("obs", batch, obs),
    action: normals("action", batch, action),
    nextObs: normals("next", batch, obs),
  };
  const rate = tf.scalar(1e-4);
  const milliseconds = medianMilliseconds(() => {
    const { state: next, value } = tf.tidy(() => update(state, rows, { normalizer, rate }));
    value.dataSync();
    disposeTree([state, value]);
    state = next;
  }, seconds);
  disposeTree([state, normalizer, rows, rate]);
  return milliseconds;
}
