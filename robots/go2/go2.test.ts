import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { readModel } from "@dmo-lab/mujoco/mjcf";
import type { Motor } from "@dmo-lab/physics/model";
import { compileFile, loadMujoco } from "@dmo-lab/mujoco/mujoco";
import { packageFile } from "../../lib/project.js";
import { stageOf } from "../../tools/report/scene.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { type Conditions, conditions } from "./go2-conditions.js";
import { go2 } from "./go2.js";
import { createEngine } from "../../lib/tasks/engines.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import { type Actions, type Task, sense } from "../../lib/tasks/task.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const task = go2();
const LEGS = ["FL", "FR", "RL", "RR"];
const REST = [0.1, 0.8, -1.5, -0.1, 0.8, -1.5, 0.1, 1, -1.5, -0.1, 1, -1.5];
const FILE = packageFile("data/models/go2/go2.xml");

const nominal = (change: Partial<Conditions> = {}): Task => go2({ ...conditions.nominal, ...change });
const random = () => streams(5)("go2");
const draws = (n: number, range: number, stream = random()): number[] =>
  Array.from({ length: n }, () => stream.uniform(-range, range));
const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

/** States after steps with the same actions in every step, from a state at rest in the air or on the ground. */
function move(
  of: Task,
  actions: readonly number[][],
  { height = 0.34, speed = 0, context = of.start().context! } = {},
) {
  const engine = createEngine(of, 1);
  const { q, qd } = of.start();
  const moving = qd.map((x, i) => (i === 3 ? speed : x));
  engine.setState(0, [0, 0, height, ...q.slice(3)], moving);
  for (const action of actions) engine.step(Float32Array.from(action), Float32Array.from(context));
  const state = engine.state();
  engine.dispose?.();
  return { q: [...state.q], qd: [...state.qd], sensors: [...state.sensors!] };
}

const repeat = (action: number[], steps: number): number[][] => Array<number[]>(steps).fill(action);
const none = Array<number>(12).fill(0);

describe("the robot", () => {
  test("has the masses, limits and strengths of its description", async () => {
    const { links, actuators } = task.model;
    const massOf = (end: string) => links.filter(({ name }) => name.endsWith(end)).map(({ mass }) => mass);
    expect(["base", "hip", "thigh", "calf", "foot"].map((end) => massOf(end)[0])).toEqual([
      6.921, 0.678, 1.152, 0.154, 0.04,
    ]);
    expect(sum(links.map(({ mass }) => mass!))).toBeCloseTo(15.017, 9);
    expect(actuators.map((actuator) => (actuator as Motor).strength)).toEqual(LEGS.flatMap(() => [23.7, 23.7, 45.43]));
    const limits = links.flatMap(({ joint: { limits } }) => (limits ? [[limits.lower, limits.upper]] : []));
    const leg = (thigh: number[]) => [[-1.0472, 1.0472], thigh, [-2.7227, -0.83776]];
    const [front, rear] = [leg([-1.5708, 3.4907]), leg([-0.5236, 4.5379])];
    expect(limits).toEqual([...front, ...front, ...rear, ...rear]);
    const read = await readModel(FILE, { timeStep: 1 / 50, substeps: 4, mujocoOnly: true });
    expect(task.model).toMatchObject(
      JSON.parse(JSON.stringify({ ...read, mjcf: undefined, shapes: task.model.shapes })),
    );
  });

  test("shows meshes that there are, all on bodies that there are", () => {
    const { scene } = stageOf(task);
    const shown = scene.shapes.flatMap((shape) => (shape.type === "mesh" ? [shape.mesh] : []));
    expect(new Set(shown)).toEqual(new Set(Object.keys(scene.meshes)));
    expect(scene.bodies).toHaveLength(17);
    for (const { vertices, triangles } of Object.values(scene.meshes)) {
      expect(Math.max(...triangles)).toBe(vertices.length / 3 - 1);
      expect(Math.max(...vertices.map(Math.abs))).toBeLessThan(4000); // 0.1 mm
    }
  });

  test("is symmetric: left and right mirror each other, and the feet carry its weight where it stands", () => {
    const { q, sensors } = move(nominal(), repeat(none, 150));
    expect(q[1]).toBeCloseTo(0, 3);
    [0, 1, 2].forEach((joint) => expect(q[7 + joint]).toBeCloseTo((joint === 0 ? -1 : 1) * q[10 + joint], 2));
    expect(sum([2, 5, 8, 11].map((i) => -sensors[i]))).toBeCloseTo(15.017 * 9.81, -0.5);
  });

  test("stands for 5 s on its controllers alone: upright, on feet that do not slide", () => {
    const engine = createEngine(nominal(), 1);
    const { q, qd, context } = nominal().start();
    engine.setState(0, q, qd);
    const heights: number[] = [];
    for (let t = 0; t < 250; t++) {
      engine.step(new Float32Array(12), Float32Array.from(context!));
      const { q, sensors } = engine.state();
      expect(q[2]).toBeGreaterThan(0.23);
      expect(Math.hypot(q[3], q[4])).toBeLessThan(0.1);
      expect(Math.hypot(...sensors!.slice(12, 15))).toBe(0); // base and head
      if (t === 150) heights.push(q[2]);
      if (t === 249) expect(Math.abs(q[2] - heights[0])).toBeLessThan(0.005);
    }
    engine.dispose?.();
  });
});

