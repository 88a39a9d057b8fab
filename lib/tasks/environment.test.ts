import { beforeAll, describe, expect, test } from "vitest";
import { NonFiniteError } from "@dmo-lab/input/errors";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { Environment } from "./environment.js";
import { createEngine } from "./engines.js";
import { createEnvironment, findTask, taskNames } from "./index.js";
import "../../robots/index.js";

beforeAll(async () => {
  await useBackend();
});

/** A Hopper on its side. */
const lying = [0, -1.2, Math.PI / 2, 0, 0, 0];
const random = () => streams(3)("environment");
const zeros = ({ engine }: Environment) => new Float32Array(engine.numEnvs * engine.actionSize);
const actionsAt = (environment: Environment, t: number) => zeros(environment).map((_, i) => Math.sin(3 * i + t));

for (const name of taskNames)
  describe(name, () => {
    const task = findTask(name);
    test("the observation table adds up to the observation, and the model's motors to the action", () => {
      const engine = createEngine(task, 3);
      expect(engine.observationSize).toBe(task.observationSize);
      expect(engine.observe()).toHaveLength(3 * task.observationSize);
      expect(engine.actionSize).toBe(task.actionSize);
      const { previous, beforePrevious } = new Environment(task, engine, random());
      for (const actions of [previous, beforePrevious]) expect(actions).toHaveLength(3 * task.actionSize);
    });
    test("resets draw from the random stream, within the noise and around the start", () => {
      const stream = random();
      const [a, b, start] = [task.reset(stream), task.reset(stream), task.start()];
      expect(a).not.toEqual(b);
      expect(a.q).toHaveLength(start.q.length);
      expect(task.reset(random())).toEqual(a);
      if (name === "allegro") return; // its cube starts in any orientation
      const mean = start.q.map(() => 0);
      for (let i = 0; i < 2000; i++) task.reset(stream).q.forEach((x, k) => (mean[k] += x / 2000));
      mean.forEach((x, k) => expect(Math.abs(x - start.q[k]), `mean of q[${k}]`).toBeLessThan(0.1));
    });
    test("save and load continue bit for bit", () => {
      const first = createEnvironment(task, 3, random());
      first.reset();
      for (let t = 0; t < 3; t++) first.step(actionsAt(first, t));
      const state = structuredClone(first.save());
      const second = createEnvironment(task, 3, streams(99)("other"));
      second.load(state);
      for (let t = 3; t < 6; t++) expect(second.step(actionsAt(second, t))).toEqual(first.step(actionsAt(first, t)));
    });
  });

describe("ends of episodes", () => {
  test("a time-out is truncation: after the episode's length, and not where the task ended it", () => {
    const task = { ...findTask("cartpole"), episodeLength: 4 };
    const environment = new Environment(task, createEngine(task, 2), random());
    environment.reset();
    for (let t = 0; t < 12; t++) {
      const { truncated, terminated, nextObs, resetObs } = environment.step(zeros(environment));
      expect([...truncated]).toEqual(t % 4 === 3 ? [1, 1] : [0, 0]);
      expect([...terminated]).toEqual([0, 0]);
      if (t % 4 === 3) expect(resetObs).not.toEqual(nextObs);
      else expect(resetObs).toBe(nextObs);
    }
  });
  test("termination wins over a time-out in the same step, and only that environment starts anew", () => {
    const task = { ...findTask("hopper"), episodeLength: 1 };
    const environment = new Environment(task, createEngine(task, 2), random());
    environment.reset();
    environment.engine.setState(0, lying, [0, 0, 0, 0, 0, 0]);
    const { terminated, truncated } = environment.step(zeros(environment));
    expect([...terminated]).toEqual([1, 0]);
    expect([...truncated]).toEqual([0, 1]);
  });
  test("the reward is the one of the state before the reset", () => {
    const task = findTask("hopper");
    const environment = createEnvironment(task, 2, random());
    environment.reset();
    environment.engine.setState(0, lying, [0, 0, 0, 0, 0, 0]);
    const action = actionsAt(environment, 0);
    const { nextObs, reward } = environment.step(action);
    const expected = tf.tidy(() => {
      const actions = tf.tensor2d(action, [2, 3]);
      const given = { action: actions, previous: tf.zerosLike(actions), beforePrevious: tf.zerosLike(actions) };
      return task.reward(tf.tensor2d(nextObs, [2, 11]), given, {}).dataSync();
    });
    expect(reward[0]).toBeCloseTo(expected[0], 5);
    expect(reward[0]).toBeLessThan(-10);
  });
});

test("an episode starts without the last two actions of the one before", () => {
  const environment = new Environment(
    { ...findTask("cartpole"), episodeLength: 4 },
    createEngine(findTask("cartpole"), 2),
    random(),
  );
  environment.reset();
  const before = [1, 2, 3].map(
    (t) => environment.step(Float32Array.of(0.1 * t, -0.1 * t)) && environment.beforePrevious,
  );
  expect(before.map(([first]) => first)).toEqual([0, 0.1, 0.2].map(Math.fround));
  environment.step(Float32Array.of(0.9, 0.9));
  expect([...environment.previous, ...environment.beforePrevious]).toEqual([0, 0, 0, 0]);
});

test("a push leaves what the sensors read", () => {
  const environment = createEnvironment(findTask("go2"), 2, random());
  environment.reset();
  environment.step(zeros(environment));
  const before = environment.engine.state();
  expect(before.sensors!.some((x) => x !== 0)).toBe(true);
  const pushed = before.qd.map((x, i) => x + Number(i === 0)).slice(0, environment.engine.nqd);
  environment.move(0, { qd: pushed });
  const { q, qd, sensors } = environment.engine.state();
  expect([q, sensors]).toEqual([before.q, before.sensors]);
  expect(qd.slice(0, environment.engine.nqd)).toEqual(pushed);
  environment.dispose();
});

test("a state that is not finite stops the run and says where", () => {
  const environment = createEnvironment(findTask("hopper"), 3, random());
  environment.reset();
  environment.engine.setState(1, [0, NaN, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
  expect(() => environment.step(zeros(environment))).toThrow(NonFiniteError);
  environment.reset();
  environment.engine.setState(2, [0, 0, 0, 0, 0, 0], [1e39, 0, 0, 0, 0, 0]);
  expect(() => environment.step(zeros(environment))).toThrow(
    /observation of environment 2 of hopper is (Infinity|NaN)/,
  );
});

test("steps leave no tensors behind", () => {
  const environment = createEnvironment(findTask("ant"), 2, random());
  environment.reset();
  environment.step(zeros(environment));
  const before = tf.memory().numTensors;
  for (let t = 0; t < 5; t++) environment.step(zeros(environment));
  expect(tf.memory().numTensors).toBe(before);
});

test("an unknown task is refused with a suggestion", () => {
  expect(() => findTask("hoper")).toThrow('task "hoper" is unknown. Did you mean "hopper"?');
});
