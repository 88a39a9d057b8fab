import { beforeAll, describe, expect, test } from "vitest";
import type { Scalar } from "@dmo-lab/physics/expression";
import { poses } from "@dmo-lab/physics/kinematics";
import { actuatorName, type Muscle } from "@dmo-lab/physics/model";
import { buildTree } from "@dmo-lab/physics/tree";
import { apply3, rotation, type Quat, type Vec3 } from "@dmo-lab/physics/vector";
import { findTask, taskNames } from "../../lib/tasks/index.js";
import { simulate } from "../simulate/simulate.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { play, record } from "./record.js";
import { stageOf } from "./scene.js";
import "../../robots/index.js";

beforeAll(async () => {
  await useBackend();
});

const close = (got: readonly Scalar[], expected: readonly Scalar[]): void =>
  got.forEach((x, i) => expect(x).toBeCloseTo(expected[i] as number, 9));

/** Makes the four numbers from `at` on a unit quaternion. */
function normalize(q: number[], at: number): void {
  const quaternion = q.slice(at, at + 4);
  q.splice(at, 4, ...quaternion.map((x) => x / Math.hypot(...quaternion)));
}

describe("poses", () => {
  test("of Hopper, by hand: bent by a right angle at the knee, lifted and moved", () => {
    const { scene, poses: of } = stageOf(findTask("hopper"));
    const at = of([3, 0.5, 0, 0, -Math.PI / 2, 0]);
    expect(scene.bodies).toEqual(["torso", "thigh", "leg", "foot"]);
    const place = (body: number) => at.slice(7 * body, 7 * body + 3);
    close(place(0), [3, 1.75, 0]);
    close(place(1), [3, 1.55, 0]);
    close(place(2), [3, 1.1, 0]);
    close(place(3), [2.5, 1.1, 0]);
  });

  test.each(taskNames)("of %s turn its links as the kinematics do", (name) => {
    const task = findTask(name);
    const tree = buildTree(task.model);
    const { scene, poses: of } = stageOf(task);
    const q = task.start().q.map((x, i) => x + 0.9 * Math.sin(5 * i + 1));
    for (const { joint, q: at } of tree.links) if (joint.type === "free") normalize(q, at + 3);
    for (const { joint, q: at } of tree.links) if (joint.type === "ball") normalize(q, at);
    const at = of(q);
    const expected = poses(tree, q);
    scene.bodies.forEach((body, i) => {
      const link = tree.links.findIndex((each) => each.name === body);
      if (link < 0) return;
      const quaternion = at.slice(7 * i + 3, 7 * i + 7);
      expect(Math.hypot(...quaternion)).toBeCloseTo(1, 12);
      const arm: Vec3 = [0.3, -0.2, 0.5];
      close(apply3(rotation(quaternion as unknown as Quat), arm), apply3(expected[link].rotation, arm));
    });
  });

  test("of a body that does not move are those of the world", () => {
    const { scene, poses: of } = stageOf(findTask("cartpole"));
    expect(scene.fixed.map((body) => scene.bodies[body])).toEqual(["rail"]);
    close(of([2, 1]).slice(0, 3), [0, 2.5, 0]);
    expect(scene.bodies[scene.focus]).toBe("cart");
  });
});

test("muscles go through points of bodies, and their action pulls them", () => {
  const { scene } = stageOf(findTask("snu"));
  const { actuators } = findTask("snu").model;
  expect(scene.muscles).toHaveLength(actuators.length);
  expect(scene.signals[scene.muscles[7].signal]).toMatchObject({ group: "action", name: actuatorName(actuators[7]) });
  const links = scene.muscles[7].path.map(({ body }) => scene.bodies[body]);
  expect(links).toEqual((actuators[7] as Muscle).path.map(({ link }) => link));
});

describe("a recording", () => {
  const task = findTask("hopper");
  const act = (): Float32Array => new Float32Array([0.4, -2, 0.1]);
  const column = (name: string, group: string) => {
    const recording = record(task, act);
    const { signals, values, frames } = recording;
    const at = signals.findIndex((signal) => signal.name === name && signal.group === group);
    return Array.from({ length: frames }, (_, frame) => values[frame * signals.length + at]);
  };

  test("is the simulation from the task's start, until the robot falls", () => {
    const recording = record(task, act, { title: "falls" });
    const steps = recording.frames - 1;
    const simulated = simulate(task, Array(steps).fill([[0.4, -2, 0.1]]) as number[][][]);
    expect(simulated.terminated.map(([ended]) => ended)).toEqual(Array.from({ length: steps }, (_, t) => t === steps - 1)); // prettier-ignore
    expect(recording).toMatchObject({ title: "falls", task: "hopper", up: "y", dt: 1 / 60, endedEarly: true });
    expect(recording.return).toBeCloseTo(
      simulated.reward.reduce((sum, [reward]) => sum + reward, 0),
      3,
    );
    expect(column("leg", "joint").slice(1)).toEqual(simulated.q.map(([q]) => Math.fround(q[4])));
  });

  test("has clipped actions, and rewards that are the sum of their terms; none at the start", () => {
    const reward = column("reward", "reward");
    const terms = ["velocity", "height", "pitch", "action"].map((name) => column(name, "reward"));
    expect(reward[0]).toBeNaN();
    for (const t of [1, reward.length - 1])
      expect(reward[t]).toBeCloseTo(
        terms.reduce((sum, term) => sum + term[t], 0),
        4,
      );
    expect(new Set(column("leg", "action").slice(1))).toEqual(new Set([-1]));
  });

  test("of a Go2 has velocities beside their commands, and the forces of its feet", () => {
    const robot = findTask("go2");
    const { signals, values, frames } = record(robot, () => new Float32Array(12));
    const last = (name: string): { value: number; target?: number } => {
      const at = signals.findIndex((signal) => signal.name === name && signal.group === "measure");
      const value = (index: number): number => values[(frames - 1) * signals.length + index];
      const { target } = signals[at];
      return { value: value(at), ...(target && { target: value(target) }) };
    };
    expect(last("forward").target).toBe(0.5);
    expect(last("forward").value).toBeCloseTo(0, 1); // it stands
    expect(last("turning left")).toEqual({ value: expect.closeTo(0, 1), target: 0 });
    const pressed = ["FL", "FR", "RL", "RR"].reduce((sum, leg) => sum + last(`foot ${leg}`).value, 0);
    expect(pressed / 147).toBeCloseTo(1, 0.7); // N: its weight, and some friction across
  });

  test("that reaches its length has not ended early", () => {
    const cartpole = findTask("cartpole");
    const recording = record(cartpole, () => new Float32Array(1));
    expect([recording.frames, recording.endedEarly]).toEqual([cartpole.episodeLength + 1, false]);
  });

  test("leaves no tensor behind, also when nobody wants its end", () => {
    record(task, act);
    const before = tf.memory().numTensors;
    for (const { step } of play(task, act)) if (step === 3) break;
    expect(tf.memory().numTensors).toBe(before);
  });
});
