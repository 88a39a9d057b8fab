// What an environment does step by step, on physics of which all can be said by hand.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { NonFiniteError } from "@dmo-lab/input/errors";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Engine } from "@dmo-lab/physics/engine";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { cartpole } from "./cartpole.js";
import { defineTask } from "./define-task.js";
import { Environment } from "./environment.js";
import type { TaskDefinition } from "./task.js";

beforeAll(async () => {
  await useBackend();
});

/** Points that move by their action, which is their velocity then; a sensor counts steps. */
class Points implements Engine {
  readonly nq = 2;
  readonly nqd = 2;
  readonly actionSize = 1;
  readonly observationSize = 3;
  /** The action before that each was told. */
  readonly told: number[];
  private readonly q: Float32Array;
  private readonly qd: Float32Array;
  private readonly steps: Float32Array;

  constructor(readonly numEnvs: number) {
    this.told = Array<number>(numEnvs).fill(NaN);
    [this.q, this.qd] = [new Float32Array(2 * numEnvs), new Float32Array(2 * numEnvs)];
    this.steps = new Float32Array(numEnvs);
  }

  setState(
    env: number,
    q: ArrayLike<number>,
    qd: ArrayLike<number>,
    previous: ArrayLike<number> = [0],
    sensors: ArrayLike<number> = [0],
  ) {
    // prettier-ignore
    this.q.set(q, 2 * env);
    this.qd.set(qd, 2 * env);
    this.told[env] = previous[0];
    this.steps[env] = sensors[0];
  }

  state() {
    return { q: this.q.slice(), qd: this.qd.slice(), sensors: this.steps.slice() };
  }

  step(action: Float32Array) {
    action.forEach((wanted, env) => {
      const a = Math.min(Math.max(wanted, -1), 1);
      this.q[2 * env] += a;
      this.qd[2 * env] = a;
      this.steps[env]++;
    });
  }

  observe(context = new Float32Array(2 * this.numEnvs)) {
    const of = (_: unknown, env: number): number[] => [this.q[2 * env], this.qd[2 * env], context[2 * env]];
    return Float32Array.from(Array.from({ length: this.numEnvs }, of).flat());
  }

  kinematics(): never {
    throw new Error("unknown");
  }

  readonly dispose = vi.fn();
}

const column = (x: tf.Tensor, i: number): tf.Tensor1D => tf.squeeze(tf.slice(x, [0, i], [-1, 1]), [1]);

/** Starts at 0 with goal 7; what an episode ends is far, or a sensor that has counted far. */
const definition: TaskDefinition = {
  name: "points",
  model: cartpole().model,
  episodeLength: 4,
  observation: [
    { name: "position", size: 1, unit: "m", noise: 0.5 },
    { name: "velocity", size: 1, unit: "m/s", privileged: true },
    { name: "goal", size: 1, unit: "m" },
  ],
  context: [
    { name: "goal", size: 1, unit: "m" },
    { name: "position before", size: 1, unit: "m" },
  ],
  memory: [0],
  sensors: [{ name: "steps", size: 1, unit: "1" }],
  observe: ({ q: [x], qd: [velocity], context }) => [x, velocity, context![0]],
  rewardTerms: {
    position: { weight: 2, term: (obs) => column(obs, 0) },
    goal: { weight: 1, term: (_, __, { goal }) => column(goal, 0) },
    effort: {
      weight: -1,
      term: (_, { action, previous, beforePrevious }) =>
        column(tf.addN([action, tf.mul<tf.Tensor2D>(previous, 10), tf.mul<tf.Tensor2D>(beforePrevious, 100)]), 0),
    },
  },
  rewardBonus: 1000,
  ends: { far: (obs) => tf.greater(column(obs, 0), 50), late: (_, { steps }) => tf.greater(column(steps, 0), 90) },
  stateLimit: 100,
  start: () => ({ q: [0, 0], qd: [0, 0], context: [0, 0] }),
  reset: (random) => ({ q: [random.uniform(-1, 1), 0], qd: [0, 0], context: [7, 0] }),
};

/** Three points, where they are put. */
function points(at: readonly number[], more: Partial<TaskDefinition> = {}) {
  const engine = new Points(3);
  const environment = new Environment(defineTask({ ...definition, ...more }), engine, streams(1)("points"));
  environment.reset((env) => ({ q: [at[env], 0], qd: [0, 0], context: [env, 0] }));
  return { engine, environment };
}
const numbers = (values: ArrayLike<number>): number[] => Array.from(values);
const step = (environment: Environment, ...actions: number[]) => environment.step(Float32Array.from(actions));

