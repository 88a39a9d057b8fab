import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { go2Bipedal } from "./go2-bipedal.js";
import { conditions } from "./go2-conditions.js";
import { headingVelocity } from "./go2-rewards.js";
import { createEngine } from "../../lib/tasks/engines.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import type { Actions } from "../../lib/tasks/task.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const task = go2Bipedal();
const start = task.start();
const none = Array<number>(12).fill(0);
const row = (values: ArrayLike<number>) => tf.tensor2d(Array.from(values), [1, values.length]);
const still = (): Actions => ({ action: row(none), previous: row(none), beforePrevious: row(none) });

/** Quaternion of a turn to the left by `yaw` after the turn about the horizontal vector (roll, pitch) by its length. */
function posture(yaw: number, pitch: number, roll = 0): number[] {
  const angle = Math.hypot(pitch, roll);
  const [x, y] = [roll, pitch].map((part) => (angle ? (Math.sin(angle / 2) * part) / angle : 0));
  const [c, s, w] = [Math.cos(yaw / 2), Math.sin(yaw / 2), Math.cos(angle / 2)];
  return [c * x - s * y, c * y + s * x, s * w, c * w];
}

/** The forward axis in that posture, in its heading. */
function forwardAxis(pitch: number, roll: number): number[] {
  const angle = Math.hypot(pitch, roll) || 1;
  const [x, y, rest] = [roll / angle, pitch / angle, 1 - Math.cos(Math.hypot(pitch, roll))];
  return [1 - rest + x * x * rest, x * y * rest, -y * Math.sin(Math.hypot(pitch, roll))];
}

/** The observation of a robot in the air, 2 m high over the origin, that moves at v and turns at w (world axes). */
function observe(quaternion: number[], v = [0, 0, 0], w = [0, 0, 0], forces = none): Float32Array {
  const engine = createEngine(task, 1);
  const linear = v.map(
    (x, k) => x - (w[(k + 1) % 3] * [0, 0, 2][(k + 2) % 3] - w[(k + 2) % 3] * [0, 0, 2][(k + 1) % 3]),
  );
  const q = [0, 0, 2, ...quaternion, ...start.q.slice(7)];
  engine.setState(0, q, [...w, ...linear, ...none], none, [...forces, 0, 0, 0, 0, 0, 2]);
  const obs = engine.observe(Float32Array.from(start.context!));
  engine.dispose?.();
  return obs;
}

const context = (command: number[], phase = 0) => ({ command: row(command), phase: row([phase]) });
const weighted = (name: string, obs: Float32Array, command = [0, 0, 0]): number => {
  const { weight, term } = task.rewardTerms[name];
  return weight * term(row(obs), still(), context(command)).dataSync()[0];
};

