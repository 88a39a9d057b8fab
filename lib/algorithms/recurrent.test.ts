// A recurrent model in the first-order loop: its memory along episodes, and the gradient through it.
import { beforeAll, describe, expect, it } from "vitest";
import { expectSameParams, flat, relativeError } from "../../tests/reference.js";
import { swapLoss } from "../../tests/swap-form.js";
import { initDynamics } from "../dynamics/model.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { memoryAfter } from "../dynamics/recurrent.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { initActor } from "./actor.js";
import { modelBackward } from "./backward.js";
import { Collector, type Recall, type Replay } from "./collector.js";
import { initCritic } from "./critic.js";
import { modelForward, simulatorForward, type LearnedModel } from "./forward.js";
import { OutlierFilter } from "./outliers.js";
import { rewardAndValueObjective } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Transition } from "./rollout.js";

const WIDTH = 8;
const ROBOTS = 3;
const hopper = findTask("hopper");
const { observationSize: obs, actionSize: act } = hopper;

beforeAll(async () => {
  await useBackend();
});

/** Networks, noise and a collector whose episodes end after `episodeLength` steps. */
function bench(episodeLength: number, horizon: number) {
  const task: Task = { ...hopper, episodeLength };
  const stream = streams(3);
  const model: LearnedModel = {
    params: initDynamics(obs, act, [16, 16], stream("model"), WIDTH),
    normalizer: { mean: tf.fill([obs], 0.1), variance: tf.fill([obs], 0.3) },
  };
  const recall: Recall = { width: WIDTH, after: (...step) => memoryAfter(model, ...step) };
  const environment = createEnvironment(task, ROBOTS, stream("environment"));
  const collector = new Collector(environment, new RunningNormalizer(obs), undefined, recall);
  collector.memory = stream("memory").normals(ROBOTS * WIDTH);
  return {
    task,
    model,
    gamma: 0.99,
    collector,
    actor: initActor(obs, [16], act, stream("actor")),
    target: initCritic(obs + WIDTH, [16], stream("critic")),
    noise: Array.from({ length: horizon }, (_, t) =>
      tf.tensor2d(streams(t)("noise").normals(ROBOTS * act), [ROBOTS, act]),
    ),
  };
}

type Bench = ReturnType<typeof bench>;

/** The loss of recorded steps and its gradient, by the adjoint. */
function adjoint({ task, model, actor, target, gamma }: Bench, steps: readonly Transition[]) {
  const backward = modelBackward("residual", () => model, task);
  backward.begin(steps.length);
  const gradient = policyGradient(rewardAndValueObjective(task), backward, gamma);
  return gradient(steps, actor, { targets: [target], normalizer: model.normalizer });
}

describe("the gradient through a memory", () => {
  it.each([
    ["without an end", 1000],
    ["with ends", 3],
  ])("equals the swap form, differentiated as a whole, %s", (_, episodeLength) => {
    const at = bench(episodeLength, 7);
    const steps = rollout(at.actor, at.model.normalizer, simulatorForward(at.collector), at.noise);
    const { loss, grads } = adjoint(at, steps);
    const { value: unrolledLoss, grad } = valueAndGrad((p: Params) => swapLoss(at, steps, p), at.actor);
    expect(loss.dataSync()[0]).toBeCloseTo(unrolledLoss.dataSync()[0], 5);
    expectSameParams(grads, grad, 1e-5);
    const deaf = { ...at.model, params: { ...at.model.params, "gru.hidden.weight": tf.zeros([WIDTH, 3 * WIDTH]) } };
    expect(relativeError(flat(adjoint({ ...at, model: deaf }, steps).grads), flat(grad))).toBeGreaterThan(1e-3);
  });

  it("equals differences of the loss where the model rolls out itself", () => {
    const horizon = 5;
    const roll = (actor: (p: Params) => Params) => {
      const at = bench(1000, horizon);
      const params = actor(at.actor);
      const forward = modelForward(simulatorForward(at.collector), at.task, "residual", () => at.model);
      return adjoint({ ...at, actor: params }, rollout(params, at.model.normalizer, forward, at.noise));
    };
    const { grads } = roll((p) => p);
    const norm = Math.hypot(...flat(grads));
    const moved = (h: number): number =>
      roll((p) =>
        Object.fromEntries(Object.keys(p).map((k) => [k, p[k].add(grads[k].mul(h / norm))])),
      ).loss.dataSync()[0];
    const h = 8e-3;
    expect((moved(h) - moved(-h)) / (2 * h) / norm).toBeCloseTo(1, 2);
  });
});

it("a memory counts the steps of an episode: kept from rollout to rollout, 0 after an end, stored as before the step", () => {
  const stored: number[][] = [];
  const replay = { add: ({ memory }) => stored.push([...(memory as Float32Array)]) } as Partial<Replay> as Replay;
  const environment = createEnvironment({ ...hopper, episodeLength: 3 }, 2, streams(1)("environment"));
  const count: Recall = { width: 1, after: (_obs, _action, memory) => memory.map((x) => x + 1) };
  const collector = new Collector(environment, new RunningNormalizer(obs), replay, count);
  const actor = initActor(obs, [8], act, streams(2)("actor"));
  const seen: number[][] = [];
  for (const horizon of [2, 5]) {
    const noise = Array.from({ length: horizon }, () => tf.zeros([2, act]) as tf.Tensor2D);
    for (const { memory, nextMemory } of rollout(
      actor,
      collector.normalizer.tensors(),
      simulatorForward(collector),
      noise,
    ))
      seen.push([memory[0].dataSync()[0], nextMemory[0].dataSync()[0]]);
  }
  expect(stored).toEqual([0, 1, 2, 0, 1, 2, 0].map((steps) => [steps, steps]));
  expect(seen).toEqual([0, 1, 2, 0, 1, 2, 0].map((steps) => [steps, steps + 1]));
});

it("nothing is learned from a transition to a state too far from the mean, which is counted", () => {
  const kept: number[][] = [];
  const replay = { add: (_rows, skip) => kept.push([...skip]) } as Partial<Replay> as Replay;
  const normalizer = new RunningNormalizer(2);
  normalizer.update([1, 0, -1, 0]); // mean 0, standard deviations 1 and 0
  const filter = new OutlierFilter(replay, normalizer, 6);
  const nextObs = [5.9, 0, 6.1, 0, 0, 0.1, NaN, 0, -5.9, 0.01, 9, 9];
  filter.add({ nextObs } as Partial<Parameters<Replay["add"]>[0]> as never, Uint8Array.of(0, 0, 0, 0, 0, 1));
  expect(kept).toEqual([[0, 1, 1, 1, 0, 1]]);
  expect([filter.take(), filter.take()]).toEqual([3, 0]);
});