describe("a step", () => {
  test("is of actions that are clipped, and is rewarded by them, those before and the context of its beginning", () => {
    const { environment } = points([1, 10, -3]);
    const first = step(environment, 0.5, 2, -9);
    expect(numbers(first.actions.action)).toEqual([0.5, 1, -1]);
    expect(numbers(first.obs)).toEqual([1, 0, 0, 10, 0, 1, -3, 0, 2]);
    expect(numbers(first.nextObs)).toEqual([1.5, 0.5, 0, 11, 1, 1, -4, -1, 2]);
    expect(numbers(first.context)).toEqual([0, 1, 1, 10, 2, -3]);
    expect(numbers(first.earned)).toEqual([3 - 0.5, 22 + 1 - 1, -8 + 2 + 1]);
    expect(numbers(first.reward)).toEqual(numbers(first.earned).map((x) => x + 1000));
    const second = step(environment, 0, 0, 0.25);
    expect([second.actions.previous, second.actions.beforePrevious].map(numbers)).toEqual([
      [0.5, 1, -1],
      [0, 0, 0],
    ]);
    expect(numbers(second.earned)).toEqual([3 - 5, 22 + 1 - 10, -7.5 + 2 - 0.25 + 10]);
    const third = step(environment, 0, 0, 0);
    expect(numbers(third.earned)).toEqual([3 - 50, 22 + 1 - 100, -7.5 + 2 - 2.5 + 100]);
  });

  test("has one reward where nothing is added to it", () => {
    const { environment } = points([1, 2, 3], { rewardBonus: 0 });
    const { reward, earned } = step(environment, 0, 0, 0);
    expect(numbers(reward)).toEqual([2, 4 + 1, 6 + 2]);
    expect(numbers(earned)).toEqual(numbers(reward));
  });

  test("ends episodes by what is observed and by what sensors read; only these start anew, with nothing of before", () => {
    const { environment, engine } = points([1, 50, 3]);
    step(environment, 1, -1, 1);
    engine.setState(2, [4, 0], [1, 0], [1], [90]);
    const { terminated, truncated, ended, nextObs, resetObs, lost, actions, context } = step(environment, 1, 1, 1);
    expect([terminated, truncated, ended, lost].map(numbers)).toEqual([[0, 0, 1], [0, 0, 0], [0, 0, 1], [0, 0, 0]]); // prettier-ignore
    expect(numbers(resetObs.slice(0, 6))).toEqual(numbers(nextObs.slice(0, 6)));
    expect(numbers(resetObs.slice(7))).toEqual([0, 7]);
    expect(numbers(environment.previous)).toEqual([1, 1, 0]);
    expect(numbers(environment.beforePrevious)).toEqual([1, -1, 0]);
    expect(numbers(environment.context)).toEqual([0, 2, 1, 49, 7, 0]);
    expect([actions.action, context].map(numbers)).toEqual([[1, 1, 1], [0, 2, 1, 49, 2, 4]]); // prettier-ignore
    expect(numbers(step(environment, 0, 1, 0).terminated)).toEqual([0, 1, 0]);
  });

  test("ends each episode after its own number of steps", () => {
    const { environment } = points([1, 2, 3]);
    const state = environment.save();
    environment.load({ ...state, steps: Int32Array.of(3, 0, 2) });
    const ends = Array.from({ length: 5 }, () => numbers(step(environment, 0, 0, 0).truncated));
    expect(ends).toEqual([[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]]); // prettier-ignore
  });

  test("alone lets nothing happen and nothing start anew", () => {
    const between = vi.fn();
    const { environment, engine } = points([60, 2, 3], { between });
    const { ended } = environment.advance(Float32Array.of(0, 0, 0));
    expect(numbers(ended)).toEqual([1, 0, 0]);
    expect(between).not.toHaveBeenCalled();
    expect(numbers(engine.state().q)).toEqual([60, 0, 2, 0, 3, 0]);
  });
});

