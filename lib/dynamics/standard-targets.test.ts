import { beforeAll, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { streams } from "../tensor/random.js";
import type { DynamicsConfig } from "./dynamics-settings.js";
import { createDynamics } from "./learned-dynamics.js";
import { predict } from "./model.js";
import { RunningNormalizer } from "./normalizer.js";
import type { ReplayBuffer } from "./replay-buffer.js";

beforeAll(async () => {
  await useBackend();
});

const ROWS = 512;
const CONFIG: DynamicsConfig = {
  ...{ hidden: [32, 32], learningRate: 3e-3, updates: 1, batch: 64, initialUpdates: 1, minReplay: ROWS },
  ...{ replayCapacity: ROWS, prediction: "residual", loss: "gaussian" },
};
/** How much the two numbers of a state change. */
const SIZES = [1e-3, 1];

/** A model fitted on s' = s + SIZES * a, and the error of its mean relative to SIZES, number by number. */
function fitted(targets: DynamicsConfig["targets"], updates: number) {
  const stream = streams(1);
  const { dynamics, replay } = createDynamics({ ...CONFIG, targets }, { robots: 1, obs: 2, action: 2 }, stream);
  const obs = stream("obs").normals(2 * ROWS);
  const action = stream("action")
    .normals(2 * ROWS)
    .map(Math.tanh);
  const nextObs = obs.map((s, i) => s + SIZES[i % 2] * action[i]);
  (replay as ReplayBuffer<{ obs: 2; action: 2; nextObs: 2 }>).add({ obs, action, nextObs });
  const normalizer = new RunningNormalizer(2).tensors();
  const first = dynamics.fit(normalizer, 1);
  const unit = dynamics.params.unit?.arraySync() as number[] | undefined;
  dynamics.fit(normalizer, updates);
  const matrix = (values: ArrayLike<number>) => tf.tensor2d(Float32Array.from(values), [ROWS, 2]);
  const { mean } = predict(dynamics.params, normalizer, matrix(obs), matrix(action));
  const error = tf.sqrt(tf.mean(tf.square(tf.div(tf.sub(mean, tf.mul(matrix(action), SIZES)), SIZES)), 0));
  return { first, unit, last: dynamics.params.unit?.arraySync(), error: error.arraySync() as number[] };
}

test("in standard deviations, small changes are learned as well as large ones; raw, they drown in Adam's steps", () => {
  const [raw, standard] = [fitted("raw", 300), fitted("standard", 300)];
  expect(standard.error[0]).toBeLessThan(0.2);
  expect(standard.error[1]).toBeLessThan(0.2);
  expect(raw.error[0]).toBeGreaterThan(1);
  expect(raw.error[1]).toBeLessThan(0.2);
});

test("units are those of the first fit, and no update moves them", () => {
  const { unit, last } = fitted("standard", 20);
  expect(unit![1] / unit![0]).toBeCloseTo(SIZES[1] / SIZES[0], -2);
  expect(unit![1]).toBeGreaterThan(0.5);
  expect(last).toEqual(unit);
  expect(fitted(undefined, 1).unit).toBeUndefined();
});
