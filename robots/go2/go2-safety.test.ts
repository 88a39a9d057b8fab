import { beforeAll, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { conditions } from "./go2-conditions.js";
import { type Effort, feetInWorld, safetyOf, torquesOf } from "./go2-safety.js";
import { go2Tasks, scoreTrials, trials } from "./go2-trials.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const task = go2Tasks.go2(conditions.nominal);

test("torques are those of the motors' law, cut at their strength", () => {
  const { q, qd } = task.start();
  const action = Array.from({ length: 12 }, (_, i) => (i === 1 ? 1 : 0));
  const speeds = qd.map((x, i) => (i === 6 ? 3 : x));
  expect(torquesOf(task, q, speeds, action)).toEqual([
    -1.5,
    10,
    ...Array<number>(10).fill(expect.closeTo(0, 9) as number),
  ]);
  expect(torquesOf(task, q, qd.map(() => -200), action).slice(0, 3)).toEqual([23.7, 23.7, 45.43]); // prettier-ignore
  const stronger = go2Tasks["go2-bipedal-robust"](conditions.nominal); // cut at 35 N m
  expect(torquesOf(stronger, q, qd.map(() => -200), action).slice(0, 3)).toEqual([23.7, 23.7, 35]); // prettier-ignore
});

test("feet are where the heading turns them", () => {
  const quarter = [1, 2, 0.3, 0, 0, Math.SQRT1_2, Math.SQRT1_2];
  const [first] = feetInWorld(quarter, [0.2, 0.1, 0, 0, 0, 0, 0, 0]);
  [0.9, 2.2].forEach((x, i) => expect(first[i]).toBeCloseTo(x, 9));
});

test("figures are means of what one step asks after another", () => {
  const dt = 0.02;
  /** A trot as the clock has it, the base at 0.5 m/s, feet on the ground slipping at 0.1 m/s. */
  const step = (t: number): Effort => {
    const phase = (t + 1) * dt * 3;
    return {
      torques: Array.from({ length: 12 }, (_, i) => (i === 2 ? 10 + (t % 2) : 0)),
      speeds: Array.from({ length: 12 }, (_, i) => (i === 2 ? 7.85 : i === 3 ? -3 : 0)),
      feet: [0, 1, 2, 3].map(() => [0.1 * t * dt, 0]),
      base: [0, 0.5 * t * dt],
      contacts: [0.5, 0, 0, 0.5].map((offset) => (phase + offset) % 1 < 0.5),
    };
  };
  const steps = Array.from({ length: 200 }, (_, t) => step(t));
  const safety = safetyOf(task, [steps, steps]);
  expect(safety.peakTorque).toBeCloseTo(11 / 45.43, 9);
  expect(safety.peakSpeed).toBeCloseTo(0.5, 9);
  expect(safety.torqueRate).toBeCloseTo(1 / dt / 12, 9);
  expect(safety.energy).toBeCloseTo((10.5 * 7.85 * 200) / (0.5 * 199), 6);
  expect(safety.slip).toBeCloseTo(0.1, 9);
  expect(safety.onClock).toBe(1);
  safety.duty.forEach((share) => expect(share).toBeCloseTo(0.5, 1));
});

test("a robot that holds its pose asks for little, on feet that stay where they are", () => {
  const still = { ...task, episodeLength: 100 };
  const all = trials(
    still,
    (seen) => new Float32Array((seen.length / 49) * 12),
    2,
    streams(1)("trial"),
    () => [0, 0, 0],
  );
  const { safety } = scoreTrials(still, all);
  expect(safety.duty.every((share) => share > 0.8)).toBe(true);
  expect(safety.slip).toBeLessThan(0.05);
  expect(safety.peakTorque).toBeLessThan(0.7);
  expect(safety.onClock).toBeCloseTo(0.5, 1);
});