describe("a state beyond the limit", () => {
  test("ends the episode with nothing seen and nothing earned; one at the limit is none", () => {
    const { environment } = points([99, -99, NaN], { ends: {} });
    const { lost, terminated, truncated, reward, earned, nextObs } = step(environment, 1, -1, 0);
    expect([lost, terminated, truncated].map(numbers)).toEqual([[0, 0, 1], [0, 0, 1], [0, 0, 0]]); // prettier-ignore
    expect(numbers(nextObs)).toEqual([100, 1, 0, -100, -1, 1, 0, 0, 0]);
    expect(numbers(reward)).toEqual([200 - 1 + 1000, -200 + 1 + 1 + 1000, 0]);
    expect(numbers(earned)).toEqual([200 - 1, -200 + 1 + 1, 0]);
    environment.reset((env) => ({ q: [[99, -99, 0][env], 0], qd: [0, 0] }));
    environment.move(2, { q: [0, 0], qd: [0, -100.5] });
    expect(numbers(step(environment, 0.5, -1, 0).lost)).toEqual([0, 0, 1]);
  });

  test("is no matter where there is no limit, but for what is not finite: that stops the run", () => {
    const { environment } = points([1e6, 2, 3], { stateLimit: undefined, ends: {} });
    expect(numbers(step(environment, 0, 0, 0).lost)).toEqual([0, 0, 0]);
    environment.move(1, { q: [NaN, 0] });
    expect(() => step(environment, 0, 0, 0)).toThrow(
      new NonFiniteError("observation of environment 1 of points is NaN"),
    );
    const { environment: endless } = points([1, 0, 3], {
      rewardTerms: { log: { weight: 1, term: (obs) => tf.log(column(obs, 0)) } },
    });
    expect(() => step(endless, 0, 0, 0)).toThrow("reward of environment 1 of points is -Infinity");
  });
});

describe("between two steps", () => {
  test("each environment is asked with what is its own, and moved where something happens", () => {
    const asked: number[][] = [];
    const { environment, engine } = points([1, 2, 3], {
      between: ({ q, qd, context }) => {
        asked.push([...numbers(q), ...numbers(qd), ...numbers(context)]);
        return q[0] === 2.5 ? { qd: [9, 8] } : q[0] === 4 ? { context: [5] } : undefined;
      },
    });
    const { nextObs, resetObs } = step(environment, 0, 0.5, 1);
    expect(asked).toEqual([[1, 0, 0, 0, 0, 1], [2.5, 0, 0.5, 0, 1, 2], [4, 0, 1, 0, 2, 3]]); // prettier-ignore
    expect(numbers(nextObs)).toEqual([1, 0, 0, 2.5, 0.5, 1, 4, 1, 2]);
    expect(numbers(resetObs)).toEqual([1, 0, 0, 2.5, 9, 1, 4, 1, 5]);
    expect(numbers(engine.state().qd)).toEqual([0, 0, 9, 8, 1, 0]);
    expect(engine.told[1]).toBe(0.5);
    expect(numbers(engine.state().sensors)).toEqual([1, 1, 1]);
  });

  test("what is moved keeps the rest: a place, a velocity or a context alone", () => {
    const { environment, engine } = points([1, 2, 3]);
    step(environment, 1, 1, 1);
    engine.setState(2, [4, 0], [1, 0], [1], [30]);
    environment.move(0, { q: [8, 0] });
    environment.move(1, { qd: [6, 5] });
    environment.move(2, { qd: [1, 0] });
    expect(numbers(engine.state().sensors)).toEqual([1, 1, 30]);
    const setState = vi.spyOn(engine, "setState");
    environment.move(2, { context: [4] });
    expect(setState).not.toHaveBeenCalled();
    expect(numbers(engine.state().q)).toEqual([8, 0, 3, 0, 4, 0]);
    expect(numbers(engine.state().qd)).toEqual([1, 0, 6, 5, 1, 0]);
    expect(numbers(environment.context)).toEqual([0, 1, 1, 2, 4, 3]);
    expect(numbers(environment.obs)).toEqual([8, 1, 0, 3, 6, 1, 4, 1, 4]);
    expect(numbers(environment.coordinates.q)).toEqual([8, 0, 3, 0, 4, 0]);
  });
});

