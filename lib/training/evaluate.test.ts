import { beforeAll, expect, it } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import { column } from "../tasks/read.js";
import { streams } from "../tensor/random.js";
import { evaluate } from "./evaluate.js";
import type { Policy } from "./policy.js";

beforeAll(async () => {
  await useBackend();
});

it("counts the first episode of each environment, whatever it does while others go on", () => {
  const cartpole = findTask("cartpole");
  let resets = 0;
  const task = defineTask({
    ...cartpole,
    episodeLength: 7,
    rewardTerms: { alive: { weight: 1, term: (obs) => tf.ones([obs.shape[0]]) } },
    ends: { outside: (obs) => tf.greater(column(obs, 0), 100) },
    success: (obs) => tf.greater(column(obs, 0), 100),
    reset: () => ({ q: [resets++ === 0 ? 101 : 0, 0], qd: [0, 0] }), // the first environment ends at once
  });
  const environment = createEnvironment(task, 3, streams(1)("starts"));
  resets = 0;
  const { returns, mean, successes } = evaluate({ act: () => new Float32Array(3) } as unknown as Policy, environment);
  expect(returns).toEqual([1, 7, 7]);
  expect([mean, successes]).toEqual([5, 1 / 3]);
  environment.dispose();
});
