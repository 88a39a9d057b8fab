import { useBackend } from "@dmo-lab/jit/backend";
import { buildTree } from "@dmo-lab/physics/tree";
import { beforeAll, expect, test } from "vitest";
import { createEnvironment, findTask } from "../lib/tasks/index.js";
import { streams } from "../lib/tensor/random.js";
import { pushed } from "./push.js";

beforeAll(() => useBackend("cpu"));

test.each([
  ["cartpole", "cart velocity", [1.5, 9, 9], [1.5]],
  ["hopper", "velocity: forward, up", [1.5, 0.5, 9], [1.5, 0.5]],
  ["ant", "torso velocity: forward, up, right", [1.5, 0.5, 0.25], [1.5, 0.5, 0.25]],
])("a push of %s changes what it observes of its velocity, and nothing else", (name, row, push, change) => {
  const task = findTask(name);
  const environment = createEnvironment(task, 1, streams(1)("pushes"));
  const before = environment.reset().slice();
  environment.move(0, {
    qd: pushed(buildTree(task.model), environment.coordinates.qd, push as [number, number, number]),
  });
  const changes = Array.from(environment.obs, (x, i) => x - before[i]);
  const at = task.observation.findIndex((each) => each.name === row);
  const first = task.observation.slice(0, at).reduce((sum, { size }) => sum + size, 0);
  const expected = changes.map((_, i) => change[i - first] ?? 0);
  changes.forEach((x, i) => expect(x, `component ${i}`).toBeCloseTo(expected[i], 5));
  environment.dispose();
});
