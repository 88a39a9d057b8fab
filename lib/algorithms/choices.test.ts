// Every switch changes what it should and nothing else: methods that differ in a choice alone are equal once it is set.
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../../tests/reference.js";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { initDynamics } from "../dynamics/model.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { initReward } from "../dynamics/reward-model.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { mapTree } from "@dmo-lab/jit/tree";
import { resolveConfig } from "../training/config.js";
import type { Row } from "../training/metrics.js";
import { Policy } from "../training/policy.js";
import { Training } from "../training/train.js";
import { initActor } from "./actor.js";
import { modelBackward } from "./backward.js";
import { choicesOf, rewards } from "./choices.js";
import { Collector } from "./collector.js";
import { recorded } from "./critic-rollouts.js";
import { dmo, dmoBptt } from "./dmo.js";
import { modelForward, simulatorForward } from "./forward.js";
import { imagination } from "./imagination.js";
import { decide } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout } from "./rollout.js";
import { dmoSapo, sapo } from "./sapo.js";
import { bptt, shac } from "./shac.js";
import type { FrozenWorldModel } from "./world-model.js";

beforeAll(async () => {
  await useBackend();
});

const COMMON = ["decayEpochs=100"];

/** Rows of a tiny run. */
async function rows(algorithm: string, ...settings: string[]): Promise<Row[]> {
  const training = new Training(tinyConfig(algorithm, 2, ...COMMON, ...settings));
  const all: Row[] = [];
  for await (const row of training.rows()) all.push(row);
  training.dispose();
  return withoutClock(all);
}

describe("choices make one method of another", () => {
  it.each(Object.entries({ dmo, "dmo-bptt": dmoBptt, "dmo-sapo": dmoSapo, imagination, shac, bptt, sapo }))(
    "the settings of %s name what its file says",
    (algorithm, method) => {
      expect(choicesOf(resolveConfig("hopper", algorithm as "dmo", 1))).toEqual(method);
    },
  );

  it.each([
    ["dmo", ["forward=model", "critic.forward=model"], "imagination"],
    ["dmo", ["backward=simulator"], "shac"],
    ["dmo", ["value=none"], "dmo-bptt"],
    ["dmo-sapo", ["backward=simulator"], "sapo"],
  ])("%s with %s is %s", async (algorithm, settings, other) => {
    const [changed, plain, same] = [await rows(algorithm, ...settings), await rows(algorithm), await rows(other)];
    expect(changed).toEqual(same);
    expect(changed[1].actor_loss).not.toBe(plain[1].actor_loss);
  });

  it.each([
    ["shac", "backward=model", /backward is "model", which needs settings dynamics\.\*/],
    ["shac", "critic.forward=model", /critic.forward is "model", which needs settings dynamics\.\*/],
    ["shac", "reward=learned", /reward is "learned", which needs settings dynamics\.\*/],
    ["dmo-bptt", "value=critic", /value is "critic", which needs settings critic\.\*/],
    ["sapo", "actor.policy=deterministic", /allowed: stochastic/],
    ["dmo", "forward=oracle", /allowed: simulator or model/],
  ])("%s refuses %s", (algorithm, setting, message) => {
    expect(() => tinyConfig(algorithm, 2, setting)).toThrow(message);
  });

  it("refuses the simulator's gradient where the engine has none", () => {
    const settings = ["engine=mujoco", "backward=simulator"];
    expect(() => resolveConfig("hopper", "dmo", 1, settings)).toThrow(/backward is "simulator"; allowed with the eng/);
  });
});

describe("a deterministic actor", () => {
  it("has no log-std and takes no notice of noise", async () => {
    const training = new Training(tinyConfig("dmo", 1, "actor.policy=deterministic"));
    for await (const _ of training.rows());
    const policy = training.policy();
    expect(Object.keys(policy.actor)).not.toContain("logStd");
    const obs = Float32Array.of(0.1, -0.2, 0.3, 0.4, 0.5);
    expectClose(policy.act(obs, Float32Array.of(3)), [...policy.act(obs)], 1e-6);
    expect(Policy.parse(policy.text()).act(obs)).toEqual(policy.act(obs));
    training.dispose();
  });
});

