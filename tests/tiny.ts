// Runs in which an epoch takes a moment, of every algorithm, for tests.
import { resolveConfig, type RunConfig } from "../lib/training/config.js";
import type { Row } from "../lib/training/metrics.js";

const TINY = ["envs=8", "horizon=8", "evaluationEpisodes=3", "actor.hidden=16"];
const CRITIC = ["hidden=16", "iterations=2"];
const DYNAMICS = ["hidden=16,16", "updates=3", "initialUpdates=5", "minReplay=64", "batch=32", "replayCapacity=300"];

/** CartPole in small networks and a replay buffer that is soon full. */
export function tinyConfig(algorithm: string, epochs: number, ...more: string[]): RunConfig {
  const { critic, dynamics } = resolveConfig("cartpole", algorithm, 1);
  const sections = [
    ...(critic ? CRITIC.map((setting) => `critic.${setting}`) : []),
    ...(dynamics ? DYNAMICS.map((setting) => `dynamics.${setting}`) : []),
  ];
  return resolveConfig("cartpole", algorithm, 1, [...TINY, ...sections, `epochs=${epochs}`, ...more]);
}

/** Rows without the columns that depend on clock and machine. */
export const withoutClock = (rows: readonly Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !/_(seconds|per_second|bytes)$/.test(name))),
  );
