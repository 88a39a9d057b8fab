import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { type Build, type Conditions, conditions } from "./go2-conditions.js";
import { go2 } from "./go2.js";
import { go2Bipedal } from "./go2-bipedal.js";
import { go2BipedalRobust, go2Robust, go2RobustNoMemory } from "./go2-robust.js";
import { go2Commands } from "./go2-trials.js";
import { createEngine } from "../../lib/tasks/engines.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import { placed } from "../../lib/tasks/read.js";
import type { Task } from "../../lib/tasks/task.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const task = go2Robust();
const [OWN, TOLD, REMEMBERED, STEPS] = [68, 33, 42, 3];
const described: Build = { centreOfMass: [0, 0], strength: [1, 1], stiffness: [1, 1], damping: [1, 1] };
const random = () => streams(5)("robust");
const actionsOf = (stream = streams(1)("actions"), n = 12) => stream.normals(n).map((x) => Math.tanh(x / 2));
const rowOf = (name: string) => placed(task.observation).find((row) => row.name === name)!;

/** States after control steps with such actions, from a start at this height with this context. */
function move(of: Task, actions: readonly Float32Array[], { height = 0.34, context = of.start().context! } = {}) {
  const engine = createEngine(of, 1);
  const { q, qd } = of.start();
  engine.setState(0, [0, 0, height, ...q.slice(3)], qd);
  for (const action of actions) engine.step(action, Float32Array.from(context));
  const state = engine.state();
  engine.dispose?.();
  return state;
}

describe("what an actor remembers", () => {
  test("is all that the task without memory lacks", () => {
    const forgetful = go2RobustNoMemory();
    const present = task.observation.filter(({ name }) => !name.includes(", t-"));
    expect(forgetful.observation).toEqual(present);
    expect([forgetful.observationSize, forgetful.memory]).toEqual([OWN + TOLD, undefined]);
    expect(Object.keys(forgetful.rewardTerms)).toEqual(Object.keys(task.rewardTerms));
    const [robust, other] = [task, forgetful].map((each) => each.reset(random()));
    expect(other).toEqual({ ...robust, context: robust.context!.slice(0, other.context!.length) });
    expect(robust.context!.length - other.context!.length).toBe(STEPS * REMEMBERED);
    expect(forgetful.unrandomized!().name).toBe("go2-robust-no-memory");
  });

  test("are the observations and actions of the last three steps, before and after chance struck", () => {
    const environment = createEnvironment(go2Robust({ ...conditions.randomized, pushEvery: 0.1 }), 3, random());
    const memoryOf = (obs: Float32Array, env: number) => [
      ...obs.slice((env + 1) * task.observationSize - STEPS * REMEMBERED, (env + 1) * task.observationSize),
    ];
    const currentOf = (obs: Float32Array, env: number) =>
      ["base angular velocity", "direction of gravity", "joint angles", "joint velocities", "previous action, doubled"]
        .map(rowOf)
        .flatMap(({ first, size }) => [...obs.slice(env * task.observationSize + first).slice(0, size)]);
    const past = [environment.reset()];
    for (const env of [0, 1, 2])
      memoryOf(past[0], env).forEach((x, i) => expect(x).toBeCloseTo(currentOf(past[0], env)[i % REMEMBERED], 6));
    for (let t = 0; t < 6; t++) {
      const { nextObs, resetObs, ended } = environment.step(actionsOf(random(), 36));
      expect([...ended]).toEqual([0, 0, 0]);
      for (const env of [0, 1, 2]) {
        const expected = [0, 1, 2].flatMap((k) => currentOf(past[Math.max(0, past.length - 1 - k)], env));
        for (const obs of [nextObs, resetObs])
          memoryOf(obs, env).forEach((x, i) => expect(x, `step ${t}, ${i}`).toBeCloseTo(expected[i], 6));
      }
      past.push(resetObs);
    }
    environment.dispose();
  });

  test("goes on as it was from a saved state, bit for bit", () => {
    const [first, second] = [createEnvironment(task, 4, random()), createEnvironment(task, 4, streams(9)("other"))];
    const stream = streams(2)("actions");
    first.reset();
    for (let t = 0; t < 30; t++) first.step(actionsOf(stream, 48));
    second.load(structuredClone(first.save()));
    expect(second.seen).toEqual(first.seen);
    for (let t = 0; t < 60; t++) {
      const action = actionsOf(stream, 48);
      expect(second.step(action)).toEqual(first.step(action));
    }
    for (const environment of [first, second]) environment.dispose();
  });

  test("is exact in known kinematics, gradient included", () => {
    const engine = createEngine(task, 1);
    const kinematics = engine.kinematics(task);
    const { q, qd, context } = task.start();
    engine.setState(0, q, qd);
    const obs = engine.observe(Float32Array.from(context!)).map((x, i) => x + (i % 7) / 10);
    const start = { ...engine.state(), obs, action: actionsOf(), context: Float32Array.from(context!) };
    const change = new Float32Array(kinematics.size);
    const { first } = rowOf("base angular velocity, t-1");
    const next = kinematics.next(start, change).obs;
    task.memory!.forEach((from, i) => expect(next[first + i]).toBe(obs[from]));
    const wanted = new Float32Array(task.observationSize);
    wanted[first + STEPS * REMEMBERED - 1] = 2; // the last component of what is oldest
    const gradient = kinematics.back(start, change, {
      q: new Float32Array(19),
      qd: new Float32Array(18),
      obs: wanted,
    });
    expect([...gradient.obs].flatMap((g, i) => (g ? [[i, g]] : []))).toEqual([[first + 2 * REMEMBERED - 1, 2]]);
    engine.dispose?.();
  });

  test("and physics are seen by whom they should be", () => {
    const { observation, actorSees, observationSize } = task;
    expect(observationSize).toBe(OWN + TOLD + STEPS * REMEMBERED);
    expect(actorSees).toHaveLength(49 + STEPS * REMEMBERED);
    expect(actorSees.filter((i) => i >= OWN && i < OWN + TOLD)).toEqual([]);
    for (const { name, noise } of observation.slice(-15))
      expect(noise).toBe(rowOf(name.slice(0, -", t-1".length)).noise);
    const environment = createEnvironment(task, 1, random());
    const obs = environment.reset();
    expect([...obs.slice(OWN, OWN + TOLD)]).toEqual([...environment.context.slice(4, 4 + TOLD)]);
    environment.dispose();
  });
});

