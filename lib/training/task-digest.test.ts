import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { check } from "@dmo-lab/input/schema";
import { tf } from "@dmo-lab/jit/tf";
import { defineTask } from "../tasks/define-task.js";
import { findTask, taskNames } from "../tasks/index.js";
import { taskChanges, taskDigest, taskDigestSchema } from "./task-digest.js";
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
  ]; // prettier-ignore
  test.each(edits)("%s", (_, edit, named) => {
    expect(taskChanges(taskDigest(hopper), taskDigest(defineTask({ ...hopper, ...edit })))).toContain(named);
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
