import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseModel } from "@dmo-lab/mujoco/mjcf";
import { MujocoEngine } from "@dmo-lab/mujoco/mujoco-engine";
import { type EngineName, createEngine } from "../../lib/tasks/engines.js";
import { findTask } from "../../lib/tasks/index.js";
import { streams } from "../../lib/tensor/random.js";
import { build } from "../../tests/command-line.js";
import type { Engine } from "./engine.js";
import type { Observed, StepStart } from "./known-kinematics.js";
import type { SymbolicState } from "./routines.js";
import { type Quat, quatProduct, rotation } from "./vector.js";
import "../../robots/index.js";

beforeAll(() => build()); // threads of MuJoCo run compiled code

const ENVS = 4;
const engines: Engine[] = [];
afterEach(() => engines.splice(0).forEach((engine) => engine.dispose?.()));

/** Some steps from the task's noisy start, in which robots fall to the ground. */
function stepsOf(name: string, engineName?: EngineName) {
  const task = findTask(name);
  const engine = createEngine(task, ENVS, engineName);
  engines.push(engine);
  const random = streams(5)("steps");
  const states = Array.from({ length: ENVS }, () => task.reset(random));
  states.forEach(({ q, qd }, env) => engine.setState(env, q, qd));
  const context = Float32Array.from(states.flatMap(({ context = [] }) => context));
  const observed = () => ({ ...engine.state(), obs: engine.observe(context) });
  const steps = Array.from({ length: 20 }, (): { start: StepStart; after: Observed } => {
    const before = observed();
    const action = Float32Array.from({ length: ENVS * task.actionSize }, () => random.uniform(-0.9, 0.9));
    engine.step(action, context);
    return { start: { ...before, action, context }, after: observed() };
  });
  return { task, engine, steps, kinematics: engine.kinematics(task) };
}

/** Their largest difference, relative where they are more than 1. */
const distance = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]) / Math.max(1, Math.abs(x))));

/** Of numbers `[env][size]`, the root mean square of `count` from `first` on. */
function size(values: Float32Array, size: number, first: number, count: number): number {
  const chosen = Array.from(values).filter((_, i) => i % size >= first && i % size < first + count);
  return Math.sqrt(chosen.reduce((sum, x) => sum + x * x, 0) / chosen.length);
}

describe.each([
  ["hopper", "differentiable", 0.002],
  ["ant", "differentiable", 0.03],
  ["snu", "differentiable", 0.03],
  ["humanoid", "mujoco", 0.1],
  ["allegro", "mujoco", 0.03],
  ["go2", "mujoco", 0.3],
] as const)("%s on %s", (name, engineName, rest) => {
  test("a step's change leads from its start to its end, and integration leaves little over", () => {
    const { engine, steps, kinematics } = stepsOf(name, engineName);
    for (const { start, after } of steps) {
      const change = kinematics.change(start, after);
      const next = kinematics.next(start, change);
      for (const part of ["q", "qd", "obs"] as const) expect(distance(next[part], after[part])).toBeLessThan(2e-6);
      const [f, r] = [0, engine.nqd].map((first) => size(change, kinematics.size, first, engine.nqd));
      expect(r).toBeLessThan(rest * f);
    }
  });

  test("the adjoint agrees with central differences", () => {
    const { steps, kinematics } = stepsOf(name, engineName);
    const { start, after } = steps[7];
    const change = kinematics.change(start, after);
    const weights = ({ q, qd, obs }: Observed): Observed => {
      const wave = (values: Float32Array, k: number) => values.map((_, i) => Math.sin(3 * i + k));
      return { q: wave(q, 1), qd: wave(qd, 2).map((x) => 0.1 * x), obs: wave(obs, 3) };
    };
    const gradient = weights(after);
    const value = (at: StepStart, open: Float32Array): number => {
      const next = kinematics.next(at, open);
      return (["q", "qd", "obs"] as const).reduce(
        (sum, part) => sum + next[part].reduce((s, x, i) => s + x * gradient[part][i], 0),
        0,
      );
    };
    const back = kinematics.back(start, change, gradient);
    const differences = (values: Float32Array, at: (moved: Float32Array) => number) =>
      values.map((_, i) => {
        const moved = (by: number) => values.map((x, j) => (i === j ? x + by : x));
        return (at(moved(4e-3)) - at(moved(-4e-3))) / 8e-3;
      });
    const scale = Math.max(...back.qd.map(Math.abs), ...back.q.map(Math.abs));
    const near = (a: Float32Array, b: Float32Array) =>
      expect(Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / scale).toBeLessThan(0.01);
    near(
      back.change,
      differences(change, (moved) => value(start, moved)),
    );
    near(
      back.qd,
      differences(start.qd, (qd) => value({ ...start, qd }, change)),
    );
    near(
      back.q,
      differences(start.q, (q) => value({ ...start, q }, change)),
    );
    near(
      back.action,
      differences(start.action, (action) => value({ ...start, action }, change)),
    );
    near(
      back.obs,
      differences(start.obs, (obs) => value({ ...start, obs }, change)),
    );
  });
});