describe("without randomisation", () => {
  test("the robot moves as in go2, bit for bit, and nothing is drawn but joints and command", () => {
    const [robust, plain] = [task.unrandomized!(), go2(conditions.nominal)];
    const environments = [robust, plain].map((of) => createEnvironment(of, 2, random()));
    const own = (obs: Float32Array, size: number) => [...obs.slice(0, OWN), ...obs.slice(size, size + OWN)];
    const { q, qd, context } = plain.start();
    const states = [robust.start(), { q, qd, context }];
    environments.forEach((environment, i) => environment.reset(() => states[i]));
    for (let t = 0; t < 40; t++) {
      const action = actionsOf(streams(t)("actions"), 24);
      const [a, b] = environments.map((environment) => environment.advance(action));
      expect(own(a.nextObs, robust.observationSize)).toEqual(own(b.nextObs, OWN));
      expect(a.reward).toEqual(b.reward);
    }
    for (const environment of environments) environment.dispose();
    const stream = random();
    const drawn = Array.from({ length: 20 }, () =>
      robust
        .reset(stream)
        .context!.slice(4, 4 + TOLD)
        .join(),
    );
    expect(new Set(drawn).size).toBe(1);
    expect(robust.observation.every(({ noise }) => !noise)).toBe(true);
  });
});

describe("on two legs", () => {
  const onTwo = go2BipedalRobust();

  test("the rewards, ends and commands are those of go2-bipedal, and the actor remembers as on four", () => {
    const plain = go2Bipedal(conditions.nominal);
    expect(Object.keys(onTwo.rewardTerms)).toEqual(Object.keys(plain.rewardTerms));
    expect(Object.keys(onTwo.ends!)).toEqual(Object.keys(plain.ends!));
    expect(go2Commands["go2-bipedal-robust"]).toBe(go2Commands["go2-bipedal"]);
    expect([onTwo.observation, onTwo.actorSees]).toEqual([task.observation, task.actorSees]);
    expect(onTwo.unrandomized!().name).toBe("go2-bipedal-robust");
  });

  test("starts are upright but for the tilt that is drawn, and their draws lie in the task's ranges", () => {
    const stream = random();
    for (const { q, context } of Array.from({ length: 200 }, () => onTwo.reset(stream))) {
      const [x, y, z, w] = q.slice(3, 7);
      const down = -2 * (x * z - w * y); // what the forward axis has of the downward one, negative
      expect(down).toBeGreaterThan(0.9);
      for (const { name, range, first, size } of placed(onTwo.context!))
        for (const drawn of range ? context!.slice(first, first + size) : []) {
          expect(drawn, name).toBeGreaterThanOrEqual(range![0]);
          expect(drawn, name).toBeLessThanOrEqual(range![1]);
        }
    }
  });
});

