import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectParams, reference, toParams } from "../../tests/reference.js";
import { untrained } from "../tensor/adam.js";
import { resolveConfig } from "../training/config.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { jit } from "@dmo-lab/jit/jit";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { dynamicsStep, LearnedDynamics } from "./learned-dynamics.js";
import { clampLogVariance, dynamicsLoss, initDynamics, predict, type DynamicsLoss, type Prediction } from "./model.js";
import { normalize, RunningNormalizer } from "./normalizer.js";
import { outcomeColumns, ReplayBuffer, transitionColumns } from "./replay-buffer.js";

const recorded = reference("dmo/dynamics");

beforeAll(async () => {
  await useBackend();
});

function recordedCase() {
  const normalizer = { mean: tf.tensor1d(recorded.normalizer.mean), variance: tf.tensor1d(recorded.normalizer.var) };
  const batch = {
    obs: tf.tensor2d(recorded.obs),
    action: tf.tensor2d(recorded.action),
    nextObs: tf.tensor2d(recorded.next_obs),
  };
  return { params: toParams(recorded.weights), normalizer, batch };
}

describe("dynamics model", () => {
  it("predicts the recorded mean and log-variance", () => {
    const { params, normalizer, batch } = recordedCase();
    expectClose(normalize(batch.obs, normalizer), recorded.normalized_obs, 1e-6);
    const { mean, logVariance } = predict(params, normalizer, batch.obs, batch.action);
    expectClose(mean, recorded.mean, 1e-5);
    expectClose(logVariance, recorded.logvar, 1e-5);
  });

  it("clamps the log-variance softly, with the recorded derivative", () => {
    const [raw, clamped, derivative] = [0, 1, 2].map((k) => recorded.clamp_check.values.map((row: number[]) => row[k]));
    const x = tf.tensor2d(raw, [raw.length, 1]);
    expectClose(clampLogVariance(x), clamped, 1e-5);
    const { grad } = valueAndGrad((v: tf.Tensor2D) => clampLogVariance(v).sum(), x);
    expectClose(grad, derivative, 1e-5);
  });

  const variants: [Prediction, DynamicsLoss, typeof recorded][] = [
    ["residual", "gaussian", recorded],
    ["residual", "squared", recorded.deterministic_ablation],
    ["absolute", "gaussian", recorded.absolute_prediction_ablation],
  ];
  it.each(variants)("trains on %s targets with the %s loss as recorded", (prediction, loss, expected) => {
    const { params, normalizer, batch } = recordedCase();
    if (expected.grad_first_update) {
      const objective = (p: typeof params) => dynamicsLoss(p, normalizer, batch, prediction, loss);
      expectParams(valueAndGrad(objective, params).grad, expected.grad_first_update, 1e-4);
    }
    const update = jit("update", dynamicsStep({ prediction, loss }));
    let state = untrained(params);
    const losses = [0, 1, 2].map(() => {
      const next = update(state, batch, { normalizer, rate: tf.scalar(recorded.config.lr) });
      state = next.state;
      return next.value.dataSync()[0];
    });
    expectClose(losses, expected.losses_of_3_updates, 1e-5);
    if (expected.weights_after_3_updates) expectParams(state.params, expected.weights_after_3_updates, 1e-5);
  });

  it("reports the mean loss of its updates, however many", () => {
    const { params, normalizer } = recordedCase();
    const config = { ...resolveConfig("hopper", "dmo", 1).dynamics!, learningRate: 0 };
    const dynamics = new LearnedDynamics(config, params, { sample: () => recordedCase().batch }, streams(1)("batches"));
    const { prediction, loss } = config;
    const expected = dynamicsLoss(
      recordedCase().params,
      normalizer,
      recordedCase().batch,
      prediction,
      loss,
    ).dataSync()[0];
    for (const updates of [1, 3]) expect(dynamics.fit(normalizer, updates)).toBeCloseTo(expected, 5);
  });

  it("starts within U(-1/sqrt(fan_in), 1/sqrt(fan_in))", () => {
    const params = initDynamics(11, 3, [64, 64], streams(1)("dynamics"));
    const bound = (name: string): number => tf.max(tf.abs(params[name])).dataSync()[0];
    expect(params["output.weight"].shape).toEqual([64, 22]);
    for (const [layer, fanIn] of [
      ["layer0", 14],
      ["layer1", 64],
      ["output", 64],
    ] as const)
      for (const part of ["weight", "bias"]) {
        expect(bound(`${layer}.${part}`)).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
        expect(bound(`${layer}.${part}`)).toBeGreaterThan(0.8 / Math.sqrt(fanIn));
      }
  });
});

describe("normaliser", () => {
  it("merges batches to the recorded statistics", () => {
    const file = reference("dmo/normalizer");
    const normalizer = new RunningNormalizer(3);
    expectClose(normalize(tf.tensor2d(file.x), normalizer.tensors()), file.x_normalized_initial, 1e-6);
    for (const step of file.batches) {
      normalizer.update(step.batch.flat());
      expectClose(normalizer.mean, step.mean, 1e-5);
      expectClose(normalizer.variance, step.var, 1e-5);
      expect(normalizer.count).toBeCloseTo(step.count, 3);
      expectClose(normalize(tf.tensor2d(file.x), normalizer.tensors()), step.x_normalized, 1e-5);
    }
  });

  it("comes back from its saved state", () => {
    const normalizer = new RunningNormalizer(2);
    normalizer.update([1, 2, 3, 5]);
    const copy = new RunningNormalizer(2);
    copy.load(JSON.parse(JSON.stringify(normalizer.save())));
    expect(copy.save()).toEqual(normalizer.save());
  });
});

describe("replay buffer", () => {
  const row = (k: number) => ({
    obs: [k, -k],
    action: [10 * k],
    nextObs: [k + 0.5, k],
    reward: [-k],
    terminated: [k % 2],
  });

  it("keeps the newest rows, each with its own columns", () => {
    const replay = new ReplayBuffer(3, outcomeColumns(2, 1));
    for (let k = 1; k <= 5; k++) replay.add(row(k));
    expect(replay.size).toBe(3);
    const batch = Object.entries(replay.sample(200, streams(3)("replay")));
    const columns = batch.map(([name, x]) => [name, x.arraySync() as number[][]] as const);
    const seen = columns[0][1].map(([k], i) => {
      expect(Object.fromEntries(columns.map(([name, rows]) => [name, rows[i]]))).toEqual(row(k));
      return k;
    });
    expect([...new Set(seen)].sort()).toEqual([3, 4, 5]);
  });

  it("samples uniformly", () => {
    const replay = new ReplayBuffer(10, transitionColumns(1, 1));
    for (let k = 0; k < 4; k++) replay.add({ obs: [k], action: [k], nextObs: [k] });
    const counts = [0, 0, 0, 0];
    for (const k of replay.sample(8000, streams(5)("replay")).obs.dataSync()) counts[k]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200); // five standard deviations
  });
});
