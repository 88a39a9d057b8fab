import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../tensor/backend.js";
import { tf } from "../tensor/tf.js";
import { algorithmNames } from "./algorithms.js";
import { resolveConfig } from "./config.js";
import type { Row } from "./metrics.js";
import { evaluatePolicy, Training } from "./train.js";

beforeAll(async () => {
  await useBackend();
});

/** Small settings in which an epoch takes a fraction of a second. */
const SMALL = ["envs=16", "horizon=16", "evaluationEpisodes=16"];
const SMALL_MODEL = ["hidden=32,32", "updates=8", "initialUpdates=40", "minReplay=256", "batch=64"];

function configure(algorithm: string, seed: number, epochs: number, ...more: string[]) {
  const config = resolveConfig("cartpole", algorithm, seed);
  const model = "dynamics" in config ? [...SMALL_MODEL, "replayCapacity=20000"].map((s) => `dynamics.${s}`) : [];
  return resolveConfig("cartpole", algorithm, seed, [...SMALL, ...model, `epochs=${epochs}`, ...more]);
}

async function run(training: Training): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of training.rows()) rows.push(row);
  return rows;
}

const withoutClock = (rows: Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !/_(seconds|per_second|bytes)$/.test(name))),
  );

describe.each(algorithmNames)("%s", (algorithm) => {
  it("gives the same rows for the same seed, others for another, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const runs = [];
    for (const seed of [1, 1, 2]) {
      const training = new Training(configure(algorithm, seed, 3));
      runs.push(withoutClock(await run(training)));
      training.dispose();
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0][1].actor_loss).not.toBe(runs[2][1].actor_loss);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("holds as many tensors after an epoch as before it", async () => {
    const training = new Training(configure(algorithm, 1, 3));
    const counts: number[] = [];
    for await (const _ of training.rows()) counts.push(tf.memory().numTensors);
    expect(counts[2]).toBe(counts[1]);
    training.dispose();
  });
});

it("SHAC learns to swing CartPole up in part within seconds", async () => {
  const training = new Training(configure("shac", 1, 60, "horizon=32", "envs=64"));
  const untrained = evaluatePolicy(training.policy(), 16, 0).mean;
  await run(training);
  const trained = evaluatePolicy(training.policy(), 16, 0).mean;
  expect(trained).toBeGreaterThan(0.65 * untrained); // returns are negative: a third of the cost is gone
  training.dispose();
});
