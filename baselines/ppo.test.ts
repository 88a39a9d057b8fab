import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, reference } from "../tests/reference.js";
import { expectInputsLearned } from "../tests/tiny.js";
import { RunningNormalizer } from "../lib/dynamics/normalizer.js";
import type { Environment, Step } from "../lib/tasks/environment.js";
import { createEnvironment, findTask } from "../lib/tasks/index.js";
import { defineTask } from "../lib/tasks/define-task.js";
import { untrained } from "../lib/tensor/adam.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../lib/tensor/layers.js";
import { streams, type RandomStream } from "../lib/tensor/random.js";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { saveTree } from "../lib/tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { resolveConfig } from "../lib/training/config.js";
import { Policy } from "../lib/training/policy.js";
import { adaptedRate, gae, initPpo, policyParams, ppoLoss, type PpoBatch } from "./ppo-loss.js";
import { PpoTargets } from "./ppo-samples.js";
import { ppo, type PpoLearner } from "./ppo.js";

beforeAll(async () => {
  await useBackend();
});

const floats = (x: number[]) => Float32Array.from(x);

describe("advantages", () => {
  const step = (reward: number[], terminated: number[], truncated: number[]) => ({
    reward: floats(reward),
    terminated: Uint8Array.from(terminated),
    ended: Uint8Array.from(truncated, (cut, i) => cut | terminated[i]),
  });

  it("by hand: without an end, and with an early end at step 0 and a time-out at step 1", () => {
    const steps = [step([1, 4], [0, 1], [0, 0]), step([2, 2], [0, 0], [0, 1]), step([3, 3], [0, 0], [0, 0])];
    const value = steps.map(() => floats([1, 1]));
    const nextValue = [floats([1, 9]), floats([1, 3]), floats([2, 5])];
    // gamma lambda = 1/4. deltas without an end: 1 + 1/2 - 1, 2 + 1/2 - 1, 3 + 1 - 1; with: 4 - 1, 2 + 3/2 - 1, 3 + 5/2 - 1
    const expected = [floats([0.5 + 2.25 / 4, 3]), floats([1.5 + 3 / 4, 2.5]), floats([3, 4.5])];
    expect(gae(steps, value, nextValue, 0.5, 0.5)).toEqual(expected);
  });

  it("are 0 where every value is right: reward 1 forever, and time-outs", () => {
    const steps = [0, 1, 0, 1].map((timeOut) => step([1], [0], [timeOut]));
    const value = steps.map(() => floats([100]));
    for (const [advantage] of gae(steps, value, value, 0.99, 0.95)) expect(advantage).toBeCloseTo(0, 10);
  });
});

it("the learning rate falls beyond twice the target, rises below half of it, and stays within its bounds", () => {
  const rates = [0.0161, 0.0159, 0.0041, 0.0039].map((kl) => adaptedRate(3e-4, kl, 0.008));
  expect(rates).toEqual([3e-4 / 1.5, 3e-4, 3e-4, 3e-4 * 1.5]);
  expect([0.016, 0.004].map((kl) => adaptedRate(3e-4, kl, 0.008))).toEqual([3e-4, 3e-4]);
  expect([adaptedRate(9e-3, 0, 0.008), adaptedRate(1.2e-6, 1, 0.008)]).toEqual([1e-2, 1e-6]);
});

it("the network's values are in units of the statistics so far, also of those that are loaded", () => {
  const config = { lambda: 1, rewardScale: 1 };
  const go = { terminated: new Uint8Array(2), ended: new Uint8Array(2) };
  const of = (targets: PpoTargets, reward: number[], value: number[]) =>
    tf.tidy(() => {
      const learned = targets.of([{ reward: floats(reward), ...go } as Step], [floats(value)], [floats([0, 0])]);
      return [learned.value, learned.target].map((each) => [...each.dataSync()]);
    });
  const targets = new PpoTargets(0, config); // the value of a step is its reward
  of(targets, [50, 70], [0, 0]);
  const { mean, variance } = targets.save();
  expect(mean[0]).toBeGreaterThan(10);
  const exact = [20, 40].map((reward) => (reward - mean[0]) / Math.sqrt(variance[0]));
  const resumed = new PpoTargets(0, config);
  resumed.load(targets.save());
  const counted = new RunningNormalizer(1);
  counted.load(targets.save());
  const [value, target] = of(resumed, [20, 40], exact);
  for (const learned of [value, target]) {
    counted.update(floats([20, 40])); // each is normalised by statistics that count it in
    const { mean, variance } = counted.save();
    learned.forEach((x, i) => expect(x * Math.sqrt(variance[0]) + mean[0]).toBeCloseTo([20, 40][i], 2));
  }
  expect(of(targets, [20, 40], exact)).toEqual([value, target]);
});

