import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { check } from "@dmo-lab/input/schema";
import { tf } from "@dmo-lab/jit/tf";
import { temporaryFolder } from "../../tests/temporary.js";
import { defineTask } from "../tasks/define-task.js";
import { findTask, registerTaskFile, taskNames } from "../tasks/index.js";
import { digestOf, taskChanges, taskDigest, taskDigestSchema, type TaskDigest } from "./task-digest.js";
import type { Task } from "../tasks/task.js";
import "../../robots/index.js";

beforeAll(async () => {
  await useBackend();
});

test.each(taskNames)("the digest of %s is its own, whatever was computed before it", (name) => {
  const digest = taskDigest(findTask(name));
  expect(check(taskDigestSchema, JSON.parse(JSON.stringify(digest)))).toEqual(digest);
  const tensors = tf.memory().numTensors;
  expect(taskDigest(findTask(name))).toEqual(digest);
  expect(tf.memory().numTensors).toBe(tensors);
  const measured = Object.values({ ...digest.rewards, ...digest.ends });
  const varied = measured.filter((values) => new Set(values).size > 1);
  expect(varied.length / measured.length).toBeGreaterThan(0.5); // allegro's goal is too small a target to be met by chance
});

/** What runs of CartPole keep. */
const KEPT: TaskDigest = {
  ...{ episode: "9f775c48d35cfa53", robot: "5c053dfd17d0e2b2", observation: "2f48d196df5fd1b9", start: "72813bcd1bf9d22c" },
  rewards: {
    angle: [-5.72828, -7.02424, -7.10519, -6.22406, -6.36964, -6.7294, -6.22715, -7.225, -6.19975, -5.75168, -6.71384, -7.00866, -6.51827, -7.08538, -5.77423, -7.06482],
    poleVelocity: [-0.326655, -0.26846, -0.468361, -0.682884, -0.104363, -0.49433, -0.723075, -1.05701, -0.995762, -0.251528, -0.535086, -0.149028, -0.282184, -0.0833562, -0.539674, -0.496114],
    cartPosition: [-0.053825, -0.216724, -0.0302907, -0.155544, -0.0991245, -0.491294, -0.0644702, -0.326779, -0.159594, -0.136827, -0.207762, -0.305422, -0.020526, -0.890727, -0.193022, -0.171178],
    cartVelocity: [-0.659905, -0.596509, -0.26289, -1.06948, -0.620973, -0.331127, -0.249759, -0.244393, -0.816163, -0.615796, -0.248331, -0.306273, -0.204051, -0.507794, -0.207556, -0.72502],
  },
  ends: {},
}; // prettier-ignore

test("a digest stays what it was: with another, no run that there is could go on", () => {
  expect(taskChanges(KEPT, digestOf("cartpole"))).toEqual([]);
});

test("a task of the library is looked at once, one of a user's file every time", () => {
  const digest = digestOf("cartpole");
  expect(digest).toEqual(taskDigest(findTask("cartpole")));
  expect(digestOf("cartpole")).toBe(digest);
  registerTaskFile("mine.js", findTask("cartpole"));
  expect(digestOf("mine.js")).toEqual(digest);
  registerTaskFile("mine.js", { ...findTask("cartpole"), episodeLength: 7 });
  expect(taskChanges(digest, digestOf("mine.js"))).toEqual(["its length, floor or limits"]);
});

