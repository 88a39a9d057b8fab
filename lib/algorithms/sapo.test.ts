// SAPO against an epoch on a linear system that was recorded with torch's automatic differentiation (data/reference/sapo).
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectParams, reference, toParams } from "../../tests/reference.js";
import { findTask } from "../tasks/index.js";
import type { Actions, Task } from "../tasks/task.js";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Params } from "../tensor/layers.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Backward } from "./backward.js";
import { meanValue, tdLambda } from "./critic.js";
import { policyNetworks, sampleWithLogProbability } from "./policies.js";
import { rewardAndValueObjective, softObjective } from "./objective.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Forward } from "./rollout.js";
import { Temperature } from "./temperature.js";

const recorded = reference("sapo/epoch");
const { gamma, lambda, alpha } = recorded;

beforeAll(async () => {
  await useBackend();
});

/** s' = s + 0.1 (A s + B a), with the recorded ends. */
const drift = (s: tf.Tensor2D, a: tf.Tensor2D): tf.Tensor2D => {
  const [A, B] = [recorded.A, recorded.B].map((m) => tf.tensor2d(m));
  return s.add(
    tf
      .matMul(s, A, false, true)
      .add(tf.matMul(a, B, false, true))
      .mul(0.1),
  );
};

const task = {
  ...findTask("cartpole"),
  reward: (s: tf.Tensor2D, { action }: Actions) =>
    s.square().sum(1).add(action.square().sum(1).mul(0.1)).neg() as tf.Tensor1D,
} satisfies Task;

const nowhere = { q: new Float32Array(), qd: new Float32Array() };

const forward = (): Forward => ({
  begin: () => {
    const zeros = tf.zeros<tf.Rank.R2>([3, 2]);
    return {
      obs: tf.tensor2d(recorded.start),
      memory: [],
      coordinates: nowhere,
      previous: zeros,
      beforePrevious: zeros,
    };
  },
  step: (t, { obs }, actions) => {
    const nextObs = drift(obs, actions.action);
    const is = (kind: number) => Uint8Array.from(recorded.ends[t], (end: number) => Number(end === kind));
    const ended = tf.tensor2d(recorded.ends[t], [3, 1]).greater(0);
    const reward = task.reward(nextObs, actions).dataSync() as Float32Array;
    return {
      nextObs,
      resetObs: tf.where(ended, tf.tensor2d(recorded.resets[t]), nextObs),
      nextMemory: [],
      nextCoordinates: nowhere,
      resetCoordinates: nowhere,
      reward,
      earned: reward,
      terminated: is(1),
      lost: is(-1),
      truncated: is(2),
      ended: Uint8Array.from(recorded.ends[t], (end: number) => Number(end > 0)),
      context: {},
    };
  },
});

function adjoint(): Backward {
  let carry: tf.Tensor2D | undefined;
  return {
    begin: () => (carry = undefined),
    back: (_t, { running }, { obs: direct }) => {
      const g = carry ? direct.add<tf.Tensor2D>(carry.mul(running)) : direct;
      const [A, B] = [recorded.A, recorded.B].map((m) => tf.tensor2d(m));
      carry = g.add<tf.Tensor2D>(tf.matMul(g, A).mul(0.1));
      return tf.matMul(g, B).mul(0.1);
    },
    dropped: () => 0,
  };
}

const normalizer = () => ({ mean: tf.tensor1d(recorded.mean), variance: tf.tensor1d(recorded.variance) });
const noise = () => recorded.noise.map((row: number[][]) => tf.tensor2d(row)) as tf.Tensor2D[];
const targets = () => recorded.critics.map(toParams) as Params[];
const roll = (actor: Params) => rollout(actor, normalizer(), forward(), noise());

const backward = adjoint();
const walk = policyGradient(softObjective(rewardAndValueObjective(task)), backward, gamma);

/** The loss and its gradient at these parameters of the actor. */
function gradient(actor: Params) {
  backward.begin(5);
  const constants = { targets: targets(), normalizer: normalizer(), temperature: tf.scalar(alpha) };
  return walk(roll(actor), actor, constants);
}

