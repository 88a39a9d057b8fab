import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { packageFile } from "../../lib/project.js";
import { findTask } from "../../lib/tasks/index.js";
import { loadModel } from "../../tests/models.js";
import type { Model } from "./model.js";
import { Simulator } from "./simulator.js";
import type { SymbolicState } from "./routines.js";

const creature = JSON.parse(readFileSync(packageFile("data/reference/creature.json"), "utf8"));
const everything = ({ q, qd, action }: SymbolicState) => [...q, ...qd, ...action];

const muscle = {
  name: "muscle",
  strength: 20,
  path: [
    { link: "torso", position: [0.1, 0, 0.1] },
    { link: "plate", position: [0, 0.1, 0] },
    { link: "finger", position: [0, 0.1, 0] },
  ],
};

/** States off the kinks of contact, friction, limits and clipping. */
const cases: Record<string, { model: Model; q: number[]; qd: number[] }> = {
  creature: {
    model: { ...creature.model, actuators: [...creature.model.actuators, muscle] },
    ...creature.state,
  },
  hopper: {
    model: loadModel("hopper"),
    q: [0.4, -0.04, 0.03, -0.1, 0.05, 0.9],
    qd: [1.2, -0.4, 0.3, -0.8, 0.5, 1.1],
  },
  cartpole: { model: loadModel("cartpole"), q: [4.1, -2.8], qd: [0.7, -1.2] },
  ant: {
    model: loadModel("ant"),
    q: [
      3,
      0.42,
      -2,
      -0.68,
      0.05,
      0.1,
      Math.sqrt(1 - 0.68 ** 2 - 0.05 ** 2 - 0.1 ** 2),
      0.1,
      1.1,
      0.8,
      -0.9,
      0,
      -0.4,
      -0.2,
      0.9,
    ],
    qd: [0.5, -1, 0.4, 1.5, -0.6, 0.8, 2, -1, 0.5, 1.5, -2, 1, 0.3, -0.7],
  },
};

describe("the adjoint agrees with central differences over two control steps (float64)", () => {
  for (const [name, { model, q, qd }] of Object.entries(cases))
    test(name, () => {
      const simulator = new Simulator(model, everything, 1, "f64x2");
      const [steps, size] = [2, simulator.actionSize];
      const weights = Array.from({ length: simulator.observationSize }, (_, i) => Math.sin(3 * i + 1));
      const actions = Array.from({ length: steps * size }, (_, i) => 0.9 * Math.sin(2 * i + 0.5));
      const x = [...q, ...qd, ...actions];
      const observations = (at: number[]) => {
        simulator.setState(0, at.slice(0, q.length), at.slice(q.length, q.length + qd.length));
        simulator.startTape(steps);
        const first = q.length + qd.length;
        return Array.from({ length: steps }, (_, t) => {
          simulator.step(at.slice(first + t * size, first + (t + 1) * size));
          return simulator.observe();
        });
      };
      const objective = (at: number[]) =>
        observations(at).reduce((sum, obs, t) => sum + obs.reduce((s, y, i) => s + (t + 1) * weights[i] * y, 0), 0);

      observations(x);
      const byAction = [1, 0].map((t) =>
        simulator.back(
          t,
          weights.map((w) => (t + 1) * w),
          new Uint8Array(1),
        ),
      );
      const { q: gq, qd: gqd } = simulator.stateGradient();
      const gradient = [...gq, ...gqd, ...byAction[1], ...byAction[0]];
      const scale = Math.max(...gradient.map(Math.abs));
      x.forEach((value, i) => {
        const h = 1e-6;
        const central = (objective(x.with(i, value + h)) - objective(x.with(i, value - h))) / (2 * h);
        expect(Math.abs(gradient[i] - central), `component ${i}: ${gradient[i]}, ${central}`).toBeLessThan(
          1e-6 * scale,
        );
      });
    });
});

describe("lanes", () => {
  const task = findTask("hopper");
  const states = Array.from({ length: 6 }, (_, e) => ({
    q: [e, -0.02 * e, 0.02 * e, -0.1 * e, -0.05, 0.1],
    qd: [1, 0.1 * e, 0, 0.2, -0.3, 0.1 * e],
  }));
  const actions = Float32Array.from({ length: 18 }, (_, i) => Math.sin(i));
  const run = (numEnvs: number, first: number, lanes?: "f64x2") => {
    const simulator = new Simulator(task.model, task.observe, numEnvs, lanes);
    for (let e = 0; e < numEnvs; e++) simulator.setState(e, states[first + e].q, states[first + e].qd);
    simulator.startTape(1);
    simulator.step(actions.subarray(first * 3, (first + numEnvs) * 3));
    const gObs = new Float32Array(numEnvs * 11).fill(1);
    return { obs: simulator.observe(), gradient: simulator.back(0, gObs, new Uint8Array(numEnvs)) };
  };
  test("environments do not depend on their neighbours, nor on how many there are", () => {
    const together = run(6, 0);
    for (let e = 0; e < 6; e++) {
      const alone = run(1, e);
      expect(alone.obs).toEqual(together.obs.slice(e * 11, e * 11 + 11));
      expect(alone.gradient).toEqual(together.gradient.slice(e * 3, e * 3 + 3));
    }
  });
  test("single precision is near double precision", () => {
    const [single, double] = [run(6, 0), run(6, 0, "f64x2")];
    single.obs.forEach((x, i) => expect(x).toBeCloseTo(double.obs[i], 4));
    single.gradient.forEach((x, i) => expect(x).toBeCloseTo(double.gradient[i], 3));
  });
});