const recorded = reference("ppo/epoch");
const { noise, ...tape } = recorded.tape as { [key in "obs" | "noise" | "reward" | "terminated"]: number[][][] };
const [T, N] = [tape.reward.length, tape.obs[0].length];
const flat = (x: number[][]) => floats(x.flat());
const toParams = (x: Record<string, number[] | number[][]>): Params =>
  Object.fromEntries(Object.entries(x).map(([name, values]) => [name, tf.tensor(values)]));

/** Environments in which what comes next is on the tape, whatever the actions; `change` alters a step's result. */
function tapeEnvironment(change: (t: number, result: Step) => Partial<Step>): Environment {
  let t = 0;
  let seen = flat(tape.obs[0]);
  const step = (): Partial<Step> => {
    const [obs, reward] = [flat(tape.obs[t + 1]), floats(tape.reward[t] as unknown as number[])];
    const terminated = Uint8Array.from(tape.terminated[t] as unknown as number[]);
    const rewards = { reward, earned: reward };
    const result = { nextObs: obs, resetObs: obs, ...rewards, terminated, truncated: new Uint8Array(N) } as Step;
    const changed = { ...result, ...change(t++, result) };
    seen = obs;
    return { ...changed, ended: changed.terminated.map((end, i) => end | changed.truncated[i]) };
  };
  const engine = { numEnvs: N, observationSize: tape.obs[0][0].length, actionSize: noise[0][0].length };
  const task = { actorSees: tape.obs[0][0].map((_, i) => i), actorPart: <X>(obs: X) => obs };
  const world = {
    task,
    engine,
    step,
    sense: task.actorPart,
    reset: () => seen,
    save: () => null,
    load: () => undefined,
  };
  const here = { get: () => seen };
  return Object.defineProperties(world, { obs: here, seen: here }) as unknown as Environment;
}

/** A learner with the recorded parameters and noise, in front of the tape. */
function tapeLearner(change: Parameters<typeof tapeEnvironment>[0] = () => ({})): PpoLearner {
  const { ppo: preset, ...rest } = resolveConfig("hopper", "ppo", 0);
  const config = { ...rest, envs: N, horizon: T, ppo: { ...preset, ...recorded.settings } };
  let t = 0;
  const tapeNoise = { normals: () => flat(noise[t++]), save: () => null, load: () => undefined };
  const stream = (name: string) =>
    name === "action noise" ? (tapeNoise as unknown as RandomStream) : streams(0)("weights");
  const learner = ppo(config, tapeEnvironment(change), stream) as PpoLearner;
  const params = toParams(recorded.before);
  learner.load({ ...(learner.save() as object), state: saveTree(untrained(params)) } as SavedState);
  return learner;
}

const names = Object.keys(recorded.after).sort();
const values = (params: Params) => floats(names.flatMap((name) => [...params[name].dataSync()]));
const recordedValues = (x: Record<string, number[] | number[][]>): number[] => names.flatMap((name) => x[name].flat());

describe("an epoch of rl_games", () => {
  it("is ours: updates, learning rate, value statistics and parameters", () => {
    const learner = tapeLearner();
    const metrics = learner.epoch(0);
    const mean = (key: string): number =>
      recorded.updates.reduce((sum: number, each: Record<string, number>) => sum + each[key], 0) /
      recorded.updates.length;
    for (const key of ["actor_loss", "critic_loss", "bound_loss"]) expect(metrics[key]).toBeCloseTo(mean(key), 5);
    expect(metrics.actor_grad_norm).toBeCloseTo(mean("norm"), 5);
    expect(Math.abs(metrics.kl - mean("kl"))).toBeLessThan(2e-5); // there each component has 1e-5 added, twice
    expect(metrics.actor_learning_rate).toBeCloseTo(recorded.rate_after, 8);
    const { mean: average, variance } = learner.save().valueNormalizer;
    expect(average[0]).toBeCloseTo(recorded.value_statistics.mean, 6);
    expect(variance[0]).toBeCloseTo(recorded.value_statistics.variance, 5);
    expectClose(values(learner.params), recordedValues(recorded.after), 1e-5);
    learner.dispose();
  });

  it("judges the observation before a reset at a time-out, and nothing at an early end", () => {
    const after = (kind: "terminated" | "truncated", shift: number): Float32Array => {
      const learner = tapeLearner((t, { nextObs }) =>
        t === 2 ? { [kind]: new Uint8Array(N).fill(1), nextObs: nextObs.map((x) => x + shift) } : {},
      );
      learner.epoch(0);
      return values(learner.params);
    };
    expect(after("terminated", 1)).toEqual(after("terminated", 0));
    expect(after("truncated", 1)).not.toEqual(after("truncated", 0));
  });
});

