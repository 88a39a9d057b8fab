import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, slopes } from "../tests/reference.js";
import { tinyConfig } from "../tests/tiny.js";
import { initDynamics, predictNextObs } from "../lib/dynamics/model.js";
import { outcomeColumns, ReplayBuffer } from "../lib/dynamics/replay-buffer.js";
import { RunningNormalizer } from "../lib/dynamics/normalizer.js";
import { createEnvironment, findTask } from "../lib/tasks/index.js";
import { column } from "../lib/tasks/read.js";
import type { Task } from "../lib/tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Params } from "../lib/tensor/layers.js";
import { initNetwork } from "../lib/tensor/networks.js";
import { streams } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { Collector } from "../lib/algorithms/collector.js";
import { imaginedValue, maac, type Imagined, type ModelStep } from "./maac.js";
import { actionNoise } from "../lib/algorithms/policies.js";
import { initTwin, SOFT_ACTOR, softValue, type Soft } from "./q-functions.js";

const GAMMA = 0.9;

beforeAll(async () => {
  await useBackend();
});

/** One output that is this constant, whatever the inputs. */
const constant = (inputs: number, ...outputs: number[]): Params => ({
  "output.weight": tf.zeros([inputs, outputs.length]),
  "output.bias": tf.tensor1d(outputs),
});

describe("the value of an imagined rollout", () => {
  // A point moves by half its action. It is rewarded for being far and for changing its action, and ends beyond 10.
  const task = {
    ...findTask("cartpole"),
    reward: (obs: tf.Tensor2D, { action, previous, beforePrevious }) =>
      column(obs, 0)
        .add(column(action, 0).sub(column(previous, 0)).square())
        .add(column(beforePrevious, 0).mul(0.1)),
    terminated: (obs: tf.Tensor2D) => tf.greater<tf.Tensor1D>(column(obs, 0), 10),
  } satisfies Partial<Task> as Task;
  const move: ModelStep = ({ gain }, _, obs, action) => obs.add(action.mul(gain));
  const noise = [
    [0.3, -1],
    [-0.7, 0.2],
    [1.1, 0.6],
  ];
  const [mean, logStd, temperature, q] = [0.4, -0.5, 0.2, 3];
  const [previous, beforePrevious] = [-0.2, 0.6];

  const soft: Soft = {
    twin: [constant(2, q), constant(2, q + 2)],
    temperature: tf.scalar(temperature),
    normalizer: { mean: tf.tensor1d([0]), variance: tf.tensor1d([1]) },
    actorPart: (obs) => obs,
  };
  const at = (start: number[]): Imagined => ({
    start: {
      obs: tf.tensor2d(start, [2, 1]),
      previous: tf.fill([2, 1], previous) as tf.Tensor2D,
      beforePrevious: tf.fill([2, 1], beforePrevious) as tf.Tensor2D,
    },
    context: {},
    models: [{ gain: tf.scalar(0.5) }, { gain: tf.scalar(0.25) }], // each step has its own model
    noise: noise.map((row) => tf.tensor2d(row, [2, 1])),
  });

  /** The same in plain numbers; `end`: the step whose observation lies beyond the end. */
  function byHand(robot: number, start: number, end = Infinity): number {
    const u = noise.map((row) => mean + Math.exp(logStd) * row[robot]);
    const a = u.map(Math.tanh);
    const logPi = u.map((x, k) => {
      const normal = -(noise[k][robot] ** 2) / 2 - logStd - Math.log(2 * Math.PI) / 2;
      return normal - Math.log(1 - Math.tanh(x) ** 2);
    });
    const s1 = start + 0.5 * a[0];
    const s2 = s1 + 0.25 * a[1];
    const r0 = s1 + (a[0] - previous) ** 2 + 0.1 * beforePrevious;
    const r1 = s2 + (a[1] - a[0]) ** 2 + 0.1 * previous;
    const terms = [
      r0 - temperature * logPi[0],
      GAMMA * (r1 - temperature * logPi[1]),
      GAMMA ** 2 * (q - temperature * logPi[2]),
    ];
    return terms.slice(0, end + 1).reduce((x, y) => x + y);
  }

  it("with exact linear models is the one worked by hand, ends included", () => {
    const objective = imaginedValue(task, move, GAMMA);
    const actor = constant(1, mean, logStd);
    expectClose(objective(actor, soft, at([1, 2])).value, [byHand(0, 1), byHand(1, 2)], 1e-6);
    expectClose(objective(actor, soft, at([1, 20])).value, [byHand(0, 1), byHand(1, 20, 0)], 1e-6);
  });

  it("gives the temperature what the current decision says, not an imagined one", () => {
    const actor = constant(1, mean, logStd);
    const { logProbability } = imaginedValue(task, move, GAMMA)(actor, soft, at([1, 2]));
    const { start, noise } = at([1, 2]);
    expectClose(logProbability, [...softValue(actor, soft, start.obs, noise[0]).logProbability.dataSync()], 1e-6);
  });

  it("without a step is SAC's objective", () => {
    const actor = constant(1, mean, logStd);
    const { start, noise } = at([1, 2]);
    const sac = softValue(actor, soft, start.obs, noise[0]);
    const imagined = imaginedValue(task, move, GAMMA)(actor, soft, { ...at([1, 2]), models: [], noise: [noise[0]] });
    expect([...imagined.value.dataSync()]).toEqual([...sac.value.dataSync()]);
    expect([...imagined.logProbability.dataSync()]).toEqual([...sac.logProbability.dataSync()]);
  });
});

