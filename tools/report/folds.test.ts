// Whatever runs a task takes the same step: the same start and actions give the same rewards, ends and returns.
import { beforeAll, expect, test } from "vitest";
import type { Step } from "../../lib/tasks/environment.js";
import { conditions } from "../../robots/go2/go2-conditions.js";
import { trials } from "../../robots/go2/go2-trials.js";
import { go2 } from "../../robots/go2/go2.js";
import { hopper } from "../../lib/tasks/hopper.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import { simulate } from "../simulate/simulate.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import type { Task, TaskDefinition } from "../../lib/tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { evaluate } from "../../lib/training/evaluate.js";
import type { Policy } from "../../lib/training/policy.js";
import { record } from "./record.js";

const robot = go2(conditions.nominal);
const STEPS = 40;
/** A Go2 whose rewards are floored, raised in training, and whose episode ends as lost where a foot presses hard. */
const task = (changes: Partial<TaskDefinition> = {}) => {
  const fixed = { reset: () => robot.start(), between: undefined, episodeLength: STEPS };
  return defineTask({ ...robot, ...fixed, rewardBonus: 3, stateLimit: 110, ...changes });
};
const actions = Array.from({ length: STEPS }, (_, t) =>
  Float32Array.from({ length: 12 }, (_, i) => (t < 8 ? 0 : 1.2 * Math.sin(0.9 * t + i))),
);
/** Plays the actions, in as many environments as it is asked for. */
const player = () => {
  let t = 0;
  return (seen: Float32Array): Float32Array => {
    const envs = seen.length / 49;
    const action = actions[t++];
    return Float32Array.from({ length: envs * 12 }, (_, i) => action[i % 12]);
  };
};
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The steps of one environment up to the end of its episode. */
function stepsOf(of: Task): Step[] {
  const environment = createEnvironment(of, 1, streams(0)("steps"));
  const act = player();
  environment.reset();
  const steps = [environment.step(act(environment.seen))];
  while (!steps.at(-1)!.ended[0]) steps.push(environment.step(act(environment.seen)));
  environment.dispose();
  return steps;
}

let steps: Step[];
let earned: number[];
beforeAll(async () => {
  await useBackend();
  steps = stepsOf(task());
  earned = steps.map((step) => step.earned[0]);
});

test("the episode has rewards at the floor and above it, a bonus, and ends beyond the state's limit", () => {
  const last = steps.at(-1)!;
  expect(steps.length).toBeLessThan(STEPS);
  expect([last.lost[0], last.terminated[0], last.truncated[0], last.ended[0]]).toEqual([1, 1, 0, 1]);
  expect([last.reward[0], last.earned[0], ...last.nextObs]).toEqual(Array(70).fill(0));
  const rewards = steps.map(({ reward }) => reward[0]);
  expect(rewards.some((r, t) => r > 0 && earned[t] === 0)).toBe(true);
  expect(rewards.some((r, t) => earned[t] > 0 && Math.abs(r - earned[t] - 3) < 1e-5)).toBe(true);
});

test("what was earned is the reward without the bonus", () => {
  expect(stepsOf(task({ rewardBonus: undefined })).map(({ reward }) => reward[0])).toEqual(earned);
});

test("a simulation takes these steps", () => {
  const simulated = simulate(task(), actions.slice(0, steps.length).map((row) => [[...row]])); // prettier-ignore
  expect(simulated.reward.flat()).toEqual(steps.map(({ reward }) => reward[0]));
  expect(simulated.terminated.flat()).toEqual(steps.map(({ terminated }) => terminated[0] === 1));
  expect(simulated.obs.map(([obs]) => obs)).toEqual(steps.map(({ nextObs }) => [...nextObs]));
  expect(simulated.q.map(([q]) => q)).toEqual(steps.map(({ state }) => [...state.q]));
});

test("a recording shows what was earned, and ends with them", () => {
  const recording = record(task(), player());
  const at = recording.signals.findIndex(({ group }) => group === "reward");
  const shown = Array.from({ length: recording.frames }, (_, t) => recording.values[t * recording.signals.length + at]);
  expect(shown.slice(1)).toEqual(earned.slice(0, -1)); // there is nothing to show of a lost state
  expect([recording.return, recording.endedEarly]).toEqual([sum(earned), true]);
});

test("trials count what was earned", () => {
  for (const trial of trials(task(), player(), 2, streams(0)("trials"))) {
    expect([trial.moments.length, trial.return, trial.fell]).toEqual([steps.length, sum(earned), true]);
    expect(trial.moments.slice(1).map(({ q }) => q)).toEqual(steps.slice(0, -1).map(({ state }) => [...state.q]));
  }
});

test("an evaluation counts what was earned, in every environment", () => {
  const environment = createEnvironment(task(), 2, streams(0)("evaluation"));
  const { returns } = evaluate({ act: player() } as unknown as Policy, environment);
  expect(returns).toEqual([sum(earned), sum(earned)]);
  environment.dispose();
});

test("a lost state is rewarded with 0, and has no part in the gradient of a simulation", () => {
  const given = [0.3, -0.2, 0.1].map((a) => [[a, -a, a]]);
  const [free, lost] = [1e6, 1e-6].map((stateLimit) =>
    simulate(defineTask({ ...hopper(), stateLimit }), given, { gradient: true }),
  );
  expect(lost.q).toEqual(free.q);
  expect(free.terminated.flat()).toEqual([false, false, false]);
  expect([lost.terminated.flat(), lost.reward.flat()]).toEqual([[true, true, true], [0, 0, 0]]); // prettier-ignore
  expect(Math.max(...free.gradient!.flat(2).map(Math.abs))).toBeGreaterThan(0.1);
  expect(Math.max(...lost.gradient!.flat(2).map(Math.abs))).toBe(0);
});
