import { beforeAll, expect, it } from "vitest";
import { expectClose } from "../../tests/reference.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { createReward, initReward, predictReward, rewardLoss, symexp, symlog, twoHot } from "./reward-model.js";

beforeAll(async () => {
  await useBackend();
});

const normalizer = () => ({ mean: tf.tensor1d([1, -1]), variance: tf.tensor1d([4, 1]) });

it("symlog and symexp undo each other", () => {
  const x = [-3000, -2, -1e-3, 0, 0.5, 200];
  expectClose(symlog(tf.tensor1d([Math.E - 1, 1 - Math.E])), [1, -1], 1e-6);
  expectClose(symexp(symlog(tf.tensor1d(x))), x, 1e-5);
});

it("a two-hot code weighs the two bins beside symlog(r) by nearness", () => {
  const codes = twoHot(tf.tensor2d([[0], [Math.expm1(0.25)], [-1e9]])).arraySync();
  const hot = codes.map((code) => code.flatMap((w, bin) => (w > 0 ? [[bin, w]] : [])));
  expect(hot[0]).toEqual([[50, 1]]);
  expect(hot[1].map(([bin]) => bin)).toEqual([51, 52]); // 0.25 lies between 0.2 and 0.4
  expectClose(hot[1].map(([, w]) => w), [0.75, 0.25], 1e-4); // prettier-ignore
  expect(hot[2]).toEqual([[0, 1]]);
});

it("is exact where its distribution is the code, and differentiable in observation and action", () => {
  const bias = tf.log(tf.add(twoHot(tf.tensor2d([[7.5]])), 1e-12)).squeeze<tf.Tensor1D>([0]);
  const constant = { "output.weight": tf.zeros([3, 101]), "output.bias": bias };
  const [obs, action] = [tf.tensor2d([[0.3, 0.4]]), tf.tensor2d([[-0.5]])];
  expect(predictReward(constant, normalizer(), obs, action).dataSync()[0]).toBeCloseTo(7.5, 3);

  const params = initReward(2, 1, [16, 16], streams(2)("reward"));
  const at = (o: tf.Tensor, a: tf.Tensor) =>
    predictReward(params, normalizer(), o as tf.Tensor2D, a as tf.Tensor2D).sum() as tf.Scalar;
  const [gObs, gAction] = tf.grads(at)([obs, action]);
  const h = 0.02;
  const slope = (o: number[], a: number) =>
    (at(obs.add(tf.tensor2d([o])), action.add(a)).dataSync()[0] -
      at(obs.sub(tf.tensor2d([o])), action.sub(a)).dataSync()[0]) /
    (2 * h);
  expectClose(gObs, [slope([h, 0], 0), slope([0, h], 0)], 5e-3);
  expectClose(gAction, [slope([0, 0], h)], 5e-3);
});

it("learns a reward from what it was shown, the rows that are to be skipped left out", () => {
  const fit = { hidden: [32, 32], learningRate: 3e-3, batch: 64, replayCapacity: 1000 };
  const config = {
    ...fit,
    updates: 1,
    initialUpdates: 1,
    minReplay: 1,
    prediction: "residual",
    loss: "gaussian",
  } as const;
  const { replay, model } = createReward(config, { robots: 1, obs: 2, action: 1 }, streams(1));
  const random = streams(1)("data");
  const reward = (o: readonly number[], a: number): number => 5 * o[0] - 3 * a * a;
  for (let k = 0; k < 500; k++) {
    const [obs, action] = [[random.uniform(-1, 1), random.uniform(-1, 1)], [random.uniform(-1, 1)]];
    const spoiled = k % 5 === 0;
    const seen = spoiled ? 1000 : reward(obs, action[0]);
    replay.add({ obs, action, nextObs: obs, reward: [seen] }, Uint8Array.of(Number(spoiled)));
  }
  expect(replay.size).toBe(400);
  const first = model.fit(normalizer(), 1);
  model.fit(normalizer(), 400);
  expect(model.fit(normalizer(), 10)).toBeLessThan(0.6 * first);
  const [o, a] = [[0.5, 0.2], 0.3];
  const learned = predictReward(model.params, normalizer(), tf.tensor2d([o]), tf.tensor2d([[a]])).dataSync()[0];
  expect(Math.abs(learned - reward(o, a))).toBeLessThan(0.5);
  model.dispose();
});

it("cross-entropy is least where the prediction is the code", () => {
  const batch = {
    obs: tf.zeros([1, 2]),
    action: tf.zeros([1, 1]),
    nextObs: tf.zeros([1, 2]),
    reward: tf.tensor2d([[1]]),
  };
  const loss = (bias: tf.Tensor) =>
    rewardLoss(
      { "output.weight": tf.zeros([3, 101]), "output.bias": bias },
      normalizer(),
      batch as never,
    ).dataSync()[0];
  const code = twoHot(tf.tensor2d([[1]])).squeeze([0]);
  const entropy = -tf.sum(tf.mul(code, tf.log(tf.add(code, 1e-30)))).dataSync()[0];
  expect(loss(tf.log(tf.add(code, 1e-30)))).toBeCloseTo(entropy, 4);
  expect(loss(tf.zeros([101]))).toBeCloseTo(Math.log(101), 4);
});
