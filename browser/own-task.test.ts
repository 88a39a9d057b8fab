import { parseModel } from "@dmo-lab/mujoco/mjcf";
import { useBackend } from "@dmo-lab/jit/backend";
import { beforeAll, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { registerTasks } from "../lib/tasks/index.js";
import { resolveConfig } from "../lib/training/config.js";
import { Training } from "../lib/training/train.js";
import { OWN } from "./experiment.js";
import { ownTask } from "./own-task.js";

beforeAll(() => useBackend("wasm"));

const taskOf = async (file: string, height = 0) =>
  ownTask({ model: await parseModel(readFileSync(file, "utf8"), file, { contactBetweenBodies: "ignore" }), height });

test("a robot on a course is asked for a speed, and falls when its root leans", async () => {
  const task = await taskOf("examples/balancer.xml");
  expect(task.observation.map(({ name }) => name)).toEqual([
    ...["body/x: rate", "body/z: position", "body/z: rate", "body: position", "body: rate"],
    ...["wheel: position", "wheel: rate"],
  ]);
  expect(Object.keys(task.rewardTerms)).toEqual(["going", "lean", "speed", "action"]);
  expect(Object.keys(task.ends!)).toEqual(["fallen"]);
});

test("a robot that moves freely starts at the height of its file, and stands", async () => {
  const task = await taskOf("data/models/ant.xml", 0.75);
  expect(task.start().q.slice(0, 7)).toEqual([0, 0, 0.75, 0, 0, 0, 1]);
  expect(Object.keys(task.rewardTerms)).toEqual(["going", "pose", "upright", "height", "speed", "action"]);
});

test("such a task is learned from as others are", async () => {
  const task = await taskOf("examples/balancer.xml");
  registerTasks({ [OWN]: () => task });
  const set = ["preset=laptop", "dynamics.hidden=16,16", "dynamics.initialUpdates=5", "dynamics.updates=2", "epochs=2"];
  const training = new Training(resolveConfig(OWN, "dmo", 1, set));
  const losses: number[] = [];
  for await (const row of training.rows()) losses.push(row.actor_loss!);
  expect(losses.every(Number.isFinite)).toBe(true);
  training.dispose();
});