describe("where the environments stand", () => {
  test("is found out once a step, noise included, and anew after a step, a move, a load or a reset", () => {
    const { environment, engine } = points([1, 2, 3]);
    const observe = vi.spyOn(engine, "observe");
    const state = vi.spyOn(engine, "state");
    const look = () => [environment.obs, environment.seen, environment.coordinates];
    const saved = environment.save();
    const changes = [
      () => environment.move(0, { q: [5, 0] }),
      () => environment.load(saved),
      () => environment.reset(),
      () => step(environment, 0, 0, 0),
    ];
    for (const change of changes) {
      const before = look();
      change();
      [observe, state].forEach((spy) => spy.mockClear());
      const once = look();
      look().forEach((x, i) => expect(x).toBe(once[i]));
      once.forEach((x, i) => expect(x).not.toBe(before[i]));
      expect(observe.mock.calls.length).toBeLessThan(2);
      expect(state.mock.calls.length).toBeLessThan(2);
    }
    expect([observe, state].map((spy) => spy.mock.calls.length)).toEqual([0, 0]); // a step has both already
  });

  test("is seen by actors without what is privileged, and with noise, each environment by its own", () => {
    const { environment } = points([10, 20, 30]);
    const seen = numbers(environment.seen);
    expect(seen).toHaveLength(6);
    expect(seen.filter((_, i) => i % 2 === 1)).toEqual([0, 1, 2]);
    const noise = [10, 20, 30].map((x, env) => seen[2 * env] - x);
    expect(new Set(noise).size).toBe(3);
    noise.forEach((x) => expect(Math.abs(x)).toBeLessThanOrEqual(0.5));
    const imagined = tf.tensor2d([10, 5, 6, 20, 7, 8], [2, 3]);
    const [one, other] = [environment.seenOf(imagined), environment.seenOf(imagined)].map((x) => numbers(x.dataSync()));
    expect([one[1], one[3]]).toEqual([6, 8]);
    [one[0] - 10, one[2] - 20, other[0] - 10].forEach((x) => expect(Math.abs(x)).toBeLessThanOrEqual(0.5));
    expect(new Set([one[0] - 10, one[2] - 20, other[0] - 10]).size).toBe(3);
    const silent = definition.observation.map(({ noise: _, ...row }) => row);
    const { environment: exact } = points([1, 2, 3], { observation: silent });
    expect(numbers(exact.seenOf(imagined).dataSync())).toEqual([10, 6, 20, 8]);
    expect(numbers(exact.seen)).toEqual([1, 0, 2, 1, 3, 2]);
  });

  test("is given to a reset for each environment, or drawn", () => {
    const { environment, engine } = points([1, 2, 3]);
    const start = vi.fn((env: number) => ({ q: [env, 0], qd: [0, 0] }));
    step(environment, 1, 1, 1);
    environment.reset(start);
    expect(start.mock.calls).toEqual([[0], [1], [2]]);
    expect(numbers(environment.previous)).toEqual([0, 0, 0]);
    expect(numbers(environment.context)).toEqual([0, 1, 1, 2, 2, 3]);
    environment.reset();
    const drawn = numbers(engine.state().q).filter((_, i) => i % 2 === 0);
    expect(new Set(drawn).size).toBe(3);
    expect(numbers(environment.context)).toEqual([7, 0, 7, 0, 7, 0]);
  });
});

test("what is saved is a copy, and all that the engine is told when it is loaded", () => {
  const { environment, engine } = points([1, 2, 3]);
  engine.setState(1, [2, 0], [0, 0], [0], [20]);
  step(environment, 1, 1, 0.5);
  step(environment, 0.25, 0.5, 1);
  environment.sense(environment.obs); // draws noise
  const saved = environment.save();
  const copy = structuredClone(saved);
  environment.reset();
  const drawn = engine.state().q;
  expect(saved).toEqual(copy);
  environment.load(saved);
  step(environment, 1, 1, 1);
  const other = points([0, 0, 0]);
  other.environment.load(saved);
  expect(other.engine.told).toEqual([0.25, 0.5, 1]);
  expect(numbers(other.engine.state().sensors)).toEqual([2, 22, 2]);
  expect(step(other.environment, 1, 1, 1)).toEqual(expect.objectContaining({ nextObs: environment.obs }));
  other.environment.load(saved);
  other.environment.reset();
  expect(other.engine.state().q).toEqual(drawn);
  expect(saved).toEqual(copy);
  other.environment.dispose();
  expect(other.engine.dispose).toHaveBeenCalledOnce();
});
