// An actor that sees a part of the observation, through noisy sensors, while critic and model see all of it.
import { beforeAll, expect, it } from "vitest";
import { expectSameParams } from "../../tests/reference.js";
import { swapLoss } from "../../tests/swap-form.js";
import { expectInputsLearned, tinyConfig } from "../../tests/tiny.js";
import { normalizerOf, RunningNormalizer } from "../dynamics/normalizer.js";
import { initDynamics } from "../dynamics/model.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import "../../baselines/index.js";
import { findAlgorithm } from "../training/algorithms.js";
import { evaluate } from "../training/evaluate.js";
import { Policy } from "../training/policy.js";
import { initActor } from "./actor.js";
import { modelBackward } from "./backward.js";
import { Collector } from "./collector.js";
import { initCritic } from "./critic.js";
import { simulatorForward } from "./forward.js";
import { rewardAndValueObjective } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout } from "./rollout.js";

/** Hopper whose actor sees no velocity of its joints, and joint angles with noise. */
const task = defineTask({
  ...findTask("hopper"),
  observation: findTask("hopper").observation.map((row) =>
    row.name.startsWith("joint velocities")
      ? { ...row, privileged: true as const }
      : row.name.startsWith("joint angles")
        ? { ...row, noise: 0.1 }
        : row,
  ),
});
const [obs, seen, act, robots] = [11, 8, 3, 4];

beforeAll(async () => {
  await useBackend();
});

it("the gradient goes through what the actor sees alone, the noise being a constant", () => {
  const stream = streams(1);
  const normalizer = { mean: tf.tensor1d(stream("mean").normals(obs)), variance: tf.fill([obs], 0.3) };
  const model = { params: initDynamics(obs, act, [16, 16], stream("model")), normalizer };
  const environment = createEnvironment(task, robots, stream("environment"));
  const collector = new Collector(environment, new RunningNormalizer(obs));
  const [actor, target] = [initActor(seen, [16], act, stream("actor")), initCritic(obs, [16], stream("critic"))];
  const noise = [0, 1, 2].map((t) => tf.tensor2d(streams(t)("noise").normals(robots * act), [robots, act]));
  const ofActor = normalizerOf(task.actorPart, normalizer);
  const steps = rollout(actor, ofActor, simulatorForward(collector), noise, (x) => environment.seenOf(x));
  for (const step of steps) {
    const sensed = step.seen.sub(task.actorPart(step.obs)).abs().max(0).arraySync() as number[];
    sensed.forEach((largest, i) => expect(largest > 0).toBe(i >= 2 && i < 5));
    expect(Math.max(...sensed)).toBeLessThanOrEqual(0.1001);
  }
  const backward = modelBackward("residual", () => model, task);
  backward.begin(steps.length);
  const gradient = policyGradient(rewardAndValueObjective(task), backward, 0.99, task.actorPart);
  const { grads } = gradient(steps, actor, { targets: [target], normalizer });
  const whole = (p: Params) => swapLoss({ task, model, target, gamma: 0.99 }, steps, p);
  expectSameParams(grads, valueAndGrad(whole, actor).grad, 1e-5);
  environment.dispose();
});

it.each(["dmo-sapo", "sac", "maac"])(
  "%s trains an actor of a part of the observation, which acts on it",
  (algorithm) => {
    const config = tinyConfig(algorithm, 2);
    const stream = streams(2);
    const environment = createEnvironment(task, config.envs, stream("environment"));
    const learner = findAlgorithm(algorithm).create(config, environment, stream);
    expectInputsLearned(learner, [0, 1]);
    const policy = new Policy(task.name, learner.policy());
    expect([policy.observationSize, policy.actionSize]).toEqual([seen, act]);
    expect(Policy.parse(policy.text()).act(new Float32Array(seen))).toEqual(policy.act(new Float32Array(seen)));
    const test = createEnvironment({ ...task, episodeLength: 5 }, 2, stream("test"));
    expect(evaluate(policy, test).returns).toHaveLength(2);
  },
);