describe("the reward", () => {
  test.each([
    [0, 1.3734, 0],
    [1, 1.2, 0],
    [-2, 0.4, 0],
    [0.4, 1.8, 0],
    [2.5, 1.5, 0.3],
    [0.3, -0.5, 0.1],
  ])("is (0.5 cos + 0.5)^2 for being upright: yaw %d, pitch %d, roll %d", (yaw, pitch, roll) => {
    const [ahead, , up] = forwardAxis(pitch, roll);
    const cosine = (0.2 * ahead - up) / Math.hypot(0.2, 1);
    const obs = observe(posture(yaw, pitch, roll));
    expect(weighted("upright", obs)).toBeCloseTo((0.5 * cosine + 0.5) ** 2, 5);
    const standing = cosine > 0.9;
    expect(weighted("track turning, standing", obs)).toBeCloseTo(standing ? 0.5 : 0, 5);
    expect(Boolean(task.terminated(row(obs), safe()).dataSync()[0])).toBe(cosine < 0.5);
  });

  test("tracks velocity and turning in the heading, whatever the posture", () => {
    const [yaw, v, w, command] = [0.8, [0.3, -0.2, 0.5], [0.4, -0.6, 0.9], [0.25, 0.1, 0.5]];
    const forward = Math.cos(yaw) * v[0] + Math.sin(yaw) * v[1];
    const left = -Math.sin(yaw) * v[0] + Math.cos(yaw) * v[1];
    const obs = observe(posture(yaw, 1.25, 0.1), v, w);
    const error = (0.25 - forward) ** 2 + (0.1 - left) ** 2;
    expect(weighted("track velocity, standing", obs, command)).toBeCloseTo(Math.exp(-10 * error), 4);
    expect(weighted("track turning, standing", obs, command)).toBeCloseTo(0.5 * Math.exp(-10 * 0.4 ** 2), 4);
    expect(weighted("vertical velocity", obs)).toBeCloseTo(-0.02 * 0.5 ** 2, 5);
    expect(weighted("tilting rate", obs)).toBeCloseTo(-0.001 * (0.4 ** 2 + 0.6 ** 2), 5);
  });

  test("penalises lifted feet that touch something, not those that stand", () => {
    const pressing = (foot: number) =>
      observe(
        posture(0, 1.3),
        [0, 0, 0],
        [0, 0, 0],
        none.map((_, i) => (i === 3 * foot ? 8 : 0)),
      );
    expect([0, 1].map((foot) => weighted("lifted feet press", pressing(foot)))).toEqual([-0, -0]);
    for (const foot of [2, 3])
      expect(weighted("lifted feet press", pressing(foot))).toBeCloseTo(-(1 - Math.exp(-0.64)), 5);
    // In phase 0.25 of the gait, foot FL swings and FR stands; the rear feet have no part in it.
    const swing = (foot: number) =>
      task.rewardTerms["force in swing"].term(row(pressing(foot)), still(), context([0, 0, 0], 0.25)).dataSync()[0];
    expect(swing(0)).toBeCloseTo((1 - Math.exp(-0.64)) / 2, 2);
    for (const foot of [1, 2, 3]) expect(swing(foot)).toBeCloseTo(0, 2);
  });

  test("has a gradient that does not grow where the forward axis is vertical, nor beyond", () => {
    const velocities = (x: tf.Tensor2D) => tf.sum(headingVelocity(x).along.mul([[1, 2, 3]])) as tf.Scalar;
    const slope = (pitch: number): number => {
      const { grad } = valueAndGrad(velocities, row(observe(posture(0, pitch), [0.3, -0.2, 0.5])));
      return Math.max(...grad.dataSync().map(Math.abs));
    };
    for (const pitch of [1, 1.3734, Math.PI / 2, 2]) expect(slope(pitch), `pitch ${pitch}`).toBeLessThan(3);
  });
});

const safe = () => ({
  "contact force of base and head": tf.tensor2d([[0, 0, 0]]),
  "position of the base": tf.tensor2d([[0, 0, 2]]),
});

describe("an episode", () => {
  test("begins upright, over the front feet, which touch the ground", () => {
    const balanced = go2Bipedal(conditions.nominal);
    const environment = createEnvironment(balanced, 1, streams(1)("go2"));
    environment.reset();
    const { q, qd, context } = balanced.start();
    environment.engine.setState(0, q, qd);
    const obs = environment.engine.observe(Float32Array.from(context!));
    expect(weighted("upright", obs)).toBeCloseTo(1, 4);
    for (const height of obs.slice(64, 66)) expect(height).toBeCloseTo(0.022, 1.9);
    for (const height of obs.slice(66, 68)) expect(height).toBeGreaterThan(0.5);
    let pressed = 0;
    for (let t = 0; t < 25; t++) {
      const { terminated, reward, nextObs } = environment.step(new Float32Array(12));
      expect(terminated[0]).toBe(0);
      expect(reward[0]).toBeGreaterThan(0.5);
      pressed = Math.min(...nextObs.slice(60, 62));
    }
    expect(pressed).toBeGreaterThan(0.3);
    environment.dispose();
  });

  test("ends where a robot that nobody balances falls; 500 steps of random actions stay finite", () => {
    const environment = createEnvironment(task, 8, streams(1)("go2"));
    environment.reset();
    const stream = streams(2)("actions");
    let [ends, finite] = [0, true];
    for (let t = 0; t < 500; t++) {
      const { terminated, nextObs } = environment.step(
        Float32Array.from({ length: 8 * 12 }, () => stream.uniform(-1, 1)),
      );
      finite &&= nextObs.every(Number.isFinite);
      ends += terminated.reduce((sum, end) => sum + end, 0);
    }
    expect(finite).toBe(true);
    expect(ends).toBeGreaterThan(8);
    environment.dispose();
  });
});