describe("the tape", () => {
  const task = findTask("hopper");
  const make = () => {
    const simulator = new Simulator(task.model, task.observe, 2);
    simulator.setState(0, [0, 0, 0, -0.1, -0.1, 0], [1, 0, 0, 0, 0, 0]);
    simulator.setState(1, [0, 0.1, 0, -0.2, -0.1, 0], [2, 0, 0, 0, 0, 0]);
    return simulator;
  };
  const action = Float32Array.of(0.1, -0.2, 0.3, 0.5, -0.5, 0.2);
  const ones = new Float32Array(22).fill(1);
  const none = new Float32Array(22);
  test("an episode's end keeps later gradients out, a reset does not reach back", () => {
    const simulator = make();
    simulator.startTape(2);
    simulator.step(action);
    simulator.setState(1, [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
    simulator.step(action);
    const late = simulator.back(1, ones, Uint8Array.of(0, 0));
    const early = simulator.back(0, none, Uint8Array.of(0, 1));
    expect(late.every((g) => g !== 0)).toBe(true);
    expect(early.subarray(0, 3).every((g) => g !== 0)).toBe(true);
    expect([...early.subarray(3)]).toEqual([0, 0, 0]);
  });
  test("a new tape starts without the old one's gradients, and recording does not change the steps", () => {
    const [recorded, plain] = [make(), make()];
    recorded.startTape(3);
    const first = [0, 1, 2].map(() => (recorded.step(action), recorded.observe()));
    recorded.back(2, ones, new Uint8Array(2));
    expect([0, 1, 2].map(() => (plain.step(action), plain.observe()))).toEqual(first);
    recorded.startTape(1);
    recorded.step(action);
    expect(recorded.back(0, none, new Uint8Array(2)).every((g) => g === 0)).toBe(true);
  });
  test("steps that were not recorded are refused", () => {
    const simulator = make();
    simulator.startTape(1);
    expect(() => simulator.back(0, ones, new Uint8Array(2))).toThrow("back: step 0 is not on the tape");
    simulator.step(action);
    simulator.step(action);
    expect(() => simulator.back(1, ones, new Uint8Array(2))).toThrow("back: step 1 is not on the tape");
  });
});

test("at rest and in the air gradients are finite (friction at zero velocity, contact at zero depth)", () => {
  const task = findTask("hopper");
  const simulator = new Simulator(task.model, task.observe, 2);
  for (const [env, height] of [-0.01, 5].entries())
    simulator.setState(env, [0, height, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
  simulator.startTape(1);
  simulator.step(new Float32Array(6));
  const gradient = simulator.back(0, new Float32Array(22).fill(1), new Uint8Array(2));
  expect([...gradient].every(Number.isFinite)).toBe(true);
  expect([...simulator.stateGradient().qd].every(Number.isFinite)).toBe(true);
});

test("far from the origin a step is the same", () => {
  const task = findTask("ant");
  const { q, qd } = cases.ant;
  const simulator = new Simulator(task.model, task.observe, 2);
  const away = 100;
  simulator.setState(0, q, qd);
  // The twist at the world's origin of the same motion, moved along x and z: v - w x h.
  const [x, y, z] = qd;
  const moved = [x, y, z, qd[3] - y * away, qd[4] - (z * away - x * away), qd[5] + y * away, ...qd.slice(6)];
  simulator.setState(1, [q[0] + away, q[1], q[2] + away, ...q.slice(3)], moved);
  for (let t = 0; t < 4; t++) simulator.step(new Float32Array(16));
  const obs = simulator.observe();
  const heading = 28; // along the direction of the target, which is another one there
  for (let i = 0; i < 37; i++)
    if (i !== heading) expect(obs[37 + i], task.observation.map((row) => row.name).join()).toBeCloseTo(obs[i], 2);
});

test("arrays of the wrong length are refused by name", () => {
  const task = findTask("hopper");
  const simulator = new Simulator(task.model, task.observe, 2);
  expect(() => simulator.step(new Float32Array(5))).toThrow("action has 5 numbers; allowed: 6");
  expect(() => simulator.setState(0, [0], [0])).toThrow("q has 1 numbers; allowed: 6");
  expect(() => simulator.setState(2, Array(6).fill(0), Array(6).fill(0))).toThrow("env is 2; allowed: 0 to 1");
});
