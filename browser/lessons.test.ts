import { useBackend } from "@dmo-lab/jit/backend";
import { expect, test } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import type { Row } from "../lib/training/metrics.js";
import { Training } from "../lib/training/train.js";
import { addressOf } from "./experiment.js";
import { bestOf, LESSONS, outcomes, runsOf } from "./lessons.js";

test("every run of a lesson is one that can be trained, and arms differ by what the lesson asks about alone", () => {
  for (const lesson of Object.values(LESSONS))
    for (const { task, method, seed, set } of runsOf(lesson))
      expect(resolveConfig(task, method, seed, set).task).toBe(task);
  const samples = runsOf(LESSONS.horizon).map(({ task, method, seed, set }) => {
    const { envs, horizon } = resolveConfig(task, method, seed, set);
    return envs * horizon;
  });
  expect(new Set(samples)).toEqual(new Set([2048]));
  expect(samples).toHaveLength(9);
  expect(runsOf(LESSONS.forward)).toHaveLength(3); // both arms are columns of one run
});

test("after its epochs every horizon of the first lesson has a return", async () => {
  await useBackend();
  const lesson = LESSONS.horizon;
  for (const run of runsOf(lesson).slice(0, lesson.arms.length)) {
    const training = new Training(
      resolveConfig(run.task, run.method, run.seed, [...run.set, `epochs=${lesson.epochs}`]),
    );
    const rows: Row[] = [];
    for await (const row of training.rows()) rows.push(row);
    training.dispose();
    const told = outcomes(lesson, new Map([[addressOf(run), rows]])).flatMap(({ values }) => values);
    expect(told).toEqual([rows.at(-1)!.deterministic_return]);
    expect(told[0]).toBeLessThan(0);
  }
});

test("what counts is the late half of a run, and seeds that did not run have no value", () => {
  const [first] = runsOf(LESSONS.forward);
  const rows = [0.1, 0.2, 0.8, 0.6].map((dmo_cosine, epoch) => ({
    epoch,
    dmo_cosine,
    imagination_cosine: 0.5,
  })) as Row[];
  const [dmo, imagination] = outcomes(LESSONS.forward, new Map([[addressOf(first), rows]]));
  expect(dmo.values).toEqual([0.7]);
  expect(imagination.values).toEqual([0.5]);
});

test("an arm is best where its worst seed beats the best of all others, and else it is undecided", () => {
  const arms = (...values: number[][]) => values.map((each, i) => ({ name: String(i), values: each }));
  expect(bestOf(arms([1, 2], [3, 4], [0, 2.9]))?.name).toBe("1");
  expect(bestOf(arms([1, 3.1], [3, 4]))).toBeUndefined();
  expect(bestOf(arms([3, 3], [3, 3]))).toBeUndefined();
});