describe("the motors", () => {
  type Law = { stiffness?: number; limit?: number; stiction?: number; viscosity?: number };
  const efforts = LEGS.flatMap(() => [23.7, 23.7, 45.43]);
  const clip = (x: number, limit: number): number => Math.min(Math.max(x, -limit), limit);
  const action = draws(12, 1);

  /** A control step in the air with torques worked out here, in `steps` steps of MuJoCo, `late` of them with action 0: joint angles and velocities. */
  async function byHand(
    steps: number,
    { stiffness = 20, limit = 100, stiction = 0, viscosity = 0 }: Law = {},
    late = 0,
  ) {
    const [mujoco, model] = [await loadMujoco(), await compileFile(FILE)];
    const data = new mujoco.MjData(model);
    model.opt.timestep = 0.02 / steps;
    const { qpos, qvel, ctrl } = data as unknown as Record<string, Float64Array>;
    qpos.set([0, 0, 2, 1, 0, 0, 0, ...REST]);
    for (let k = 0; k < steps; k++) {
      for (let i = 0; i < 12; i++) {
        const speed = qvel[6 + i];
        const wanted = stiffness * (0.25 * 2 * (k < late ? 0 : action[i]) + REST[i] - qpos[7 + i]) - 0.5 * speed;
        const friction = stiction * Math.tanh(speed / 0.1) + viscosity * speed;
        ctrl[i] = clip(clip(wanted, limit) - friction, efforts[i]);
      }
      mujoco.mj_step(model, data);
    }
    const result = [...qpos.slice(7), ...qvel.slice(6)];
    data.delete();
    model.delete();
    return result;
  }

  /** The same by the engine. */
  function byEngine(steps: number, { stiffness = 20, limit = 100, stiction = 0, viscosity = 0 }: Law = {}): number[] {
    const of = nominal({ stiction: [stiction, stiction], viscosity: [viscosity, viscosity] });
    const control = { ...of.mujoco!.control!, stiffness, limit };
    const { q, qd } = move({ ...of, mujoco: { ...of.mujoco, steps, control } }, [action], { height: 2 });
    return [...q.slice(7), ...qd.slice(6)];
  }
  const largest = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

  test.each<[string, Law]>([
    ["follow stiffness 20 and damping 0.5 towards rest + 0.25 * (2 * action)", {}],
    ["ask for no more than their limit", { limit: 3 }],
    ["give no more than their strength", { stiffness: 300, limit: 1e3 }],
  ])("%s", async (_, law) => {
    expect(largest(byEngine(4, law), await byHand(4, law))).toBeLessThan(1e-4);
    if (law.limit) expect(largest(byEngine(4, law), byEngine(4))).toBeGreaterThan(0.1);
  });

  test.each([0, 1, 2, 3, 4])(
    "are late by exactly %s steps of MuJoCo, as many as a latency of 5 ms has in it",
    async (late) => {
      const { q, qd } = move(nominal({ latency: [0.005 * late, 0.005 * late] }), [action], { height: 2 });
      expect(largest([...q.slice(7), ...qd.slice(6)], await byHand(4, {}, late))).toBeLessThan(1e-4);
      if (late) expect(largest([...q.slice(7), ...qd.slice(6)], await byHand(4, {}, late - 1))).toBeGreaterThan(0.1);
    },
  );

  test("have friction that converges to its law, where the law itself would be unstable in a step", async () => {
    const law = { stiction: 1.5, viscosity: 0.2 };
    const exact = await byHand(4000, law);
    expect(largest(byEngine(400, law), exact)).toBeLessThan(0.03); // rad, rad/s
    const error = (state: number[]): number => largest(state.slice(12), exact.slice(12));
    expect(error(byEngine(4, law))).toBeLessThan(0.5 * error(await byHand(4, law)));
    const speed = (state: number[]): number => sum(state.slice(12).map(Math.abs));
    expect(speed(byEngine(4, law))).toBeLessThan(0.8 * speed(byEngine(4)));
  });
});

