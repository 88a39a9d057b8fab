import { expect, test } from "vitest";
import { findTask, taskNames } from "../lib/tasks/index.js";
import { runHere } from "../tests/command-line.js";
import "../robots/index.js";
import { parseModel } from "@dmo-lab/mujoco/mjcf";
import type { Scalar } from "@dmo-lab/physics/expression";
import { tf } from "@dmo-lab/jit/tf";
import { defineTask } from "../lib/tasks/define-task.js";
import { describeTask } from "./task-text.js";

test("lists every task with its sizes", async () => {
  const { code, stdout } = await runHere("tasks");
  expect(code).toBe(0);
  const rows = stdout.trimEnd().split("\n").slice(1);
  expect(rows.map((row) => row.split(/ +/).slice(0, 3))).toEqual(
    taskNames.map((name) => [name, String(findTask(name).observationSize), String(findTask(name).actionSize)]),
  );
});

test.each(taskNames)("%s: the observation table covers every component once, in order", async (name) => {
  const { stdout } = await runHere("tasks", name);
  const section = /^Observation\n.*\n((?: .*\n)*)/m.exec(stdout)![1];
  let next = 0;
  for (const [, first, last] of section.matchAll(/^ {2}(\d+)(?:-(\d+))? /gm)) {
    expect(Number(first)).toBe(next);
    next = Number(last ?? first) + 1;
  }
  expect(next).toBe(findTask(name).observationSize);
});

test("what the preset laptop changes is printed beside the official settings", async () => {
  const { stdout } = await runHere("tasks", "hopper");
  expect(stdout).toMatch(/^Preset laptop of dmo.*\n {2}setting +laptop +official$/m);
  expect(stdout).toMatch(/^ {2}dynamics.prediction +kinematic +residual$/m);
  expect(stdout).not.toContain("Preset laptop of ppo");
  expect((await runHere("tasks", "go2")).stdout).toMatch(/^ {2}rewardBonus +3 +none$/m);
});

test("go2's conditions, what its actor sees and its motors are printed as they are used", async () => {
  const { stdout } = await runHere("tasks", "go2");
  expect(stdout).toContain("observation 68 (the actor sees 49)");
  expect(stdout).toMatch(/^ {2}0-2 +base velocity +0\.5 m\/s +no$/m);
  expect(stdout).toMatch(/^ {2}4 +ground friction +1 +0\.5 to 1\.25$/m);
  expect(stdout).toMatch(/^ {2}3 +phase +1 +advances by 3 a second/m);
  expect(stdout).toContain("Reward: the sum of weight x term, at least 0");
  expect(stdout).toMatch(/^ {2}12-14 +contact force of base and head +N$/m);
  expect(stdout).toMatch(/^ {2}steps +1\/200 s, 4 in a control step/m);
  expect(stdout).toMatch(/^ {2}motors +20 N m\/rad \* \(rest \+ 0\.5 rad \* action - q\) - 0\.5 N m s\/rad/m);
});

test("hopper's physics is printed as it is computed", async () => {
  const { stdout } = await runHere("tasks", "hopper");
  expect(stdout).toMatch(/^ {2}steps +1\/960 s, 16 in a control step/m);
  expect(stdout).toMatch(/^ {2}steps +1\/240 s, 4 in a control step; Euler/m);
  expect(stdout).toMatch(/ground +20000 +1000 +1000 +0\.9 +8/);
  expect(stdout).toMatch(/^ {2}0 +thigh +200$/m);
  for (const [name, { weight }] of Object.entries(findTask("hopper").rewardTerms))
    expect(stdout).toMatch(new RegExp(`^  ${weight} +${name}$`, "m"));
});

test("an action is called what the actuator's control is", async () => {
  const model = await parseModel(
    `<mujoco><option integrator="RK4"/><worldbody><body><joint name="knee" axis="0 1 0"/><geom size=".1"/></body></worldbody>
     <actuator><position name="servo" joint="knee" kp="50" ctrlrange="-2 1"/></actuator></mujoco>`,
    "leg.xml",
    { mujocoOnly: true },
  );
  const state = () => ({ q: [0], qd: [0] });
  const observation = [{ name: "angle", size: 1, unit: "rad" }];
  const rewardTerms = { none: { weight: 1, term: (obs: tf.Tensor2D) => tf.sum(obs, 1) } };
  const observe = ({ q }: { q: readonly Scalar[] }) => [...q];
  const functions = { observe, start: state, reset: state };
  const text = describeTask(
    defineTask({ name: "leg", model, episodeLength: 5, observation, rewardTerms, ...functions }),
  );
  expect(text).toMatch(/^ {2}0 +servo +target angle of joint knee +-2 +1 +rad$/m);
  expect(text).not.toContain("N m");
});
