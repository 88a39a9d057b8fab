// One whole recorded epoch on Hopper, 3 robots and 4 steps: the rollout is replayed as a tape, and the actor's loss and
// gradient, its update, the TD targets, 64 critic updates, the target critic and the normaliser are compared.
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectParams, expectSameParams, reference, toParams } from "../../tests/reference.js";
import { swapLoss } from "../../tests/swap-form.js";
import { normalize, RunningNormalizer } from "../dynamics/normalizer.js";
import type { DifferentiableEngine } from "@dmo-lab/physics/engine";
import { createEnvironment, findTask } from "../tasks/index.js";
import type { Actions } from "../tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { Actor, sampleAction } from "./actor.js";
import { modelBackward, simulatorBackward, type Backward } from "./backward.js";
import { Collector } from "./collector.js";
import { Critic, criticInputs, tdLambda } from "./critic.js";
import { modelForward, simulatorForward } from "./forward.js";
import { rewardAndValueObjective, rewardObjective } from "./objective.js";
import { policyGradient, segmentWeights } from "./policy-gradient.js";
import { rollout, type Forward, type ForwardOutcome } from "./rollout.js";

const plain = reference("dmo/actor_loss");
const resets = { ...plain, ...reference("dmo/actor_loss_resets") };
const hopper = findTask("hopper");

beforeAll(async () => {
  await useBackend();
});

type Recorded = typeof plain;

/** The networks and the frozen normaliser that both recordings start from. */
function networks() {
  const { mean, var: variance } = plain.normalizer_before;
  return {
    actor: toParams(plain.actor),
    target: toParams(plain.target_critic),
    model: {
      params: toParams(plain.dynamics),
      normalizer: { mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) },
    },
  };
}

const nowhere = { q: new Float32Array(), qd: new Float32Array() };

/** A forward that replays a recording: values and ends come from the tape, whatever the actions. */
function tape(recorded: Recorded): Forward {
  const zeros = tf.zeros([3, 3]) as tf.Tensor2D;
  return {
    begin: () => ({
      obs: tf.tensor2d(recorded.obs0),
      memory: [],
      coordinates: nowhere,
      previous: zeros,
      beforePrevious: zeros,
    }),
    step: (t): ForwardOutcome => ({
      nextObs: tf.tensor2d(recorded.obs_before_reset[t]),
      resetObs: tf.tensor2d(recorded.obs[t]),
      nextMemory: [],
      nextCoordinates: nowhere,
      resetCoordinates: nowhere,
      reward: Float32Array.from(recorded.reward[t]),
      earned: Float32Array.from(recorded.reward[t]),
      ...ends(recorded, t),
      context: {},
    }),
  };
}

function ends(recorded: Recorded, t: number) {
  const timeOut = (i: number): boolean => recorded.episode_steps_before[i] + t + 1 >= 1000;
  const done = recorded.done[t] as number[];
  return {
    terminated: Uint8Array.from(done, (d, i) => Number(d === 1 && !timeOut(i))),
    lost: new Uint8Array(done.length),
    truncated: Uint8Array.from(done, (d, i) => Number(d === 1 && timeOut(i))),
    ended: Uint8Array.from(done),
  };
}

const noise = (recorded: Recorded): tf.Tensor2D[] => recorded.eps.map((row: number[][]) => tf.tensor2d(row));

describe.each([
  ["without an end", plain],
  ["with a time-out and an early end", resets],
])("a recorded epoch %s", (_, recorded) => {
  it("acts as recorded", () => {
    const { actor, model } = networks();
    const steps = rollout(actor, model.normalizer, tape(recorded), noise(recorded));
    steps.forEach((step, t) => expectClose(step.actions.action, recorded.action[t], 1e-5));
  });

  it("computes the recorded loss and gradient, and steps the actor", () => {
    const { actor, target, model } = networks();
    const steps = rollout(actor, model.normalizer, tape(recorded), noise(recorded));
    const backward = modelBackward("residual", () => model, hopper);
    const gradient = policyGradient(rewardAndValueObjective(hopper), backward, recorded.task.gamma);
    backward.begin(steps.length);
    const { loss, grads } = gradient(steps, actor, { targets: [target], normalizer: model.normalizer });
    expect(loss.dataSync()[0]).toBeCloseTo(recorded.actor_loss, 5);
    expectParams(grads, recorded.grad_actor, 1e-4);
    const { actor_lr, betas, clip } = recorded.task;
    const learner = new Actor({ hidden: [16, 8], learningRate: actor_lr, betas, clip }, actor);
    expect(learner.step(grads, actor_lr) / recorded.grad_norm_before_clip).toBeCloseTo(1, 4);
    expectParams(learner.params, recorded.actor_after_update, 1e-5);
  });

  it("equals the swap form, unrolled and differentiated as a whole", () => {
    const { actor, target, model } = networks();
    const steps = rollout(actor, model.normalizer, tape(recorded), noise(recorded));
    const backward = modelBackward("residual", () => model, hopper);
    backward.begin(steps.length);
    const { gamma } = recorded.task;
    const gradient = policyGradient(rewardAndValueObjective(hopper), backward, gamma);
    const adjoint = gradient(steps, actor, { targets: [target], normalizer: model.normalizer }).grads;
    const unrolled = valueAndGrad(
      (p: Params) => swapLoss({ task: hopper, model, target, gamma }, steps, p),
      actor,
    ).grad;
    expectSameParams(adjoint, unrolled, 1e-5);
  });

  it("fits the critic and moves its target as recorded", () => {
    const { model } = networks();
    const steps = rollout(networks().actor, model.normalizer, tape(recorded), noise(recorded));
    const { critic_lr, betas, clip, critic_iterations, num_batch, target_alpha, lambda, gamma } = recorded.task;
    const config = { hidden: [16, 8], learningRate: critic_lr, iterations: critic_iterations, minibatches: num_batch };
    const critic = new Critic(
      { ...config, lambda, targetAlpha: target_alpha, betas, clip },
      toParams(plain.critic),
      toParams(plain.target_critic),
    );
    const nextValue = critic.nextValues(steps, model.normalizer);
    expectClose(
      nextValue.flatMap((row) => [...row]),
      recorded.next_values,
      1e-5,
    );
    const targets = tdLambda(steps, nextValue, gamma, lambda).flatMap((row) => [...row]);
    expectClose(targets, recorded.target_values, 1e-5);
    const input = criticInputs(steps, model.normalizer);
    expectClose(input, recorded.critic_obs_buf, 1e-5);
    const report = critic.fit(input, tf.tensor1d(targets), critic_lr);
    expect(report.loss).toBeCloseTo(recorded.critic_losses_first_last[1], 4);
    critic.moveTarget();
    expectParams(critic.params, recorded.critic_after_update, 1e-4);
    expectParams(critic.target, recorded.target_critic_after_update, 1e-4);
  });

  it("updates the normaliser with the observations after resets", () => {
    const { mean, var: variance, count } = recorded.normalizer_before;
    const normalizer = new RunningNormalizer(mean.length);
    normalizer.load({ mean, variance, count });
    for (const obs of [recorded.obs0, ...recorded.obs]) normalizer.update(obs.flat());
    expectClose(normalizer.mean, recorded.normalizer_after.mean, 1e-5);
    expectClose(normalizer.variance, recorded.normalizer_after.var, 1e-5);
  });
});