describe("the soft policy gradient", () => {
  it("equals the recorded loss and gradient", () => {
    const { loss, grads } = gradient(toParams(recorded.actor));
    expect(loss.dataSync()[0]).toBeCloseTo(recorded.loss, 5);
    expectParams(grads, recorded.grad, 1e-5);
  });

  it("equals central differences of the loss", () => {
    const actor = toParams(recorded.actor);
    const lossAt = (step: number[]) =>
      gradient({ ...actor, logStd: actor.logStd.add(tf.tensor1d(step)) }).loss.dataSync()[0];
    const h = 0.02;
    const differences = [0, 1].map((i) => {
      const step = [0, 0].with(i, h);
      return (lossAt(step) - lossAt(step.map((x) => -x))) / (2 * h);
    });
    expectClose(gradient(actor).grads.logStd, differences, 1e-3);
  });
});

describe("the temperature", () => {
  const config = {
    initial: alpha,
    learningRate: recorded.temperature_rate,
    targetEntropy: recorded.target_entropy / 2,
  };

  it("makes rewards and TD(lambda) targets soft, as recorded", () => {
    const actor = toParams(recorded.actor);
    const steps = roll(actor);
    const temperature = new Temperature(config, 2);
    const soft = temperature.softRewards(steps, actor, normalizer());
    soft.forEach((step, t) => {
      expectClose(steps[t].reward, recorded.reward[t], 1e-5);
      const bonus = step.reward.map((r, i) => r - steps[t].reward[i]);
      expectClose(bonus, recorded.entropy[t].map((h: number) => alpha * h), 1e-4); // prettier-ignore
    });
    const values = soft.map(({ nextObs, terminated }) => {
      const normalized = nextObs.sub(normalizer().mean).div(normalizer().variance.add(1e-5).sqrt()) as tf.Tensor2D;
      const v = meanValue(targets(), normalized).dataSync() as Float32Array;
      return v.map((x, i) => (terminated[i] ? 0 : x));
    });
    tdLambda(soft, values, gamma, lambda).forEach((row, t) => expectClose(row, recorded.soft_targets[t], 1e-5));
    temperature.dispose();
  });

  it("falls while the entropy is above its target and rises below it; its steps equal the recorded ones", () => {
    const actor = toParams(recorded.actor);
    const steps = roll(actor);
    const temperature = new Temperature(config, 2);
    const entropy = recorded.entropy.flat().reduce((sum: number, h: number) => sum + h / 15, 0);
    let before = alpha;
    for (const after of recorded.alphas) {
      temperature.softRewards(steps, actor, normalizer());
      const report = temperature.tune();
      expect(report.entropy).toBeCloseTo(entropy, 5);
      expect(report.temperature).toBeCloseTo(before, 5);
      expect(temperature.alpha.dataSync()[0]).toBeCloseTo(after, 5);
      expect(after > before).toBe(entropy < recorded.target_entropy);
      before = after;
    }
    const other = new Temperature({ ...config, targetEntropy: entropy / 2 - 0.1 }, 2);
    other.softRewards(steps, actor, normalizer());
    other.tune();
    expect(other.alpha.dataSync()[0]).toBeLessThan(alpha);
    for (const each of [temperature, other]) each.dispose();
  });
});

it("log-probabilities are exact and differentiable where tanh rounds to 1", () => {
  const { u, log, grad } = recorded.slope;
  u.forEach((x: number, i: number) => {
    const actor = { "output.weight": tf.zeros([1, 1]), "output.bias": tf.tensor1d([x]), logStd: tf.zeros([1]) };
    const at = (bias: tf.Tensor) => {
      const params = { ...actor, "output.bias": bias };
      const zero = tf.zeros<tf.Rank.R2>([1, 1]);
      return sampleWithLogProbability(policyNetworks["elu-norm-tanh"], params, zero, zero).logProbability;
    };
    expect(at(actor["output.bias"]).dataSync()[0]).toBeCloseTo(-Math.log(2 * Math.PI) / 2 - log[i], 4);
    expect(tf.grad(at)(actor["output.bias"]).dataSync()[0]).toBeCloseTo(-grad[i], 5);
  });
});