describe("conditions", () => {
  test("latency delays actions: until it is over, the action before is in force", () => {
    const step = draws(12, 1);
    const after = (latency: number, actions: number[][]) => move(nominal({ latency: [latency, latency] }), actions).q;
    expect(after(0.02, [step])).toEqual(after(0, [none]));
    expect(after(0.02, [step, none])).toEqual(after(0, [none, step]));
    const half = after(0.01, [step]);
    expect(half).not.toEqual(after(0, [none]));
    expect(half).not.toEqual(after(0, [step]));
  });

  test("a smooth floor lets the robot slide further", () => {
    const slid = (friction: number): number =>
      move(nominal({ groundFriction: [friction, friction] }), repeat(none, 40), { speed: 1 }).q[0];
    const [smooth, rough] = [slid(0.1), slid(1.25)];
    expect(smooth).toBeGreaterThan(0.25);
    expect(rough).toBeLessThan(0.7 * smooth);
  });

  test("added mass presses on the feet", () => {
    const weight = (load: number): number => {
      const of = nominal({ addedMass: [load, load] });
      const control = { ...of.mujoco!.control!, stiffness: 50, damping: 1 };
      const { sensors } = move({ ...of, mujoco: { ...of.mujoco, control } }, repeat(none, 100));
      return Math.abs(sum([2, 5, 8, 11].map((i) => sensors[i])));
    };
    expect(weight(0)).toBeCloseTo(15.017 * 9.81, 0);
    expect(weight(3)).toBeCloseTo(18.017 * 9.81, 0);
  });

  test("every environment has its own, whatever the number of threads", () => {
    const run = (threads: number): Float32Array[] => {
      const before = process.env.DMO_LAB_THREADS;
      process.env.DMO_LAB_THREADS = String(threads);
      const environment = createEnvironment(go2({ ...conditions.training, addedMass: [-1, 3] }), 16, random());
      process.env.DMO_LAB_THREADS = before;
      environment.reset();
      const stream = streams(1)("actions");
      const results = Array.from({ length: 30 }, () => environment.step(Float32Array.from(draws(16 * 12, 1, stream))));
      environment.dispose();
      return results.map(({ resetObs }) => resetObs);
    };
    expect(run(2)).toEqual(run(1));
  });

  test("are drawn within their ranges for every episode, commands and joints included", () => {
    const stream = random();
    const starts = Array.from({ length: 2000 }, () => task.reset(stream));
    const contexts = starts.map(({ context }) => context!);
    const within = (values: number[], low: number, high: number): void => {
      const span = high - low;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      expect(Math.min(...values)).toBeLessThan(low + 0.02 * span);
      expect(Math.max(...values)).toBeGreaterThan(high - 0.02 * span);
    };
    within(
      contexts.map((c) => c[0]),
      -0.6,
      0.6,
    );
    within(
      contexts.map((c) => c[1]),
      -0.6,
      0.6,
    );
    within(
      contexts.map((c) => c[2]),
      -1,
      1,
    );
    within(
      contexts.map((c) => c[4]),
      0.5,
      1.25,
    );
    within(
      contexts.flatMap((c) => c.slice(7, 19)),
      0,
      2.5,
    );
    within(
      contexts.flatMap((c) => c.slice(19)),
      0,
      0.3,
    );
    expect(new Set(contexts.flatMap((c) => [c[3], c[5], c[6]]))).toEqual(new Set([0]));
    within(
      starts.map(({ q }) => q[9] / -1.5),
      0.95,
      1.05,
    );
    within(
      starts.flatMap(({ qd }) => qd.slice(6)),
      -0.05,
      0.05,
    );
    for (const { q, qd } of starts.slice(0, 9))
      expect([...q.slice(0, 7), ...qd.slice(0, 6)]).toEqual([0, 0, 0.34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    // Slow commands are none: a disc of radius 0.2 in a square of side 1.2, and a fifth of the turns.
    const share = (none: (c: number[]) => boolean): number => contexts.filter(none).length / contexts.length;
    expect(share(([x, y]) => x === 0 && y === 0)).toBeCloseTo((Math.PI * 0.04) / 1.44, 1.5);
    expect(share(([, , turn]) => turn === 0)).toBeCloseTo(0.2, 1.3);
  });
});

describe("between steps", () => {
  const state = (command: number[]) => ({ ...task.start(), context: [...command, ...task.start().context!.slice(3)] });

  test.each([
    ["moving", [0.5, 0, 0], 0.002],
    ["standing", [0, 0, 0], 0.01],
  ])("a robot that is %s gets new commands now and then", (_, command, chance) => {
    const [of, stream, steps] = [nominal(), random(), 20_000];
    const rest = task.start().context!.slice(3);
    const at = state(command);
    let changes = 0;
    for (let i = 0; i < steps; i++) {
      const next = of.between!(at, stream);
      if (next) changes++;
      if (next && changes < 9) expect(next).toEqual({ context: [...next.context!.slice(0, 3), ...rest] });
    }
    expect(Math.abs(changes - chance * steps)).toBeLessThan(4 * Math.sqrt(chance * steps));
  });

  test("pushes set the base's horizontal velocity, and nothing else", () => {
    const q = [3, -2, 0.3, 0, 0, 0.6, 0.8, ...REST];
    const qd = draws(18, 1);
    const velocity = (w: number[]): number[] =>
      [0, 1, 2].map((k) => w[3 + k] + w[(k + 1) % 3] * q[(k + 2) % 3] - w[(k + 2) % 3] * q[(k + 1) % 3]);
    const pushes: number[][] = [];
    const [stream, steps, { context }] = [random(), 60_000, state([0.5, 0, 0])];
    for (let i = 0; i < steps; i++) {
      const next = task.between!({ q, qd, context }, stream);
      if (!next?.qd) continue;
      pushes.push(velocity(next.qd));
      expect([...next.qd.slice(0, 3), ...next.qd.slice(6)]).toEqual([...qd.slice(0, 3), ...qd.slice(6)]);
      expect(velocity(next.qd)[2]).toBeCloseTo(velocity(qd)[2], 9);
    }
    expect(Math.abs(pushes.length - 0.001 * steps)).toBeLessThan(40);
    for (const axis of [0, 1]) {
      const along = pushes.map((push) => push[axis]);
      expect(Math.max(...along.map(Math.abs))).toBeLessThanOrEqual(0.5);
      expect(Math.max(...along) - Math.min(...along)).toBeGreaterThan(0.8);
    }
  });

  test("a step shows the state before a push, and the next one starts after it", () => {
    const always = {
      ...task,
      between: ({ qd }: { qd: ArrayLike<number> }) => ({ qd: Array.from(qd, (x, i) => (i === 3 ? 0.4 : x)) }),
    };
    const environment = createEnvironment(always, 2, random());
    environment.reset();
    const { nextObs, resetObs } = environment.step(new Float32Array(24));
    expect(Math.abs(nextObs[0])).toBeLessThan(0.2);
    expect(resetObs[0]).toBeCloseTo(0.8, 1);
    expect(resetObs.slice(36, 68)).toEqual(nextObs.slice(36, 68)); // forces and previous action are kept
    environment.dispose();
  });
});

/** Rotation of a vector by a quaternion (x, y, z, w), by the sandwich product. */
function rotate([x, y, z, w]: number[], [a, b, c]: number[]): number[] {
  const [tx, ty, tz] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx];
}
const about = (axis: number, angle: number): number[] =>
  [0, 1, 2, 3].map((k) => (k === 3 ? Math.cos(angle / 2) : k === axis ? Math.sin(angle / 2) : 0));

/** Position of a foot in the base's frame: down the leg, from joint to joint. */
function foot(leg: number, [hip, thigh, calf]: number[]): number[] {
  const [front, left] = [leg < 2 ? 1 : -1, leg % 2 ? -1 : 1];
  const shin = rotate(about(1, calf), [0, 0, -0.213]);
  const knee = rotate(about(1, thigh), [shin[0], shin[1], shin[2] - 0.213]);
  const fromHip = rotate(about(0, hip), [knee[0], knee[1] + left * 0.0955, knee[2]]);
  return [fromHip[0] + front * 0.1934, fromHip[1] + left * 0.0465, fromHip[2]];
}

describe("the observation", () => {
  test("of a state is what one works out by hand", () => {
    const turn = [0.2, -0.1, 0.5, 0.8];
    const norm = Math.hypot(...turn);
    const quaternion = turn.map((x) => x / norm);
    const joints = REST.map((x, i) => x + draws(12, 0.3)[i]);
    const [position, w, v] = [
      [1.5, -2, 0.4],
      [0.3, -0.7, 1.1],
      [0.4, 0.2, -0.3],
    ];
    const [speeds, action, forces] = [draws(12, 5), draws(12, 1), draws(12, 50)];
    const context = [0.4, -0.3, 0.7, 0.3, ...task.start().context!.slice(4)];
    const linear = v.map(
      (x, k) => x - (w[(k + 1) % 3] * position[(k + 2) % 3] - w[(k + 2) % 3] * position[(k + 1) % 3]),
    );
    const engine = createEngine(task, 1);
    engine.setState(0, [...position, ...quaternion, ...joints], [...w, ...linear, ...speeds], action, [
      ...forces,
      7,
      8,
      9,
      ...position,
    ]);
    const obs = [...engine.observe(Float32Array.from(context))];
    engine.dispose?.();

    const inverse = [...quaternion.slice(0, 3).map((x) => -x), quaternion[3]];
    const yaw = 2 * Math.atan2(quaternion[2], quaternion[3]); // what is left after the shortest turn that levels the base
    const feet = LEGS.map((_, i) => rotate(quaternion, foot(i, joints.slice(3 * i, 3 * i + 3))));
    const expected = [
      ...rotate(inverse, v).map((x) => 2 * x),
      ...rotate(inverse, w).map((x) => 0.25 * x),
      ...[0.8, -0.6, 0.175],
      ...rotate(inverse, [0, 0, -1]),
      ...joints,
      ...speeds.map((x) => 0.05 * x),
      ...action.map((x) => 2 * x),
      ...[0.8, 0.3, 0.3, 0.8].map((phase) => Math.sin(2 * Math.PI * phase)),
      ...feet.flatMap((p) => rotate(about(2, -yaw), p).slice(0, 2)),
      ...LEGS.map((_, i) => 0.01 * Math.hypot(...forces.slice(3 * i, 3 * i + 3))),
      ...feet.map((p) => 0.4 + p[2]),
    ];
    expect(obs).toHaveLength(68);
    obs.forEach((x, i) => expect(x, `component ${i}`).toBeCloseTo(expected[i], 5));
  });

  test("the actor sees 49 of its 68 components, with noise where the conditions have some", () => {
    const obs = Float32Array.from({ length: 2 * 68 }, (_, i) => i % 68);
    const seen = Array.from({ length: 49 }, (_, i) => 3 + i);
    expect(task.actorSees).toEqual(seen);
    expect([...sense(task, obs, random())]).toEqual([...seen, ...seen]);
    const part = task.actorPart(tf.tensor2d(obs, [2, 68]));
    expect([...part.dataSync()]).toEqual([...seen, ...seen]);
    const noisy = go2(conditions["sensor noise"]);
    const stream = random();
    const errors = Array.from({ length: 500 }, () =>
      [...sense(noisy, obs.slice(0, 68), stream)].map((x, i) => x - seen[i]),
    );
    const largest = seen.map((_, i) => Math.max(...errors.map((row) => Math.abs(row[i]))));
    const bounds = [0.05, 0.05, 0.05, 0, 0, 0, 0.05, 0.05, 0.05, ...none.map(() => 0.01), ...none.map(() => 0.075)];
    largest.forEach((x, i) => expect(x, `component ${i}`).toBeCloseTo(bounds[i] ?? 0, 2.3));
    const { grad } = valueAndGrad(
      (x: tf.Tensor2D) => task.actorPart(x).sum() as tf.Scalar,
      tf.zeros([1, 68]) as tf.Tensor2D,
    );
    expect([...grad.dataSync()]).toEqual(Array.from({ length: 68 }, (_, i) => Number(i >= 3 && i < 52)));
  });

  test("starts with phase 0, which advances by 3 / 50 a step", () => {
    const environment = createEnvironment(nominal(), 1, random());
    const clock = (obs: Float32Array): number[] => [...obs.slice(48, 52)];
    const at = (phase: number) => [0.5, 0, 0, 0.5].map((offset) => Math.sin(2 * Math.PI * (phase + offset)));
    const close = (a: number[], b: number[]) => a.forEach((x, i) => expect(x).toBeCloseTo(b[i], 5));
    close(clock(environment.reset()), at(0));
    for (let t = 1; t <= 20; t++) close(clock(environment.step(new Float32Array(12)).nextObs), at(0.06 * t));
    environment.dispose();
  });
});

describe("the reward", () => {
  const obs = Float32Array.from(draws(68, 0.5));
  const [u, u1, u2] = [1, 2, 3].map((seed) => draws(12, 1, streams(seed)("u")));
  const [command, phase] = [[0.4, -0.3, 0.7], 0.37];
  const row = (values: ArrayLike<number>) => tf.tensor2d(Array.from(values), [1, values.length]);
  const actions = (): Actions => ({ action: row(u), previous: row(u1), beforePrevious: row(u2) });
  const context = () => ({ command: row(command), phase: row([phase]) });
  const squares = (values: ArrayLike<number>): number => sum(Array.from(values, (x) => x * x));
  const phases = [0.5, 0, 0, 0.5].map((offset) => (phase + offset) % 1);

  /** Normal distribution, standard deviation 0.07, by the trapezoidal rule. */
  function normal(x: number): number {
    const n = 4000;
    const step = (x + 1) / n;
    const density = (z: number): number => Math.exp(-0.5 * (z / 0.07) ** 2) / (0.07 * Math.sqrt(2 * Math.PI));
    return step * sum(Array.from({ length: n + 1 }, (_, i) => density(-1 + i * step) * (i % n ? 1 : 0.5)));
  }
  const contact = phases.map((p) => normal(p) * (1 - normal(p - 0.5)) + normal(p - 1) * (1 - normal(p - 1.5)));

  const expected: { [name: string]: number } = {
    "track velocity": Math.exp(-((0.4 - obs[0] / 2) ** 2 + (-0.3 - obs[1] / 2) ** 2) / 0.25),
    "track turning": 0.5 * Math.exp(-((0.7 - obs[5] * 4) ** 2) / 0.25),
    footholds:
      -10 *
      sum(
        phases.map((p, i) => {
          const [front, left, course] = [i < 2 ? 1 : -1, i % 2 ? -1 : 1, Math.abs(1 - 2 * p) - 0.5];
          const x = front * 0.225 + (course * 0.4 * 0.5) / 3;
          const y = left * 0.125 + (front * course * ((0.7 * 0.45) / 2) * 0.5) / 3;
          return (obs[52 + 2 * i] - x) ** 2 + (obs[53 + 2 * i] - y) ** 2;
        }),
      ),
    "action rate":
      -0.1 *
      0.25 ** 2 *
      (squares(u.map((x, i) => 2 * x - 2 * u1[i])) + squares(u.map((x, i) => 2 * x - 4 * u1[i] + 2 * u2[i]))),
    orientation: -5 * squares(obs.slice(9, 11)),
    "vertical velocity": -0.02 * (obs[2] / 2) ** 2,
    "roll and pitch rate": -0.001 * squares([4 * obs[3], 4 * obs[4]]),
    "joint velocities": -1e-4 * squares(obs.slice(24, 36).map((x) => 20 * x)),
    "foot clearance":
      -30 *
      sum(
        phases.map((p, i) => {
          const swing = 1 - Math.abs(1 - 2 * Math.min(Math.max(2 * p - 1, 0), 1));
          return (1 - contact[i]) * (0.08 * swing + 0.02 - obs[64 + i]) ** 2;
        }),
      ),
    "force in swing":
      4 * sum(contact.map((c, i) => (-(1 - c) * (1 - Math.exp(-((100 * obs[60 + i]) ** 2) / 100))) / 4)),
  };

  test.each(Object.keys(expected))("%s", (name) => {
    const { weight, term } = task.rewardTerms[name];
    const value = weight * term(row(obs), actions(), context()).dataSync()[0];
    expect(value).toBeCloseTo(expected[name], 4);
    expect(value).not.toBe(0);
  });

  test("is the sum of its terms, at least 0: there its gradient is 0", () => {
    expect(Object.keys(task.rewardTerms)).toEqual(Object.keys(expected));
    const good = Float32Array.from(
      obs.map((x, i) => (i < 6 ? [0.8, -0.6, 0, 0, 0, 0.175][i] : i >= 60 || i < 52 ? 0 : x)),
    );
    LEGS.forEach((_, i) => good.set([(i < 2 ? 1 : -1) * 0.225, (i % 2 ? -1 : 1) * 0.125], 52 + 2 * i));
    const still: Actions = { action: row(none), previous: row(none), beforePrevious: row(none) };
    const reward = (x: tf.Tensor2D) => task.reward(x, still, context()).sum() as tf.Scalar;
    const at = (values: Float32Array) => {
      const { value, grad } = valueAndGrad(reward, row(values));
      return { value: value.dataSync()[0], gradient: [...grad.dataSync()] };
    };
    const terms = Object.values(task.rewardTerms).map(
      ({ weight, term }) => weight * term(row(good), still, context()).dataSync()[0],
    );
    expect(at(good).value).toBeCloseTo(sum(terms), 5);
    expect(at(good).value).toBeGreaterThan(0.5);
    expect(at(good).gradient.some((g) => g !== 0)).toBe(true);
    expect(sum(Object.values(expected))).toBeLessThan(0);
    expect(at(obs)).toEqual({ value: 0, gradient: at(obs).gradient.map(() => 0) });
  });

  test("with training's bonus is raised before the floor, and what was earned is not", () => {
    const known: Actions = actions();
    const raised = defineTask({ ...task, rewardBonus: 1000 });
    const value = (of: tf.Tensor1D): number => of.dataSync()[0];
    expect(value(raised.reward(row(obs), known, context()))).toBeCloseTo(1000 + sum(Object.values(expected)), 2);
    expect(value(raised.earned(row(obs), known, context()))).toBe(0);
    expect(value(task.earned(row(obs), known, context()))).toBe(0);
  });
});

describe("episodes", () => {
  test.each([
    ["goes on", {}, false],
    ["ends where the base touches the ground", { force: [0.8, 0, 0.8] }, true],
    ["goes on where it hardly does", { force: [0.5, 0.5, 0.5] }, false],
    ["ends upside down", { gravity: 0.01 }, true],
    ["ends on the ground", { height: 0.049 }, true],
  ] as [string, { force?: number[]; gravity?: number; height?: number }, boolean][])("%s", (_, at, end) => {
    const { force = [0, 0, 0], gravity = -1, height = 0.3 } = at;
    const obs = new Float32Array(68);
    obs[11] = gravity;
    const sensors = {
      "contact force of base and head": tf.tensor2d([force]),
      "position of the base": tf.tensor2d([[5, 5, height]]),
    };
    expect(Boolean(task.terminated(tf.tensor2d(obs, [1, 68]), sensors).dataSync()[0])).toBe(end);
  });

  test("end when the robot is dropped on its head, and else after 499 steps", () => {
    const environment = createEnvironment(nominal(), 2, random());
    environment.reset();
    environment.engine.setState(
      0,
      [0, 0, 0.4, 0, Math.sin(0.7), 0, Math.cos(0.7), ...REST],
      none.concat(none.slice(0, 6)),
    );
    let ended = 0;
    for (let t = 1; t <= 499; t++) {
      const { terminated, truncated } = environment.step(new Float32Array(24));
      if (terminated[0] && !ended) ended = t;
      expect([terminated[1], truncated[1]]).toEqual([0, Number(t === 499)]);
    }
    expect(ended).toBeLessThan(20);
    environment.dispose();
  });

  test("saved states hold what sensors read", () => {
    const [first, second] = [createEnvironment(task, 3, random()), createEnvironment(task, 3, streams(9)("other"))];
    first.reset();
    for (let t = 0; t < 25; t++) first.step(new Float32Array(36));
    const saved = structuredClone(first.save());
    second.load(saved);
    expect(second.save()).toEqual(saved);
    expect(second.engine.observe(saved.context)).toEqual(first.engine.observe(saved.context));
    expect(Math.max(...second.engine.observe(saved.context).slice(60, 64))).toBeGreaterThan(0.1);
    for (const environment of [first, second]) environment.dispose();
  });

  test("2,000 steps of random actions stay finite and leave no tensors", () => {
    const environment = createEnvironment(task, 4, random());
    environment.reset();
    const stream = streams(2)("actions");
    const step = () => environment.step(Float32Array.from(draws(4 * 12, 1, stream)));
    step();
    const before = tf.memory().numTensors;
    let [ends, paid, finite] = [0, 0, true];
    for (let t = 0; t < 2000; t++) {
      const { terminated, reward, nextObs } = step();
      finite &&= nextObs.every(Number.isFinite);
      ends += sum([...terminated]);
      paid += sum([...reward]);
    }
    expect(finite).toBe(true);
    expect(ends).toBeGreaterThan(0);
    expect(paid).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
    environment.dispose();
  });
});