it("imagines the recorded rollout, with its gradient", () => {
  const { actor, target, model } = networks();
  const { imagination_with_unroll_flag: recorded, ...three } = plain.three_ways;
  const forward = modelForward(tape(plain), hopper, "residual", () => model);
  const steps = rollout(actor, model.normalizer, forward, noise(plain));
  steps.forEach((step, t) => {
    expectClose(normalize(step.obs, model.normalizer), recorded.critic_obs_buf[t], 1e-5);
    expectClose(step.reward, recorded.reward_buf[t], 1e-5);
  });
  const backward = modelBackward("residual", () => model, hopper);
  backward.begin(steps.length);
  const gradient = policyGradient(rewardAndValueObjective(hopper), backward, plain.task.gamma);
  const { loss, grads } = gradient(steps, actor, { targets: [target], normalizer: model.normalizer });
  expect(loss.dataSync()[0]).toBeCloseTo(three.loss.imagination, 5);
  expectParams(grads, three.grad.imagination, 1e-4);
});

it("takes the true gradient through our own simulator, as recorded from the benchmark's", () => {
  const { actor, target, model } = networks();
  const environment = createEnvironment(hopper, 3, streams(0)("environment"));
  const collector = new Collector(environment, new RunningNormalizer(11));
  for (let i = 0; i < 3; i++) environment.move(i, { q: plain.joint_q0[i], qd: plain.joint_qd0[i] });
  const backward = simulatorBackward(environment.engine as DifferentiableEngine, hopper);
  backward.begin(4);
  const steps = rollout(actor, model.normalizer, simulatorForward(collector), noise(plain));
  steps.forEach((step, t) => expectClose(step.nextObs, plain.obs[t], 2e-4));
  const gradient = policyGradient(rewardAndValueObjective(hopper), backward, plain.task.gamma);
  const { loss, grads } = gradient(steps, actor, { targets: [target], normalizer: model.normalizer });
  expect(loss.dataSync()[0]).toBeCloseTo(plain.three_ways.loss.true_simulator, 3);
  expectParams(grads, plain.three_ways.grad.true_simulator, 2e-3);
  environment.dispose();
});

it("adds what later steps owe to earlier actions, where no episode ended in between", () => {
  const reward = (previous: tf.Tensor2D, beforePrevious: tf.Tensor2D): tf.Tensor1D =>
    previous.mul(2).add(beforePrevious.square()).sum(1);
  const task = { ...hopper, reward: (_: tf.Tensor2D, a: Actions) => reward(a.previous, a.beforePrevious) };
  const silent: Backward = {
    begin: () => undefined,
    back: (_t, { actions }) => tf.zerosLike(actions.action),
    dropped: () => 0,
  };
  const { actor, model } = networks();
  const steps = rollout(actor, model.normalizer, tape(resets), noise(resets));
  const gradient = policyGradient(rewardObjective(task), silent, 0.99);
  const { grads } = gradient(steps, actor, { targets: [], normalizer: model.normalizer });

  const weights = segmentWeights(steps, 0.99);
  const unrolled = valueAndGrad((p: Params) => {
    let [previous, beforePrevious] = [0, 0].map(() => tf.zeros([3, 3]) as tf.Tensor2D);
    let loss = tf.scalar(0);
    steps.forEach(({ obs, noise: eps, running }, t) => {
      loss = loss.add(reward(previous, beforePrevious).mul(tf.tensor1d(weights.reward[t])).sum());
      beforePrevious = previous.mul(running);
      previous = sampleAction(p, normalize(obs, model.normalizer), eps).mul(running);
    });
    return loss;
  }, actor).grad;
  // Observations are constants in the unrolled form; the silent backward makes them so in the adjoint form as well.
  expectSameParams(grads, unrolled, 1e-5);
});
