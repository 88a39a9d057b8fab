import { beforeAll, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { enginesOf } from "./engines.js";
import { createEnvironment, findTask, taskNames } from "./index.js";
import "../../robots/index.js";

const STEPS = 1_000_000;
const ENVS = 256;

beforeAll(async () => {
  await useBackend();
});

const pairs = taskNames.flatMap((name) => enginesOf(findTask(name)).map((engine) => ({ name, engine })));

test.each(pairs)("$name, $engine: a million steps of random actions, and every state is finite", ({ name, engine }) => {
  const random = streams(1);
  const environment = createEnvironment(findTask(name), ENVS, random("environment"), engine);
  const stream = random("actions");
  const action = new Float32Array(ENVS * environment.engine.actionSize);
  environment.reset();
  let lost = 0;
  for (let t = 0; t < STEPS / ENVS; t++) {
    action.forEach((_, i) => (action[i] = stream.uniform(-1, 1)));
    lost += environment.step(action).lost.filter((flag) => flag).length; // it throws where a task has no limit
  }
  environment.dispose();
  expect(lost).toBe(0);
});
