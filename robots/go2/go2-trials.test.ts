import { beforeAll, expect, test } from "vitest";
import { runHere } from "../../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { conditions } from "./go2-conditions.js";
import { type Commands, type Moment, type Trial, go2Tasks, scoreTrials, trials } from "./go2-trials.js";

beforeAll(async () => {
  await useBackend();
});

const still = (seen: Float32Array): Float32Array => new Float32Array((seen.length / 49) * 12);

test("a robot that holds its pose stands on four feet, and misses its commands by what they are", () => {
  const task = { ...go2Tasks.go2(conditions.nominal), episodeLength: 100 };
  const commands: Commands = (seconds) => (seconds < 1 ? [0.4, 0, 0] : [0, -0.3, 0.8]);
  const [trial] = trials(task, still, 1, streams(1)("trial"), commands);
  expect(trial).toMatchObject({ fell: false });
  expect(trial.moments).toHaveLength(100);
  expect(trial.moments[0].q.slice(0, 3)).toEqual([0, 0, 0.34].map(Math.fround));
  expect(trial.moments[49].commanded).toEqual([0.4, 0, 0].map(Math.fround));
  expect(trial.moments[50].commanded).toEqual([0, -0.3, 0.8].map(Math.fround));
  const late = trial.moments.slice(60);
  expect(late.every(({ contacts }) => contacts.every(Boolean))).toBe(true);
  late.forEach(({ actual }) => actual.forEach((v) => expect(Math.abs(v)).toBeLessThan(0.1)));
  const { errors, standing, falls } = scoreTrials(task, [trial]);
  // Half of the time 0.4 m/s, 0.3 m/s to the right and 0.8 rad/s were wanted; the rest is of the landing.
  [0.2, 0.15, 0.4].forEach((missed, k) => expect(Math.abs(errors[k] - missed)).toBeLessThan(0.1));
  expect([standing, falls]).toEqual([0, 0]);
});

test("a robot that can't balance on two feet falls, and stood until then", () => {
  const task = go2Tasks["go2-bipedal"](conditions.nominal);
  const all = trials(task, still, 3, streams(1)("trial"));
  const { falls, standing } = scoreTrials(task, all);
  expect(falls).toBe(3);
  const steps = all.map(({ moments }) => moments.length);
  expect(Math.max(...steps)).toBeLessThan(300);
  expect(standing).toBeGreaterThan(0.02);
  expect(standing).toBeLessThanOrEqual(steps.reduce((a, b) => a + b) / 3 / 499);
  all.forEach(({ moments }) => expect(moments[5].contacts.slice(2)).toEqual([false, false]));
});

test("errors are those of the steps, and of velocities averaged over a period", () => {
  const moment = (t: number): Moment => ({
    commanded: [0.5, 0, 0],
    actual: [0.5 + (t % 2 ? 0.1 : -0.1), 0.2, 0],
    contacts: [],
    upright: t < 40 ? 0.95 : 0.85,
    q: [],
    effort: { torques: [], speeds: [], feet: [], base: [0, 0], contacts: [] },
  });
  const trial: Trial = { moments: Array.from({ length: 60 }, (_, t) => moment(t)), return: 3, fell: true };
  const score = scoreTrials({ ...go2Tasks.go2(), episodeLength: 80 }, [trial, { ...trial, return: 5, fell: false }]);
  expect(score).toMatchObject({ episodes: 2, falls: 1, standing: 0.5, return: 4 });
  expect(score.errors[0]).toBeCloseTo(0.1, 9);
  expect(score.errors[1]).toBeCloseTo(0.2, 9);
  expect(score.smoothErrors[0]).toBeLessThan(0.02);
  expect(score.smoothErrors[1]).toBeCloseTo(0.2, 9);
});

test("the command refuses what is no policy of a Go2", async () => {
  const hopper = await runHere("trials", "data/policies/hopper-40-epochs.json");
  expect(hopper).toMatchObject({ code: 2 });
  expect(hopper.stderr).toMatch(
    /is one of hopper; allowed: go2, go2-robust, go2-robust-no-memory, go2-bipedal, go2-bipedal-robust/,
  );
  expect((await runHere("trials", "x.json", "--out", "table.csv")).stderr).toMatch(/allowed: a file named .json/);
});
