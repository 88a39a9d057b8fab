import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectSameParams, flat, reference, slopes } from "../tests/reference.js";
import { normalize, RunningNormalizer } from "../lib/dynamics/normalizer.js";
import "./index.js";
import { outcomeColumns, ReplayBuffer, type OutcomeBatch } from "../lib/dynamics/replay-buffer.js";
import { resolveConfig } from "../lib/training/config.js";
import { createEnvironment, findTask } from "../lib/tasks/index.js";
import { column } from "../lib/tasks/read.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { untrained } from "../lib/tensor/adam.js";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../lib/tensor/layers.js";
import { streams } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { Collector } from "../lib/algorithms/collector.js";
import { gaussian, sampleWithLogProbability } from "../lib/algorithms/policies.js";
import { both, softValue, SOFT_ACTOR, tdTarget, twinLoss, type Soft, type Twin } from "./q-functions.js";
import { SAC_REPORT, sacObjective, sacUpdate, type SacState } from "./sac.js";
import { temperatureLoss } from "../lib/algorithms/temperature.js";

const recorded = reference("sac/sac");

beforeAll(async () => {
  await useBackend();
});

type Layers = { weight: number[][]; bias: number[] }[];

/** The actor sees everything. */
const actorPart = (obs: tf.Tensor2D): tf.Tensor2D => obs;

/** Recorded layers as our parameters: weights are recorded [out][in]. */
function params(layers: Layers): Params {
  const named = layers.map(({ weight, bias }, i) => {
    const name = i === layers.length - 1 ? "output" : `layer${i}`;
    return { [`${name}.weight`]: tf.transpose(tf.tensor2d(weight)), [`${name}.bias`]: tf.tensor1d(bias) };
  });
  return Object.assign({}, ...named) as Params;
}

const expectLayers = (actual: Params, layers: Layers): void => expectSameParams(actual, params(layers), 1e-5);

function recordedCase() {
  const { mean, variance } = recorded.normalizer;
  const columns = Object.entries(recorded.batch as Record<string, number[] | number[][]>).map(
    ([name, values]) => [name, tf.tensor2d(values.flat(), [values.length, [values[0]].flat().length])] as const,
  );
  const { noise, nextNoise, ...batch } = Object.fromEntries(columns);
  const twin = both(recorded.critics as Twin<Layers>, params);
  return {
    actor: params(recorded.actor),
    twin,
    targets: both(recorded.targets as Twin<Layers>, params),
    log: tf.scalar(Math.log(recorded.settings.temperature)),
    normalizer: { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) },
    batch: batch as OutcomeBatch,
    noise,
    nextNoise,
  };
}

describe("the squashed Gaussian", () => {
  it("has the recorded actions and log-densities", () => {
    const { actor, batch, normalizer, noise } = recordedCase();
    const x = normalize(batch.obs, normalizer);
    const { logStd } = gaussian(SOFT_ACTOR, actor, x);
    expect(tf.max(logStd).dataSync()[0]).toBe(2); // the recording covers the bound
    const { action, logProbability } = sampleWithLogProbability(SOFT_ACTOR, actor, x, noise);
    expectClose(action, recorded.action, 1e-5);
    expectClose(logProbability, recorded.log_prob, 1e-5);
  });

  it("has finite log-densities where tanh rounds to 1", () => {
    const zero = tf.zeros([1, 1]) as tf.Tensor2D;
    for (const mean of [30, -30]) {
      const actor = { "output.weight": tf.zeros([1, 2]), "output.bias": tf.tensor1d([mean, 0]) };
      const { action, logProbability } = sampleWithLogProbability(SOFT_ACTOR, actor, zero, zero);
      expect(action.dataSync()[0]).toBe(Math.sign(mean));
      // log N(u) - log(1 - tanh(u)^2), and 1 - tanh(u)^2 = 4 exp(-2 |u|) to 26 digits there
      expect(logProbability.dataSync()[0]).toBeCloseTo(-Math.log(2 * Math.PI) / 2 - Math.log(4) + 60, 4);
    }
  });
});

describe("targets", () => {
  it("bootstrap at time-outs, not at terminations: worked by hand", () => {
    const reward = tf.tensor2d([1, 1, -2], [3, 1]);
    const terminated = tf.tensor2d([0, 1, 1], [3, 1]);
    expectClose(tdTarget({ reward, terminated }, tf.tensor1d([10, 10, 1e6]), 0.9), [1 + 0.9 * 10, 1, -2], 1e-6);
  });

  it("find time-outs in the buffer as steps that go on, from the observation before the reset", () => {
    const terminated = (obs: tf.Tensor2D) => tf.greater<tf.Tensor1D>(column(obs, 0), 100);
    const task = { ...findTask("cartpole"), episodeLength: 3, terminated };
    const environment = createEnvironment(task, 2, streams(1)("environment"));
    const replay = new ReplayBuffer(100, outcomeColumns(5, 1));
    const collector = new Collector(environment, new RunningNormalizer(5), replay);
    environment.engine.setState(1, [200, 0], [0, 0]); // too far: its first step ends the episode for good
    const results = [0, 1, 2].map(() => collector.step(new Float32Array(2)));
    expect(results.map(({ terminated, truncated }) => [...terminated, ...truncated])).toEqual([
      [0, 1, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 1, 0],
    ]);
    const all = Int32Array.of(0, 1, 2, 3, 4, 5);
    expect([...replay.gather("terminated", all).dataSync()]).toEqual([0, 1, 0, 0, 0, 0]);
    const rewards = results.flatMap(({ reward }) => [...reward]);
    expect([...replay.gather("reward", all).dataSync()]).toEqual(rewards);
    const afterTimeOut = replay.gather("nextObs", Int32Array.of(4)).dataSync();
    expect([...afterTimeOut]).toEqual([...results[2].nextObs.subarray(0, 5)]);
    expect([...afterTimeOut]).not.toEqual([...results[2].resetObs.subarray(0, 5)]);
    environment.dispose();
  });
});

