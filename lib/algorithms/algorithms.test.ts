import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectParams, reference, toParams } from "../../tests/reference.js";
import { normalize } from "../dynamics/normalizer.js";
import { linearDecay } from "../tensor/adam.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { vjp } from "@dmo-lab/jit/grad";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { deterministicAction, sampleAction } from "./actor.js";
import { initCritic, moveTarget, tdLambda, value } from "./critic.js";
import { ReturnMeter } from "./return-meter.js";

beforeAll(async () => {
  await useBackend();
});

describe("actor", () => {
  const recorded = reference("dmo/actor");
  const at = () => ({ params: toParams(recorded.weights), obs: tf.tensor2d(recorded.obs) });

  it("samples the recorded actions, with their gradients", () => {
    const x = at();
    const { value: action, grad } = vjp(
      ({ params, obs }: typeof x) => sampleAction(params, obs, tf.tensor2d(recorded.eps)),
      x,
      tf.onesLike(tf.tensor2d(recorded.sampled_action)),
    );
    expectClose(action, recorded.sampled_action, 1e-5);
    expectParams(grad.params, recorded.grad_sum_sampled, 1e-4);
    expectClose(grad.obs, recorded.grad_sum_sampled_obs, 1e-4);
  });

  it("acts deterministically as recorded", () => {
    const x = at();
    expectClose(deterministicAction(x.params, x.obs), recorded.deterministic_action, 1e-5);
  });
});

describe("critic", () => {
  const recorded = reference("dmo/critic");

  it("gives the recorded values and gradients", () => {
    const x = { params: toParams(recorded.weights), obs: tf.tensor2d(recorded.obs) };
    const ones = tf.ones([recorded.values.length]);
    const { value: values, grad } = vjp((v: typeof x) => value(v.params, v.obs), x, ones);
    expectClose(values, recorded.values, 1e-5);
    expectParams(grad.params, recorded.grad_sum, 1e-4);
    expectClose(grad.obs, recorded.grad_sum_obs, 1e-4);
  });

  it("starts orthogonal with gain sqrt 2 and biases 0", () => {
    const params = initCritic(11, [16, 8], streams(0)("critic"));
    for (const name of ["layer0", "layer1", "output"]) {
      const w = params[`${name}.weight`] as tf.Tensor2D;
      const gram = tf.matMul(w, w, w.shape[0] > w.shape[1], w.shape[0] <= w.shape[1]);
      expectClose(gram, tf.eye(gram.shape[0]).mul(2).arraySync() as number[][], 1e-5);
      expect(tf.max(tf.abs(params[`${name}.bias`])).dataSync()[0]).toBe(0);
    }
  });

  it("moves its target as recorded", () => {
    const { alpha, target_before, target_after } = recorded.target_update;
    const moved = moveTarget(toParams(target_before), toParams(recorded.weights), tf.scalar(alpha));
    expectParams(moved, target_after, 1e-6);
  });
});

describe("TD(lambda)", () => {
  const recorded = reference("dmo/tdlambda");
  const steps = recorded.rewards.map((reward: number[], t: number) => ({
    reward: Float32Array.from(reward),
    ended: Uint8Array.from(recorded.time_out[t], (cut: number, i) => cut | recorded.early_termination[t][i]),
  }));
  const nextValue = recorded.next_values.map((row: number[]) => Float32Array.from(row));
  const flat = (rows: Float32Array[]): number[] => rows.flatMap((row) => [...row]);

  it("equals the recorded targets, ends included", () => {
    expectClose(flat(tdLambda(steps, nextValue, recorded.gamma, recorded.lam)), recorded.target_values, 1e-6);
    expectClose(flat(tdLambda(steps, nextValue, recorded.gamma, 0)), recorded.one_step_targets, 1e-6);
  });

  it("bootstraps at a time-out: with reward 1 forever the target is 1 / (1 - gamma)", () => {
    const gamma = 0.99;
    const v = 1 / (1 - gamma);
    const step = (truncated: number) => ({
      reward: Float32Array.of(1),
      ended: Uint8Array.of(truncated),
    });
    const targets = tdLambda(
      [step(0), step(1), step(0)],
      [0, 0, 0].map(() => Float32Array.of(v)),
      gamma,
      0.95,
    );
    for (const target of flat(targets)) expect(target).toBeCloseTo(v, 3);
  });
});

it("learning rates fall linearly as recorded", () => {
  const { max_epochs, minimum, initial, epochs } = reference("dmo/schedule");
  for (const row of epochs)
    for (const net of ["actor", "critic"])
      expect(linearDecay(initial[net], minimum, row.epoch, max_epochs)).toBeCloseTo(row[net], 12);
});

it("the return meter follows the recorded moving mean", () => {
  const meter = new ReturnMeter();
  expect(meter.mean).toBeNaN();
  for (const { n, batch_mean, meter: mean, size } of reference("dmo/return_meter").updates) {
    meter.update(new Array<number>(n).fill(batch_mean));
    expect(meter.mean).toBeCloseTo(mean, 6);
    expect(meter.size).toBe(size);
  }
});

it("normalises without clipping", () => {
  const x = tf.tensor2d([[1e6]]);
  const normalized = normalize(x, { mean: tf.tensor1d([0]), variance: tf.tensor1d([1]) }).dataSync()[0];
  expect(normalized).toBeCloseTo(1e6 / Math.sqrt(1 + 1e-5), -1);
});
