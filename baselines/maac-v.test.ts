import { beforeAll, describe, expect, it } from "vitest";
import { expectSameParams, slopes } from "../tests/reference.js";
import { tinyConfig } from "../tests/tiny.js";
import { initActor, sampleAction } from "../lib/algorithms/actor.js";
import { modelBackward } from "../lib/algorithms/backward.js";
import { rewardAndValueObjective } from "../lib/algorithms/objective.js";
import { actionNoise } from "../lib/algorithms/policies.js";
import { policyGradient, segmentWeights } from "../lib/algorithms/policy-gradient.js";
import { initCritic, meanValue } from "../lib/algorithms/critic.js";
import { rollout } from "../lib/algorithms/rollout.js";
import { initDynamics, predictNextObs } from "../lib/dynamics/model.js";
import { normalize, RunningNormalizer } from "../lib/dynamics/normalizer.js";
import { createEnvironment, findTask } from "../lib/tasks/index.js";
import { column } from "../lib/tasks/read.js";
import type { Task } from "../lib/tasks/task.js";
import type { Params } from "../lib/tensor/layers.js";
import { streams } from "../lib/tensor/random.js";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { imaginedForward } from "./imagined-forward.js";
import { maacV } from "./maac-v.js";

beforeAll(async () => {
  await useBackend();
});

const task = findTask("hopper");
const [robots, obs, act] = [6, task.observationSize, task.actionSize];
const normalizer = new RunningNormalizer(obs).tensors();
const model = () => ({ params: initDynamics(obs, act, [16, 16], streams(3)("model")), normalizer });

describe("an imagined rollout", () => {
  it("goes where the model leads, and anew from another start where the task ends it", () => {
    const ends = { ...task, terminated: (x: tf.Tensor2D) => tf.tensor1d([0, 1], "bool").logicalAnd(x.min(1).less(9)) };
    const still = model();
    still.params = {
      ...still.params,
      "output.weight": tf.zeros([16, 2 * obs]),
      "output.bias": tf.fill([2 * obs], 0.5),
    };
    let drawn = 0;
    const draw = () => tf.fill([2, obs], ++drawn) as tf.Tensor2D;
    const forward = imaginedForward(ends as Task, "residual", () => still, draw);
    const start = forward.begin();
    const nothing = tf.zeros([2, act]) as tf.Tensor2D;
    const step = forward.step(0, start, { action: nothing, previous: nothing, beforePrevious: nothing });
    expect([...column(start.obs, 0).dataSync()]).toEqual([1, 1]);
    expect([...column(step.nextObs, 0).dataSync()]).toEqual([1.5, 1.5]);
    expect([...column(step.resetObs, 0).dataSync()]).toEqual([1.5, 2]);
    expect([[...step.terminated], [...step.ended], [...step.truncated]]).toEqual([[0, 1], [0, 1], [0, 0]]); // prettier-ignore
    const reward = task.reward(step.nextObs, { action: nothing, previous: nothing, beforePrevious: nothing }, {});
    expect([...step.reward]).toEqual([...reward.dataSync()]);
  });

  it("has the gradient that central differences of the same rollout have", () => {
    const stream = streams(3);
    const endless = { ...task, terminated: (x: tf.Tensor2D) => tf.zeros([x.shape[0]], "bool") } as Task;
    const actor = initActor(obs, [12], act, stream("actor"));
    const critic = initCritic(obs, [12], stream("critic"));
    const start = actionNoise([robots, obs], stream("start")).mul(0.1) as tf.Tensor2D;
    const noise = [0, 1, 2].map(() => actionNoise([robots, act], stream("noise")));
    const learned = model();
    const forward = imaginedForward(
      endless,
      "residual",
      () => learned,
      () => start,
    );
    const backward = modelBackward("residual", () => learned, endless);
    const bootstrap = { targets: [critic], normalizer };
    const gradient = policyGradient(rewardAndValueObjective(endless), backward, 0.99);
    const steps = rollout(actor, normalizer, forward, noise);
    backward.begin(noise.length);
    const { grads, loss } = gradient(steps, actor, bootstrap);

    const none = tf.zeros([robots, act]) as tf.Tensor2D;
    const weights = segmentWeights(steps, 0.99);
    /** The same as one differentiable program. */
    const inPlain = (params: Params): tf.Scalar => {
      let at = start;
      let sum = tf.scalar(0);
      let [previous, beforePrevious] = [none, none];
      noise.forEach((eps, t) => {
        const action = sampleAction(params, normalize(at, normalizer), eps);
        const next = predictNextObs(learned.params, normalizer, at, action, "residual");
        const reward = task.reward(next, { action, previous, beforePrevious }, {});
        sum = sum.add(reward.mul(tf.tensor1d(weights.reward[t])).sum());
        [at, previous, beforePrevious] = [next, action, previous];
      });
      const value = meanValue([critic], normalize(at, normalizer));
      return sum.add(value.mul(tf.tensor1d(weights.value[noise.length - 1])).sum());
    };
    const { exact, numeric } = slopes(inPlain, actor, 1e-3);
    expect(numeric / exact).toBeCloseTo(1, 2);
    const { value, grad } = valueAndGrad(inPlain, actor);
    expect(loss.dataSync()[0]).toBeCloseTo(value.dataSync()[0], 5);
    expectSameParams(grads, grad, 1e-4);
  });
});

describe("MAAC with a value function", () => {
  const learner = (of: Task, ...settings: string[]) => {
    const config = tinyConfig("maac-v", 2, ...settings);
    const stream = streams(1);
    const environment = createEnvironment(of, config.envs, stream("environment"));
    return { learner: maacV(config, environment, stream), config, environment };
  };

  it("lives as many steps an epoch as its horizon says, however much it imagines", () => {
    const { learner: at, config } = learner(findTask("cartpole"), "horizon=1", "imagination.robots=50");
    const lived = () => (at.save() as { collector: { replay: { end: number } } }).collector.replay.end;
    const first = at.epoch(0);
    expect(first.samples).toBe(config.envs);
    expect(lived()).toBe(config.dynamics.minReplay + config.envs);
    expect(at.epoch(1).samples).toBe(2 * config.envs);
    expect(lived()).toBe(config.dynamics.minReplay + 2 * config.envs);
    at.dispose();
  });

  it("refuses what imagination from an observation alone lacks", () => {
    const cartpole = findTask("cartpole");
    expect(() => learner({ ...cartpole, sensorSize: 4 })).toThrow(/Task "cartpole" ends episodes by its sensors/);
    expect(() => learner({ ...cartpole, contextSize: 3 })).toThrow(/Task "cartpole" has goals or commands/);
    expect(() => learner(cartpole, "dynamics.prediction=kinematic")).toThrow(/allowed for maac-v: residual, absolute/);
    expect(() => tinyConfig("maac-v", 1, "imagination.steps=6")).toThrow(/a divisor of imagination.steps \(6\)/);
  });
});