it("one update equals the recorded one: losses, norms, and all that it moves", () => {
  const { actor, twin, targets, log, normalizer, batch, noise, nextNoise } = recordedCase();
  const { gamma, tau, rates, target_entropy } = recorded.settings;
  const preset = resolveConfig("cartpole", "sac", 0);
  const update = sacUpdate(
    {
      ...preset,
      gamma,
      actor: { hidden: [], learningRate: rates.actor },
      critic: { hidden: [], learningRate: rates.critic, tau },
      temperature: { initial: 1, learningRate: rates.temperature },
    },
    sacObjective,
    { actionSize: -target_entropy, actorPart },
  );
  const before: SacState = {
    actor: untrained(actor),
    critics: both(twin, untrained),
    targets,
    temperature: untrained({ log }),
  };
  const { state, report } = update(before, normalizer, batch, nextNoise, { obs: batch.obs, noise });
  const values = Object.fromEntries([...report.dataSync()].map((x, j) => [SAC_REPORT[j], x]));
  const mean = (xs: number[]): number => xs.reduce((a, b) => a + b) / xs.length;
  expectClose([values.critic_loss], [recorded.critic_loss], 1e-5);
  expectClose([values.actor_loss], [recorded.actor_loss], 1e-5);
  expectClose([values.entropy], [-mean(recorded.log_prob)], 1e-5);
  expectClose([values.temperature], [recorded.settings.temperature], 1e-6);
  const norm = (grads: Layers[]): number => Math.hypot(...grads.flatMap((layers) => flat(params(layers))));
  expect(values.critic_grad_norm / norm(recorded.critic_gradients)).toBeCloseTo(1, 5);
  expect(values.actor_grad_norm / norm([recorded.actor_gradients])).toBeCloseTo(1, 5);
  expectLayers(state.actor.params, recorded.after.actor);
  both(state.critics, (critic, i) => expectLayers(critic.params, recorded.after.critics[i]));
  both(state.targets, (target, i) => expectLayers(target, recorded.after.targets[i]));
  expect(state.temperature.params.log.dataSync()[0]).toBeCloseTo(recorded.after.log_temperature, 6);
  update.dispose();
});

describe("losses and gradients", () => {
  const soft = ({ twin, log, normalizer }: ReturnType<typeof recordedCase>): Soft => {
    return { twin, temperature: tf.exp(log), normalizer, actorPart };
  };

  it("of the Q functions are the recorded ones", () => {
    const at = recordedCase();
    const next = softValue(at.actor, { ...soft(at), twin: at.targets }, at.batch.nextObs, at.nextNoise);
    expectClose(next.logProbability, recorded.next_log_prob, 1e-5);
    const target = tdTarget(at.batch, next.value, recorded.settings.gamma);
    expectClose(target, recorded.target, 1e-5);
    const normalized = normalize(at.batch.obs, at.normalizer);
    const loss = (twin: Twin<Params>) => twinLoss(twin, normalized, at.batch.action, target).loss;
    const { value, grad } = valueAndGrad(loss, at.twin);
    expectClose(value, [recorded.critic_loss], 1e-5);
    both(grad, (each, i) => expectLayers(each, recorded.critic_gradients[i]));
    const { exact, numeric } = slopes(loss, at.twin, 1e-3);
    expect(numeric / exact).toBeCloseTo(1, 2);
  });

  it("of the temperature are the recorded ones", () => {
    const { log } = recordedCase();
    const loss = (p: Params) => temperatureLoss(p, tf.tensor1d(recorded.log_prob), recorded.settings.target_entropy);
    const { value, grad } = valueAndGrad(loss, { log });
    expectClose(value, [recorded.temperature_loss], 1e-5);
    expectClose(grad.log, [recorded.temperature_gradient], 1e-5);
    const { exact, numeric } = slopes(loss, { log }, 1e-2);
    expect(numeric / exact).toBeCloseTo(1, 3);
  });

  it("of the actor are the recorded ones", () => {
    const at = { ...recordedCase(), twin: both(recorded.after.critics as Twin<Layers>, params) };
    const loss = (actor: Params) =>
      tf.neg(tf.mean(softValue(actor, soft(at), at.batch.obs, at.noise).value)) as tf.Scalar;
    const { value, grad } = valueAndGrad(loss, at.actor);
    expectClose(value, [recorded.actor_loss], 1e-5);
    expectLayers(grad, recorded.actor_gradients);
    const { exact, numeric } = slopes(loss, at.actor, 1e-3);
    expect(numeric / exact).toBeCloseTo(1, 2);
  });
});