it("its gradient agrees with central differences through a learned model, Hopper's reward and Q functions", () => {
  const task = findTask("hopper");
  const [robots, obs, act] = [6, task.observationSize, task.actionSize];
  const stream = streams(3);
  const actor = initNetwork([obs, 12, 2 * act], SOFT_ACTOR, stream("actor"));
  const soft: Soft = {
    twin: initTwin(obs, act, [12], stream("q")),
    temperature: tf.scalar(0.1),
    normalizer: new RunningNormalizer(obs).tensors(),
    actorPart: task.actorPart,
  };
  const random = stream("inputs");
  const zeros = tf.zeros([robots, act]) as tf.Tensor2D;
  const imagined: Imagined = {
    start: { obs: actionNoise([robots, obs], random).mul(0.1), previous: zeros, beforePrevious: zeros },
    context: {},
    models: [0, 1, 2].map((i) => initDynamics(obs, act, [16, 16], stream(`model ${i}`))),
    noise: [0, 1, 2, 3].map(() => actionNoise([robots, act], random)),
  };
  const objective = imaginedValue(task, (...x) => predictNextObs(...x, "residual"), 0.99);
  const loss = (params: Params) => tf.mean(objective(params, soft, imagined).value) as tf.Scalar;
  const { exact, numeric } = slopes(loss, actor, 1e-3);
  expect(Math.abs(exact)).toBeGreaterThan(0.01);
  expect(numeric / exact).toBeCloseTo(1, 2);
});

describe("MAAC's models", () => {
  function bench(task: Task, ...settings: string[]) {
    const config = tinyConfig("maac", 1, ...settings);
    const environment = createEnvironment(task, config.envs, streams(1)("environment"));
    const replay = new ReplayBuffer(1000, outcomeColumns(task.observationSize, task.actionSize));
    const collector = new Collector(environment, new RunningNormalizer(task.observationSize), replay);
    return { config, collector, replay, stream: streams(2) };
  }

  it("are all drawn, differ, and learn", () => {
    const at = bench(findTask("cartpole"), "imagination.models=3", "dynamics.updates=100");
    const { models, inputs } = maac(at);
    const random = streams(4)("draw");
    for (let k = 0; k < 30; k++) at.collector.step(Float32Array.from({ length: 8 }, () => random.uniform(-1, 1)));
    const normalizer = at.collector.normalizer.tensors();
    const losses = [1, 2, 3].map((epoch) => models.fit(epoch, normalizer).model_loss);
    expect(losses[2]).toBeLessThan(losses[0] - 1);
    const drawn = Array.from({ length: 20 }, () => inputs(at.replay.sample(4, random), random).models).flat();
    expect(drawn).toHaveLength(20 * 3);
    const first = drawn.map((params) => params["output.weight"].dataSync()[0]);
    expect(new Set(first).size).toBe(3);
    at.collector.environment.dispose();
    models.dispose();
  });

  it("refuse tasks that end by their sensors", () => {
    const task = findTask("cartpole");
    expect(() => maac(bench({ ...task, sensorSize: 4 }))).toThrow(/Task "cartpole" ends episodes by its sensors/);
  });
});