describe("what was edited is named", () => {
  const hopper = findTask("hopper");
  const { model, rewardTerms, ends } = hopper;
  const [[term, reward]] = Object.entries(rewardTerms);
  const [[when, end]] = Object.entries(ends!);
  const observe: Task["observe"] = (state) => hopper.observe(state).map((x, i) => (i === 3 ? 0 : x));
  const edits: [string, Partial<Task>, string][] = [
    ["a weight", { rewardTerms: { ...rewardTerms, [term]: { ...reward, weight: 1.001 * reward.weight } } }, `the reward's term "${term}"`],
    ["a term", { rewardTerms: { ...rewardTerms, [term]: { ...reward, term: (...at) => tf.relu(reward.term(...at)) } } }, `the reward's term "${term}"`],
    ["a new term", { rewardTerms: { ...rewardTerms, extra: reward } }, 'the reward\'s term "extra"'],
    ["an end", { ends: { ...ends, [when]: (obs, sensors) => end(tf.mul(obs, 1.1), sensors) } }, `the end "${when}"`],
    ["no end", { ends: {} }, `the end "${when}"`],
    ["gravity", { model: { ...model, gravity: [0, -9.8, 0] } }, "the robot"],
    ["an actuator", { model: { ...model, actuators: [...model.actuators].reverse() } }, "the robot"],
    ["an observation", { observe }, "the observation"],
    ["a unit", { observation: hopper.observation.map((row) => ({ ...row, unit: "in" })) }, "the observation"],
    ["a start", { start: () => ({ ...hopper.start(), qd: [0, 0, 0, 0, 0, 1] }) }, "the starts"],
    ["the length", { episodeLength: 999 }, "its length, floor or limits"],
    ["the floor", { rewardFloor: -1 }, "its length, floor or limits"],
    ["a limit", { stateLimit: 1e3 }, "its length, floor or limits"],
    ["a success", { success: (obs) => tf.greater(tf.sum(obs, 1), 0) }, 'the end "success"'],
    ["what happens", { between: () => ({ qd: [0, 0, 0, 0, 0, 1] }) }, "the starts"],
    ["the noise of starts", { reset: (random) => ({ ...hopper.reset(random), qd: [0, 0, 0, 0, 0, 0] }) }, "the starts"],
    ["steps of MuJoCo", { mujoco: { steps: 7 } }, "the robot"],
  ]; // prettier-ignore
  test.each(edits)("%s", (_, edit, named) => {
    expect(taskChanges(taskDigest(hopper), taskDigest(defineTask({ ...hopper, ...edit })))).toContain(named);
  });

  test("a file of MuJoCo's, by what is in it", () => {
    const folder = temporaryFolder({ "a.xml": "<mujoco/>", "b.xml": "<mujoco/>", "c.xml": "<mujoco></mujoco>" });
    const [a, b, c] = ["a", "b", "c"].map((name) => {
      const mjcf = join(folder, `${name}.xml`);
      return taskDigest(defineTask({ ...hopper, mujoco: { mjcf } })).robot;
    });
    expect(new Set([a, c, taskDigest(hopper).robot]).size).toBe(3);
    expect(b).toBe(a);
  });

  test("what episodes draw and what sensors read", () => {
    const go2 = findTask("go2");
    const { context, sensors } = go2;
    const changed = (edit: Partial<Task>) => taskChanges(taskDigest(go2), taskDigest(defineTask({ ...go2, ...edit })));
    expect(changed({ context: context!.map((row) => ({ ...row, unit: "in" })) })).toEqual(["the observation"]);
    expect(changed({ sensors: sensors!.map((row) => ({ ...row, unit: "in" })) })).toEqual(["the observation"]);
    expect(changed({})).toEqual([]);
  });

  test("by more than rounding, beside the largest number of a function", () => {
    const digest = taskDigest(hopper);
    const changed = (there: number[], here: number[]) => {
      const of = (values: number[]): TaskDigest => ({
        ...digest,
        rewards: { height: values },
        ends: { fallen: values },
      });
      return taskChanges(of(there), of(here));
    };
    const both = ['the reward\'s term "height"', 'the end "fallen"'];
    expect(changed([-10, 1], [-10, 1.0009])).toEqual([]);
    expect(changed([-10, 1], [-10, 1.0011])).toEqual(both);
    expect(changed([0, 1e4], [1, 1e4])).toEqual([]);
    expect(changed([-1e4, 0], [-1e4, 0.9])).toEqual([]);
    expect(changed([1, 2], [1, 2, 2])).toEqual(both);
    expect(changed([1, 2, 2], [1, 2])).toEqual(both);
    expect(changed([0, 0], [0, 0])).toEqual([]);
    expect(changed([], [])).toEqual([]);
  });

  test("and what a function gives that is not finite counts as 0", () => {
    const rewardTerms: Task["rewardTerms"] = { log: { weight: 1, term: (obs) => tf.log(tf.sum(obs, 1)) } };
    const values = taskDigest(defineTask({ ...hopper, rewardTerms })).rewards.log;
    expect(values.every(Number.isFinite)).toBe(true);
    expect(new Set(values).size).toBeGreaterThan(8);
  });

  test("and nothing where only looks are others, or numbers by rounding", () => {
    const { term: exact } = reward;
    const rounded: Task["rewardTerms"] = {
      ...rewardTerms,
      [term]: { ...reward, term: (...at) => tf.mul(exact(...at), 1 + 2e-6) },
    };
    const painted = { ...model, shapes: [], notes: ["painted"] };
    const same = defineTask({ ...hopper, rewardTerms: rounded, model: painted });
    expect(taskChanges(taskDigest(hopper), taskDigest(same))).toEqual([]);
  });
});