describe("the rollout that critics learn from", () => {
  const first = async (algorithm: string, forward: string) => (await rows(algorithm, `critic.forward=${forward}`))[0];

  it("is imagined beside the simulator's, and nothing else changes", async () => {
    const [simulated, imagined] = [await first("dmo", "simulator"), await first("dmo", "model")];
    const { critic_loss: _a, critic_grad_norm: _b, ...rest } = simulated;
    expect(imagined).toMatchObject(rest);
    // Before its first update, imagination's actor has imagined the same steps.
    const { critic_loss, critic_grad_norm } = await first("imagination", "model");
    expect(imagined).toMatchObject({ critic_loss, critic_grad_norm });
    expect(critic_loss).not.toBe(simulated.critic_loss);
  });

  it("is the simulator's beside an imagined one, and nothing else changes", async () => {
    const [imagined, simulated] = [await first("imagination", "model"), await first("imagination", "simulator")];
    const { critic_loss: _a, critic_grad_norm: _b, ...rest } = imagined;
    expect(simulated).toMatchObject(rest);
    expect(simulated.critic_loss).not.toBe(imagined.critic_loss);
  });

  it("holds the states, rewards and ends that the simulator gave", () => {
    const { task, collector, actor, world, noise } = bench(5);
    const real = recorded(simulatorForward(collector));
    const steps = rollout(
      actor,
      world.normalizer,
      modelForward(real, task, "residual", () => world),
      noise,
    );
    const transitions = real.transitions(steps);
    expect(transitions[0].obs).toBe(steps[0].obs);
    for (let t = 1; t < 5; t++) expect(transitions[t].obs).toBe(transitions[t - 1].resetObs);
    const again = bench(5).collector.environment;
    transitions.forEach(({ actions, nextObs, reward }, t) => {
      const result = again.step(steps[t].actions.action.dataSync() as Float32Array);
      expect(actions).toBe(steps[t].actions);
      expect([...reward]).toEqual([...result.reward]);
      expectClose(nextObs, [...result.nextObs], 1e-6);
    });
  });
});

/** Four carts, and a world and an actor with random weights. */
function bench(horizon: number) {
  const task = findTask("cartpole");
  const stream = streams(4);
  const sizes = [task.observationSize, task.actionSize] as const;
  const collector = new Collector(
    createEnvironment(task, 4, stream("environment")),
    new RunningNormalizer(task.observationSize),
  );
  const world: FrozenWorldModel = {
    params: initDynamics(...sizes, [16, 16], stream("model")),
    reward: mapTree(initReward(...sizes, [16], stream("reward")), (p) => p.mul(6)),
    normalizer: collector.normalizer.tensors(),
  };
  const actor = initActor(sizes[0], [8], sizes[1], stream("actor"));
  const noise = Array.from({ length: horizon }, () => tf.tensor2d(stream("noise").normals(4), [4, 1]));
  return { task, collector, actor, world, noise };
}

it.each([
  ["a stochastic", ["logStd", "output.bias"], 0.02],
  ["a deterministic", ["output.bias"], 0.0025], // without noise the loss is ten times as steep, and bends more
])("the gradient of %s actor through a learned reward equals differences of the loss", (kind, names, h) => {
  const { task, world } = bench(1);
  const backward = modelBackward("residual", () => world, task);
  const objective = rewards.learned.objective(task, { decision: decide, outcome: () => tf.scalar(0) });
  const gradient = policyGradient(objective, backward, 0.99);
  const roll = (change: (p: Params) => Params) => {
    const { collector, actor, noise } = bench(5);
    const { logStd, ...mean } = change(actor);
    const params = kind === "a stochastic" ? { ...mean, logStd } : mean;
    const forward = modelForward(
      simulatorForward(collector),
      task,
      "residual",
      () => world,
      rewards.learned.imagined(),
    );
    const steps = rollout(params, world.normalizer, forward, noise);
    backward.begin(5);
    const constants = { targets: [], normalizer: world.normalizer, reward: world.reward, temperature: tf.scalar(0) };
    const discounted = steps.reduce((sum, { reward }, t) => sum + reward.reduce((a, r) => a + 0.99 ** t * r, 0), 0);
    const { loss, grads } = gradient(steps, params, constants);
    expectClose(loss, [-discounted / 20], 1e-5);
    return { loss: loss.dataSync()[0], grads };
  };
  const { grads } = roll((p) => p);
  for (const name of names) {
    const [up, down] = [h, -h].map((step) => roll((p) => ({ ...p, [name]: p[name].add(step) })).loss);
    expectClose(grads[name], [(up - down) / (2 * h)], 1e-2);
  }
});

it("a learned reward is fitted beside the model, whose own fit does not change", async () => {
  const [given, learned] = [await rows("dmo"), await rows("dmo", "reward=learned")];
  expect(learned[0].model_loss).toBe(given[0].model_loss);
  expect(learned[0].actor_grad_norm).not.toBe(given[0].actor_grad_norm);
  expect(learned[1].reward_loss).toBeLessThan(learned[0].reward_loss!);
  expect(given[0].reward_loss).toBeUndefined();
});

it("learning rates of actor and critic stay where they are once they have fallen", async () => {
  const falling = await rows("shac", "decayEpochs=2", "epochs=5", "finalLearningRate=1e-4", "actor.learningRate=3e-4");
  const rates = falling.map((row) => row.actor_learning_rate);
  [3e-4, 2e-4, 1e-4, 1e-4, 1e-4].forEach((rate, epoch) => expect(rates[epoch]).toBeCloseTo(rate, 12));
});
