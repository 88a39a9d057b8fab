import { beforeAll, describe, expect, it } from "vitest";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import "../../baselines/index.js";
import { algorithmNames } from "./algorithms.js";
import { resolveConfig } from "./config.js";
import type { Row } from "./metrics.js";
import { evaluatePolicy, Training } from "./train.js";

beforeAll(async () => {
  await useBackend();
});

async function run(training: Training): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of training.rows()) rows.push(row);
  return rows;
}

describe.each(algorithmNames)("%s", (algorithm) => {
  it("gives the same rows for the same seed, others for another, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const runs = [];
    for (const seed of [1, 1, 2]) {
      const training = new Training({ ...tinyConfig(algorithm, 3), seed });
      runs.push(withoutClock(await run(training)));
      training.dispose();
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0][1].actor_loss).not.toBe(runs[2][1].actor_loss);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("holds as many tensors after an epoch as before it", async () => {
    const training = new Training(tinyConfig(algorithm, 3));
    const counts: number[] = [];
    for await (const _ of training.rows()) counts.push(tf.memory().numTensors);
    expect(counts[2]).toBe(counts[1]);
    training.dispose();
  });
});

it.each(["dmo", "imagination"])("%s with a recurrent model leaves no tensor behind", async (algorithm) => {
  const recurrent = ["recurrent.width=8", "recurrent.sequence=5", "batch=6"].map((s) => `dynamics.${s}`);
  const before = tf.memory().numTensors;
  const training = new Training(tinyConfig(algorithm, 3, ...recurrent));
  const counts: number[] = [];
  for await (const _ of training.rows()) counts.push(tf.memory().numTensors);
  training.dispose();
  expect([counts[2], tf.memory().numTensors]).toEqual([counts[1], before]);
});

const offPolicy = ["gamma=0.95", "critic.tau=0.02", "replay.batch=256", "replay.initial=1024", "horizon=16"];
const rate = (value: number) => ["actor", "critic"].map((part) => `${part}.learningRate=${value}`);
const imagination = ["imagination.models=2", "imagination.steps=5"];

/** Returns are negative: this fraction of the untrained policy's cost is left at most. */
const left: [algorithm: string, cost: number, settings: string[]][] = [
  ["shac", 0.65, ["horizon=32", "envs=64", "epochs=60"]],
  ["ppo", 0.65, ["epochs=20"]],
  ["sac", 0.75, [...offPolicy, ...rate(1e-3), "epochs=70"]],
  ["maac-v", 0.75, ["envs=128", "critic.iterations=4", "dynamics.initialUpdates=300", "epochs=70"]],
  ["maac", 0.75, [...offPolicy, ...rate(2e-3), ...imagination, "epochs=45"]],
];

it.each(left)("%s learns to swing CartPole up in part within seconds", async (algorithm, cost, settings) => {
  const training = new Training(resolveConfig("cartpole", algorithm, 2, settings));
  const untrained = evaluatePolicy(training.policy(), 16, 0).mean;
  await run(training);
  const trained = evaluatePolicy(training.policy(), 16, 0).mean;
  expect(trained).toBeGreaterThan(cost * untrained);
  training.dispose();
});
