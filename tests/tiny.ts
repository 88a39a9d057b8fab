// Runs in which an epoch takes a moment, of every algorithm, for tests.
import { expect } from "vitest";
import "../baselines/index.js";
import type { Learner } from "../lib/algorithms/learner.js";
import type { ConfigOf } from "../lib/training/algorithms.js";
import { resolveConfig, type RunConfig } from "../lib/training/config.js";
import type { Row } from "../lib/training/metrics.js";
import { settingsOf } from "@dmo-lab/input/configuration";

/** Settings of whichever algorithm has them. */
const TINY: { [path: string]: string | number } = {
  envs: 8,
  horizon: 8,
  evaluationEpisodes: 3,
  "actor.hidden": 16,
  "critic.hidden": 16,
  "critic.iterations": 2,
  "dynamics.hidden": "16,16",
  "dynamics.updates": 3,
  "dynamics.initialUpdates": 5,
  "dynamics.minReplay": 64,
  "dynamics.batch": 32,
  "dynamics.replayCapacity": 300,
  "ppo.hidden": 16,
  "replay.capacity": 300,
  "replay.initial": 64,
  "replay.batch": 32,
  "imagination.models": 2,
  "imagination.robots": 8,
};

/** CartPole in small networks and a replay buffer that is soon full. */
export function tinyConfig<A extends string>(algorithm: A, epochs: number, ...more: string[]): RunConfig<ConfigOf<A>> {
  const known = new Map(settingsOf(resolveConfig("cartpole", algorithm, 1)));
  const tiny = Object.entries(TINY).flatMap(([path, value]) => (known.has(path) ? [`${path}=${value}`] : []));
  return resolveConfig("cartpole", algorithm, 1, [...tiny, `epochs=${epochs}`, ...more]);
}

/** Runs these epochs, and asserts that they changed what the actor makes of every single number that it sees. */
export function expectInputsLearned(learner: Learner, epochs: readonly number[]): void {
  const weights = () => learner.policy().actor["layer0.weight"].arraySync() as number[][];
  const before = weights();
  for (const epoch of epochs) learner.epoch(epoch);
  const after = weights();
  expect(after.length).toBe(before.length);
  after.forEach((row, input) => expect(row, `weights of input ${input}`).not.toEqual(before[input]));
}

/** Rows without the columns that depend on clock and machine. */
export const withoutClock = (rows: readonly Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !/_(seconds|per_second|bytes)$/.test(name))),
  );