describe("the loss", () => {
  const config = resolveConfig("hopper", "ppo", 0).ppo;
  const half = N / recorded.settings.minibatches;
  /** The last of two minibatches: the second half of the environments, time-major. */
  const secondHalf = (rows: (number | number[])[][]) => rows.flatMap((row) => row.slice(half)) as number[];
  const batch = (): PpoBatch => {
    const obs = tf.tensor2d(secondHalf(tape.obs.slice(0, T)) as unknown as number[][]).div(Math.sqrt(1 + 1e-5));
    const column = (key: string) => tf.tensor1d(secondHalf(recorded[key]));
    const [value, advantage, target] = ["value", "advantage", "target"].map(column);
    const logProbability = column("negative_log_probability").neg() as tf.Tensor1D;
    const action = tf.tensor2d(secondHalf(recorded.action) as unknown as number[][]);
    return { obs: obs as tf.Tensor2D, action, logProbability, value, advantage, target };
  };

  it("and its gradient equal those of rl_games' last update, where ratios and values are clipped", () => {
    const last = recorded.updates.at(-1);
    const params = toParams(recorded.last.before);
    const { actorLoss, valueLoss, boundLoss, clipFraction } = ppoLoss(params, batch(), config);
    expectClose(
      tf.stack([actorLoss, valueLoss, boundLoss]),
      [last.actor_loss, last.critic_loss, last.bound_loss],
      1e-5,
    );
    expect(clipFraction.dataSync()[0]).toBeGreaterThan(0.1);
    const { grad } = valueAndGrad((p: Params) => ppoLoss(p, batch(), config).loss, params);
    expectClose(values(grad), recordedValues(recorded.last.gradient), 1e-5);
  });

  it("has the gradient of its central differences", () => {
    const params = toParams(recorded.last.before);
    const x = { ...batch(), value: batch().value.add(0.05) as tf.Tensor1D }; // no value is cut within the step
    const { grad } = valueAndGrad((p: Params) => ppoLoss(p, x, config).loss, params);
    const step = 1e-3;
    for (const name of ["layer0.bias", "output.weight", "value.bias", "logStd"]) {
      const direction = grad[name].div(tf.norm(grad[name]));
      const at = (distance: number): number =>
        ppoLoss({ ...params, [name]: params[name].add(direction.mul(distance)) }, x, config).loss.dataSync()[0];
      const slope = (at(step) - at(-step)) / (2 * step);
      expect(slope / tf.norm(grad[name]).dataSync()[0], name).toBeCloseTo(1, 2);
    }
  });
});

it("starts with biases and log-stds of 0, and the policy leaves the value's parameters out", () => {
  const params = initPpo(11, [16, 8], 3, streams(0)("policy"));
  const zero = Object.keys(params).filter((name) => tf.max(tf.abs(params[name])).dataSync()[0] === 0);
  expect(zero.sort()).toEqual(["layer0.bias", "layer1.bias", "logStd", "output.bias", "value.bias"]);
  expect(Object.keys(params).filter((name) => !(name in policyParams(params)))).toEqual(["value.weight", "value.bias"]);
});

it("learns from what the actor sees alone, and acts on that", () => {
  const hopper = findTask("hopper");
  const hidden = (name: string) => (name.startsWith("joint velocities") ? { privileged: true as const } : {});
  const observation = hopper.observation.map((row) => ({ ...row, ...hidden(row.name) }));
  const task = defineTask({ ...hopper, observation });
  const config = resolveConfig("hopper", "ppo", 1, ["envs=4", "horizon=4", "ppo.hidden=8"]);
  const stream = streams(1);
  const learner = ppo(config, createEnvironment(task, config.envs, stream("environment")), stream);
  expectInputsLearned(learner, [0, 1]);
  const policy = new Policy(task.name, learner.policy());
  expect([policy.observationSize, policy.actionSize]).toEqual([8, 3]);
  expect(Policy.parse(policy.text()).act(new Float32Array(8))).toEqual(policy.act(new Float32Array(8)));
});

it("acts beyond [-1, 1] at will: the environment clips", () => {
  const [wide, clipped] = [3, 1].map((size) => {
    const environment = createEnvironment(findTask("hopper"), 2, streams(1)("environment"));
    environment.reset();
    return environment.step(new Float32Array(6).map((_, i) => (i % 2 ? size : -size)));
  });
  expect(wide).toEqual(clipped);
});