describe("a robot that was built another way", () => {
  const varied = (build: Partial<Build>, change: Partial<Conditions> = {}) =>
    go2Robust({ ...conditions.nominal, ...change, build: { ...described, ...build } });
  const inAir = (of: Task) => move(of, [actionsOf()], { height: 2 });
  const controlled = (stiffness: number, damping: number): Task => {
    const of = varied({});
    return { ...of, mujoco: { ...of.mujoco, control: { ...of.mujoco!.control!, stiffness, damping } } };
  };
  const close = (a: Float32Array, b: Float32Array) => a.forEach((x, i) => expect(x).toBeCloseTo(b[i], 3));

  test.each<[string, Partial<Build>, number, number]>([
    ["stiffness", { stiffness: [0.9, 0.9] }, 18, 0.5],
    ["damping", { damping: [1.1, 1.1] }, 20, 0.55],
    ["strength", { strength: [0.9, 0.9] }, 18, 0.45],
  ])("has its factor of %s", (_, build, stiffness, damping) => {
    const [there, expected, usual] = [inAir(varied(build)), inAir(controlled(stiffness, damping)), inAir(varied({}))];
    close(there.qd, expected.qd);
    expect(Math.max(...there.qd.map((x, i) => Math.abs(x - usual.qd[i])))).toBeGreaterThan(0.05);
  });

  test("is cut at a strength that has the factor as well", () => {
    const strong = (strength: number): Task => {
      const of = varied({ strength: [strength, strength] });
      return { ...of, mujoco: { ...of.mujoco, control: { ...of.mujoco!.control!, stiffness: 1e4, limit: 1e6 } } };
    };
    const [weak, usual] = [0.9, 1].map((strength) => move(strong(strength), [actionsOf()], { height: 2 }));
    expect(weak.qd).not.toEqual(usual.qd);
  });

  test("with its base's centre of mass ahead stands harder on its front feet, by what levers say", () => {
    const front = (ahead: number): number => {
      const { sensors } = move(varied({ centreOfMass: [ahead, ahead] }), Array<Float32Array>(100).fill(new Float32Array(12))); // prettier-ignore
      const [fl, fr, rl, rr] = [2, 5, 8, 11].map((i) => Math.abs(sensors![i]));
      expect(Math.abs(fl + fr + rl + rr - 15.017 * 9.81)).toBeLessThan(3);
      return fl + fr - rl - rr;
    };
    // Feet stand about 0.39 m apart; the posture gives way a little to the load, which adds to it.
    const lever = (2 * 6.921 * 9.81 * 0.03) / 0.39;
    const moved = front(0.03) - front(0);
    expect(moved).toBeGreaterThan(0.8 * lever);
    expect(moved).toBeLessThan(1.6 * lever);
  });
});

describe("what is drawn", () => {
  const stream = random();
  const starts = Array.from({ length: 1500 }, () => task.reset(stream));

  test("for every episode lies in its range, and fills it", () => {
    for (const { name, range, first, size } of placed(task.context!)) {
      if (!range) continue;
      const values = starts.flatMap(({ context }) => context!.slice(first, first + size));
      const [low, high] = range;
      const slack = 0.02 * (high - low);
      expect(Math.min(...values), name).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values), name).toBeLessThanOrEqual(high);
      expect(Math.min(...values), name).toBeLessThan(low + slack);
      expect(Math.max(...values), name).toBeGreaterThan(high - slack);
    }
  });

  test("of starts are tilts and velocities of a base whose quaternion is one", () => {
    const largest = [0, 0];
    for (const { q, qd } of starts) {
      expect(Math.hypot(...q.slice(3, 7))).toBeCloseTo(1, 9);
      const tilt = 2 * Math.asin(Math.hypot(q[3], q[4]));
      const [x, y] = [qd[3] + qd[1] * q[2] - qd[2] * q[1], qd[4] + qd[2] * q[0] - qd[0] * q[2]];
      [tilt, Math.max(Math.abs(x), Math.abs(y))].forEach((v, i) => (largest[i] = Math.max(largest[i], v)));
    }
    expect(largest[0]).toBeGreaterThan(0.12);
    expect(largest[0]).toBeLessThanOrEqual(0.1 * Math.SQRT2 + 1e-9);
    expect(largest[1]).toBeGreaterThan(0.29);
    expect(largest[1]).toBeLessThanOrEqual(0.3);
  });

  test("are pushes, one every 5 s", () => {
    const [steps, { q, qd, context }] = [40_000, task.start()];
    const pushes = Array.from({ length: steps }, () => task.between!({ q, qd, context: context! }, stream)?.qd);
    const count = pushes.filter(Boolean).length;
    expect(Math.abs(count - (0.02 / 5) * steps)).toBeLessThan(4 * Math.sqrt((0.02 / 5) * steps));
  });

  test("is the same for every number of threads, and derived anew for every robot", () => {
    const run = (threads: number): Float32Array[] => {
      const before = process.env.DMO_LAB_THREADS;
      process.env.DMO_LAB_THREADS = String(threads);
      const environment = createEnvironment(task, 16, random());
      process.env.DMO_LAB_THREADS = before;
      environment.reset();
      const actions = streams(1)("actions");
      const results = Array.from({ length: 20 }, () => environment.step(actionsOf(actions, 16 * 12)).resetObs);
      environment.dispose();
      return results;
    };
    expect(run(2)).toEqual(run(1));
  });
});
