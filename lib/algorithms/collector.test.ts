import { beforeAll, expect, it } from "vitest";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
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
