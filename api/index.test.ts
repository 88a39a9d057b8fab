import { expect, test } from "vitest";
import * as lab from "./index.js";

test("one import gives every part of the library", async () => {
  const { tensor, physics, tasks, dynamics, algorithms, training, report } = lab;
  await tensor.useBackend();
  const task = tasks.findTask("cartpole");
  expect(physics.buildTree(task.model).nq).toBe(2);
  const stream = tensor.streams(0);
  const environment = tasks.createEnvironment(task, 4, stream("environment"));
  const { actor } = training.resolveConfig("cartpole", "dmo", 0);
  const params = algorithms.initActor(task.observationSize, actor.hidden, task.actionSize, stream("actor"));
  const normalizer = new dynamics.RunningNormalizer(task.observationSize);
  const policy = new training.Policy(task.name, {
    network: "elu-norm-tanh",
    actor: params,
    normalizer: normalizer.save(),
  });
  expect(training.evaluate(policy, environment).returns).toHaveLength(4);
  expect(report.learningCurves([]).data).toMatchObject([{ x: [] }, { x: [] }]); // panels without curves
});