test("numbers are those that are open: nothing of actions and poses, what sensors read", () => {
  expect(stepsOf("humanoid").kinematics.size).toBe(2 * 27);
  expect(stepsOf("go2").kinematics.size).toBe(2 * 18 + 4); // forces of the feet
});

test("velocities are measured as the observation shows them", () => {
  const { engine, steps, kinematics } = stepsOf("humanoid");
  const { start, after } = steps[10];
  const change = kinematics.change(start, after);
  const { size } = kinematics;
  for (let env = 0; env < ENVS; env++) {
    const gained = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => after.obs[env * 76 + first + i] - start.obs[env * 76 + first + i]);
    const f = Array.from(change.subarray(env * size, env * size + engine.nqd));
    [...gained(8, 3), ...gained(5, 3), ...gained(32, 21)].forEach((x, i) => expect(f[i]).toBeCloseTo(x, 4));
  }
});

test("where the observation does not tell the heading, the same step elsewhere in another direction is the same change", () => {
  const { engine, steps, kinematics } = stepsOf("go2");
  const { start, after } = steps[5];
  const turn: Quat = [0, 0, Math.sin(1), Math.cos(1)];
  const axes = rotation(turn) as readonly (readonly number[])[];
  const apply = (v: ArrayLike<number>) => axes.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
  const elsewhere = <T extends Observed>(at: T): T => {
    const [q, qd] = [at.q.slice(), at.qd.slice()];
    for (let env = 0; env < ENVS; env++) {
      const [a, b] = [env * engine.nq, env * engine.nqd];
      q.set(apply(q.subarray(a, a + 3)), a);
      q.set(quatProduct(turn, Array.from(q.subarray(a + 3, a + 7)) as unknown as Quat) as unknown as number[], a + 3);
      for (const k of [b, b + 3]) qd.set(apply(qd.subarray(k, k + 3)), k);
    }
    return { ...at, q, qd };
  };
  const change = kinematics.change(start, after);
  expect(distance(kinematics.change(elsewhere(start), elsewhere(after)), change)).toBeLessThan(1e-4);
});

test("an actuator's own state is open", async () => {
  const mjcf = `<mujoco><worldbody><body><joint name="slide" type="slide"/><geom size="0.1"/></body></worldbody>
    <actuator><general joint="slide" dyntype="filter" dynprm="0.1" gainprm="2" ctrlrange="-1 1"/></actuator></mujoco>`;
  const model = await parseModel(mjcf, "pusher.xml", { mujocoOnly: true });
  const everything = ({ q, qd }: SymbolicState) => [...q, ...qd];
  const engine = new MujocoEngine(model, everything, 1);
  engines.push(engine);
  const start = () => ({ q: [0, 0], qd: [0] });
  const kinematics = engine.kinematics({ model, contextSize: 0, sensorSize: 0, observe: everything, start });
  expect(kinematics.size).toBe(3);
  engine.setState(0, [0.2, 0.1], [0.3]);
  const action = Float32Array.of(0.7);
  const before = { ...engine.state(), obs: engine.observe(), action, context: new Float32Array() };
  engine.step(action);
  const after = { ...engine.state(), obs: engine.observe() };
  expect(after.q[1]).toBeGreaterThan(0.15);
  const next = kinematics.next(before, kinematics.change(before, after));
  expect(distance(next.obs, after.obs)).toBeLessThan(1e-6);
});
