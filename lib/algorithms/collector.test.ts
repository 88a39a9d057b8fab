import { beforeAll, expect, it } from "vitest";
import { tinyConfig } from "../../tests/tiny.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { Training } from "../training/train.js";
import { Collector } from "./collector.js";

beforeAll(async () => {
  await useBackend();
});

it("a bonus of training is in the reward that is learned from, and not in returns", () => {
  const cartpole = { ...findTask("cartpole"), episodeLength: 3 };
  const [plain, raised] = [undefined, 5].map((rewardBonus) => {
    const environment = createEnvironment(defineTask({ ...cartpole, rewardBonus }), 2, streams(1)("starts"));
    const collector = new Collector(environment, new RunningNormalizer(environment.engine.observationSize));
    const rewards = [0.3, -0.2, 0.1].map((a) => [...collector.step(Float32Array.of(a, -a)).reward]);
    environment.dispose();
    return { rewards, mean: collector.meter.mean };
  });
  raised.rewards.flat().forEach((r, i) => expect(r).toBeCloseTo(plain.rewards.flat()[i] + 5, 4));
  expect(raised.mean).toBe(plain.mean);
  expect(plain.mean).toBeLessThan(0);
});

it.each([
  ["dmo", [9, 9, 9]],
  ["sac", [9, 9, 9]],
  ["maac", [9, 9, 9]],
  ["ppo", [9, 9]],
])("in %s the normaliser counts every observation of a rollout of 8 steps once", async (algorithm, rollouts) => {
  const training = new Training(tinyConfig(algorithm, 2)); // a rollout an epoch, after that which fills the buffer
  for await (const _ of training.rows());
  const robots = 8;
  expect(training.learner.policy().normalizer.count).toBeCloseTo(rollouts.reduce((a, b) => a + b) * robots + 1e-4, 9);
  training.dispose();
});
