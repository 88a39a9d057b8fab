import { beforeAll, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { readModel } from "@dmo-lab/mujoco/mjcf";
import { packageFile } from "../../lib/project.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import "../index.js";
import { createEnvironment, findTask } from "../../lib/tasks/index.js";
import { simulate } from "../../tools/simulate/simulate.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const task = findTask("allegro");
const start = task.start();
const JOINTS = 16;
const none = Array<number>(task.actionSize).fill(0);

/** q with the cube turned by an angle about the vertical. */
const turned = (angle: number): number[] => [...start.q.slice(0, 19), 0, 0, Math.sin(angle / 2), Math.cos(angle / 2)];

test("the model record is what MuJoCo reads in the file", async () => {
  const file = packageFile("data/models/allegro.xml");
  const { mjcf, ...read } = await readModel(file, { timeStep: 1 / 120, mujocoOnly: true });
  expect(mjcf?.file).toBe(file);
  expect(task.model).toEqual(JSON.parse(JSON.stringify(read)));
});

test("the cube falls into the open hand and lies there for a while", () => {
  const { q, reward, terminated } = simulate(
    task,
    Array.from({ length: 100 }, () => [none]),
  );
  const heights = q.map(([row]) => row[18]);
  expect(Math.min(...heights)).toBeGreaterThan(0.49); // half a cube above palm and fingers, which are at 0.5 m
  expect(heights[30]).toBeLessThan(0.53);
  expect(terminated.flat()).not.toContain(true);
  expect(reward.flat().every(Number.isFinite)).toBe(true);
});

test("fingers that touch each other at the side do not fly apart", () => {
  // Index and middle finger side by side; their links' centres of mass lie on the axes they turn about.
  const fingers = [-0.48, 0.59, 0.12, 0.25, 0.17, 0.86, 0.49, -0.07, ...Array<number>(8).fill(0.3)];
  const q = Array.from({ length: 512 }, (_, env) => {
    const noise = streams(env)("touches").normals(8);
    return [...fingers.map((angle, i) => angle + 0.05 * (noise[i] ?? 0)), ...start.q.slice(JOINTS)];
  });
  const environment = createEnvironment(task, q.length, streams(0)("start"));
  q.forEach((state, env) => environment.engine.setState(env, state, start.qd));
  const fastest = Array.from({ length: 4 }, () => {
    environment.engine.step(new Float32Array(q.length * task.actionSize));
    return Math.max(...environment.engine.state().qd.map(Math.abs));
  });
  environment.dispose();
  expect(Math.max(...fastest)).toBeLessThan(100); // rad/s
});

test("reward and observation follow the formulas", () => {
  const action = none.map((_, i) => Math.sin(i));
  const result = simulate(task, [[action]], { state: { q: [turned(1)], qd: [start.qd] } });
  const [[q], [qd], [obs]] = [result.q[0], result.qd[0], result.obs[0]];
  const [position, [x, y, z, w], spin, linear] = [q.slice(16, 19), q.slice(19), qd.slice(16, 19), qd.slice(19)];
  const goal = start.context!;
  const cosine = Math.abs(x * goal[0] + y * goal[1] + z * goal[2] + w * goal[3]);
  const error = 2 * Math.acos(cosine);
  const far = Math.hypot(position[0], position[1] + 0.1, position[2] - 0.56);
  const effort = action.reduce((sum, a) => sum + a * a, 0);
  expect(result.reward[0][0]).toBeCloseTo(-10 * far + 1 / (error + 0.1) - 0.0002 * effort, 4);
  const cross = [0, 1, 2].map((k) => {
    const [a, b] = [(k + 1) % 3, (k + 2) % 3];
    return spin[a] * position[b] - spin[b] * position[a];
  });
  const expected = [...position, x, y, z, w, ...linear.map((v, k) => v + cross[k]), ...spin.map((s) => 0.2 * s)];
  obs.slice(32, 45).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  expect(obs.slice(56)).toEqual(action.map(Math.fround));
});

test("a goal that is reached pays, and another one follows; the step itself still shows the old one", () => {
  const environment = createEnvironment(task, 2, streams(1)("goals"));
  environment.reset();
  const saved = environment.save();
  saved.q.set([...turned(Math.PI / 2 - 0.05), ...turned(0.5)]);
  saved.context.set([...start.context!, ...start.context!]);
  environment.load(saved);
  const { reward, nextObs, resetObs, terminated, truncated } = environment.step(new Float32Array(2 * 16));
  expect(reward[0]).toBeGreaterThan(250);
  expect(reward[1]).toBeLessThan(2);
  const goalOf = (obs: Float32Array, env: number) => obs.slice(72 * env + 48, 72 * env + 52);
  expect(goalOf(nextObs, 0)).toEqual(Float32Array.from(start.context!));
  expect(goalOf(resetObs, 0)).not.toEqual(goalOf(nextObs, 0));
  expect(goalOf(resetObs, 1)).toEqual(goalOf(nextObs, 1));
  expect([...terminated, ...truncated]).toEqual([0, 0, 0, 0]);
  environment.dispose();
});

test.each([0, 1e-3, 0.1, 1, Math.PI])("the reward's gradient is finite %d rad from the goal", (angle) => {
  const obs = new Float32Array(72);
  obs[54] = Math.sin(angle / 2);
  obs[55] = Math.cos(angle / 2);
  const actions = { action: tf.zeros([1, 16]), previous: tf.zeros([1, 16]), beforePrevious: tf.zeros([1, 16]) };
  const reward = (x: tf.Tensor2D) => task.reward(x, actions as never, {}).sum() as unknown as tf.Scalar;
  const { grad } = valueAndGrad(reward, tf.tensor2d(obs, [1, 72]));
  const gradient = grad.dataSync();
  expect(gradient.every(Number.isFinite)).toBe(true);
  if (angle === 0.1) expect(Math.abs(gradient[54])).toBeGreaterThan(1e4); // on the slope of the soft success
});
