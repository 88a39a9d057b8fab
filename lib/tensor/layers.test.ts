import fs from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { adamInit, type AdamState, adamUpdate } from "./adam.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { valueAndGrad, vjp } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import { elu, gru, layerNorm, linear, orthogonal, type Params, silu, simNorm, uniformFanIn } from "./layers.js";
import { streams } from "./random.js";
import { swap } from "./swap.js";
import { tf } from "@dmo-lab/jit/tf";
import { leaves, tidy, type Tree } from "@dmo-lab/jit/tree";

beforeAll(async () => {
  await useBackend();
});

type Matrix = number[][];
type Weights = { [name: string]: number[] | Matrix };
type ActorData = {
  weights: Weights;
  obs: Matrix;
  mu: Matrix;
  grad_sum_deterministic: Weights;
  grad_sum_deterministic_obs: Matrix;
};
type DynamicsData = {
  config: { lr: number };
  weights: Weights;
  normalized_obs: Matrix;
  action: Matrix;
  target: Matrix;
  mean: Matrix;
  logvar: Matrix;
  losses_of_3_updates: number[];
  grad_first_update: Weights;
  weights_after_3_updates: Weights;
};
type RecurrentData = {
  weights: Weights;
  normalizer: { mean: number[]; var: number[] };
  obs: Matrix[];
  action: Matrix[];
  h0: Matrix;
  gru_outputs: Matrix[];
  h_final: Matrix;
};
type SwapData = {
  model_prediction: Matrix;
  true_next: Matrix;
  upstream_gradient: Matrix;
  output: Matrix;
  grad_model_prediction: Matrix;
};

const reference = (name: string): unknown =>
  JSON.parse(fs.readFileSync(new URL(`../../data/reference/dmo/${name}.json`, import.meta.url), "utf8"));

const normal = (shape: number[], name: string): tf.Tensor => {
  const random = streams(0)(name);
  return tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1)), shape);
};

/** ||actual - expected|| <= tolerance ||expected||. */
function expectClose(actual: Tree, expected: Tree, tolerance: number): void {
  const [a, b] = [leaves(actual), leaves(expected)];
  expect(a.length).toBe(b.length);
  a.forEach((leaf, i) => {
    expect(leaf.shape).toEqual(b[i].shape);
    const error = leaf.sub(b[i]).norm().dataSync()[0] / (b[i].norm().dataSync()[0] || 1);
    expect(error).toBeLessThanOrEqual(tolerance);
  });
}

/** PyTorch's weights under our names: matrices transposed, vectors as they are. */
const convert = (weights: Weights, names: { [theirs: string]: string }): Params =>
  Object.fromEntries(
    Object.entries(names).map(([theirs, ours]) => {
      const tensor = tf.tensor(weights[theirs]);
      return [ours, tensor.rank === 2 ? tensor.transpose() : tensor];
    }),
  );

const mlpNames = (prefix: string) => ({
  [`${prefix}.0.weight`]: "layer0.weight",
  [`${prefix}.0.bias`]: "layer0.bias",
  [`${prefix}.2.weight`]: "norm0.weight",
  [`${prefix}.2.bias`]: "norm0.bias",
  [`${prefix}.3.weight`]: "layer1.weight",
  [`${prefix}.3.bias`]: "layer1.bias",
  [`${prefix}.5.weight`]: "norm1.weight",
  [`${prefix}.5.bias`]: "norm1.bias",
  [`${prefix}.6.weight`]: "output.weight",
  [`${prefix}.6.bias`]: "output.bias",
});
const gruNames = {
  "gru.weight_ih_l0": "gru.input.weight",
  "gru.weight_hh_l0": "gru.hidden.weight",
  "gru.bias_ih_l0": "gru.input.bias",
  "gru.bias_hh_l0": "gru.hidden.bias",
};

describe("reference numbers of PyTorch", () => {
  const policy = (p: Params, obs: tf.Tensor2D) => {
    const h0 = layerNorm(p, "norm0", elu(linear(p, "layer0", obs)), 1e-5);
    const h1 = layerNorm(p, "norm1", elu(linear(p, "layer1", h0)), 1e-5);
    return linear(p, "output", h1);
  };

  test("Linear, ELU, LayerNorm: values and all gradients of the actor", () => {
    const data = reference("actor") as ActorData;
    const params = convert(data.weights, mlpNames("mu_net"));
    const obs = tf.tensor2d(data.obs);
    expectClose(policy(params, obs), tf.tensor(data.mu), 1e-6);
    const { grad } = valueAndGrad(({ params, obs }) => policy(params, obs).tanh().sum() as tf.Scalar, { params, obs });
    const expected = convert(data.grad_sum_deterministic, mlpNames("mu_net"));
    expectClose(grad, { params: expected, obs: tf.tensor(data.grad_sum_deterministic_obs) }, 1e-5);
  });

  const model = (p: Params, x: tf.Tensor2D) => {
    const h0 = layerNorm(p, "norm0", simNorm(linear(p, "layer0", x), 8), 1e-3);
    const h1 = layerNorm(p, "norm1", silu(linear(p, "layer1", h0)), 1e-3);
    const [mean, raw] = tf.split(linear(p, "output", h1), 2, 1);
    const upper = tf.sub(0.5, tf.softplus(tf.sub(0.5, raw)));
    return { mean, logVariance: tf.add(-10, tf.softplus(tf.add(upper, 10))) };
  };
  const likelihood = (p: Params, x: tf.Tensor2D, target: tf.Tensor2D) => {
    const { mean, logVariance } = model(p, x);
    const error = tf.mul(tf.square(tf.sub(mean, target)), tf.exp(tf.neg(logVariance)));
    return tf.add(tf.mean(error), tf.mean(logVariance)) as tf.Scalar;
  };

  const modelUpdate = (params: Params, state: AdamState, rate: tf.Scalar, x: tf.Tensor2D, y: tf.Tensor2D) => {
    const { value, grad } = valueAndGrad((p) => likelihood(p, x, y), params);
    return { value, grad, ...adamUpdate(params, grad, state, rate, { betas: [0.9, 0.999], epsilon: 1e-8 }) };
  };

  test("a whole update of the dynamics model: compiled equals eager, and repeats bit for bit", () => {
    const sizes = { layer0: [14, 64], layer1: [64, 64], output: [64, 22] };
    const start: Params = { "norm0.weight": tf.ones([64]), "norm0.bias": tf.zeros([64]) };
    Object.assign(start, { "norm1.weight": tf.ones([64]), "norm1.bias": tf.zeros([64]) });
    for (const [name, [from, to]] of Object.entries(sizes)) {
      start[`${name}.weight`] = normal([from, to], name).mul(0.2);
      start[`${name}.bias`] = normal([to], `${name} bias`).mul(0.2);
    }
    const [x, y] = [normal([128, 14], "x") as tf.Tensor2D, normal([128, 11], "y") as tf.Tensor2D];
    const rate = 2e-3;
    const run = (update: typeof modelUpdate) => {
      let [params, state] = [start, adamInit(start)];
      for (let i = 0; i < 5; i++) ({ params, state } = update(params, state, tf.scalar(rate), x, y));
      return params;
    };
    const compiled = jit("update", modelUpdate);
    const [eager, first, second] = [run(modelUpdate), run(compiled), run(compiled)];
    for (const name of Object.keys(start)) {
      expect(first[name].sub(eager[name]).abs().max().dataSync()[0]).toBeLessThan(0.01 * rate);
      expect(second[name].dataSync()).toEqual(first[name].dataSync());
    }
    compiled.dispose();
  });

  test("SimNorm, SiLU, LayerNorm, Adam: three updates of the dynamics model", () => {
    const data = reference("dynamics") as DynamicsData;
    let params = convert(data.weights, mlpNames("dyn_model"));
    const x = tf.concat2d([tf.tensor2d(data.normalized_obs), tf.tensor2d(data.action)], 1);
    const target = tf.tensor2d(data.target);
    expectClose(model(params, x), { mean: tf.tensor(data.mean), logVariance: tf.tensor(data.logvar) }, 1e-6);

    const update = jit(
      "update",
      (params: Params, state: AdamState, rate: tf.Scalar, x: tf.Tensor2D, y: tf.Tensor2D) => {
        const { value, grad } = valueAndGrad((p) => likelihood(p, x, y), params);
        return { value, grad, ...adamUpdate(params, grad, state, rate, { betas: [0.9, 0.999], epsilon: 1e-8 }) };
      },
    );
    let state = adamInit(params);
    for (let i = 0; i < 3; i++) {
      const result = update(params, state, tf.scalar(data.config.lr), x, target);
      expect(result.value.dataSync()[0]).toBeCloseTo(data.losses_of_3_updates[i], 4);
      if (i === 0) expectClose(result.grad, convert(data.grad_first_update, mlpNames("dyn_model")), 2e-5);
      ({ params, state } = result);
    }
    const expected = convert(data.weights_after_3_updates, mlpNames("dyn_model"));
    for (const [name, value] of Object.entries(params))
      expect(value.sub(expected[name]).abs().max().dataSync()[0]).toBeLessThan(0.01 * data.config.lr);
    expect(state.step.dataSync()[0]).toBe(3);
  });

  test("GRU outputs over a sequence", () => {
    const data = reference("dynamics_recurrent") as RecurrentData;
    const params = convert(data.weights, gruNames);
    const { mean, var: variance } = data.normalizer;
    const obs = tf
      .tensor3d(data.obs)
      .sub(mean)
      .div(tf.sqrt(tf.add(variance, 1e-5)));
    const inputs = tf.unstack(tf.concat([obs, tf.tensor3d(data.action)], 2), 1) as tf.Tensor2D[];
    const step = jit("gru", (p: Params, x: tf.Tensor2D, h: tf.Tensor2D) => gru(p, "gru", x, h));
    let h = tf.tensor2d(data.h0);
    const outputs = inputs.map((x) => (h = step(params, x, h)));
    expectClose(tf.stack(outputs, 1), tf.tensor(data.gru_outputs), 1e-6);
    expectClose(h, tf.tensor(data.h_final), 1e-6);
  });

  test("swap: the truth's value, the model's gradient", () => {
    const data = reference("swap") as SwapData;
    const [model, truth] = [tf.tensor2d(data.model_prediction), tf.tensor2d(data.true_next)];
    const { value, grad } = vjp(([m, t]) => swap(m, t), [model, truth], tf.tensor2d(data.upstream_gradient));
    expectClose(value, tf.tensor(data.output), 0);
    expectClose(grad[0], tf.tensor(data.grad_model_prediction), 0);
    expect(Math.max(...grad[1].abs().dataSync())).toBe(0);
  });
});

const x = () => normal([6, 16], "x") as tf.Tensor2D;
const normParams = () => ({ "n.weight": normal([16], "weight").add(1), "n.bias": normal([16], "bias") });
const linearParams = () => ({ "l.weight": normal([16, 5], "weight"), "l.bias": normal([5], "bias") });
const gruParams = () => ({
  "g.input.weight": normal([16, 24], "wi"),
  "g.hidden.weight": normal([8, 24], "wh"),
  "g.input.bias": normal([24], "bi"),
  "g.hidden.bias": normal([24], "bh"),
});
type Case = [name: string, fn: (args: { [name: string]: tf.Tensor }) => tf.Tensor, () => { [name: string]: tf.Tensor }];
const cases: Case[] = [
  ["linear", ({ x, ...p }) => linear(p, "l", x as tf.Tensor2D), () => ({ x: x(), ...linearParams() })],
  ["layerNorm", ({ x, ...p }) => layerNorm(p, "n", x as tf.Tensor2D, 1e-3), () => ({ x: x(), ...normParams() })],
  ["simNorm", ({ x }) => simNorm(x as tf.Tensor2D, 8), () => ({ x: x() })],
  ["simNorm of large inputs", ({ x }) => simNorm(x as tf.Tensor2D, 8), () => ({ x: x().mul(10).add(200) })],
  ["elu", ({ x }) => elu(x), () => ({ x: x().mul(3) })],
  ["silu", ({ x }) => silu(x), () => ({ x: x().mul(3) })],
  ["softplus", ({ x }) => tf.softplus(x), () => ({ x: x().mul(3) })],
  [
    "gru",
    ({ x, h, ...p }) => gru(p, "g", x as tf.Tensor2D, h as tf.Tensor2D),
    () => ({ x: x(), h: normal([6, 8], "h"), ...gruParams() }),
  ],
];

describe.each(cases)("%s", (_, fn, make) => {
  const weighted = (args: { [name: string]: tf.Tensor }) => {
    const y = fn(args);
    return y.mul(normal(y.shape, "cotangent")).sum() as tf.Scalar;
  };

  test("the gradient is the slope along random directions", () => {
    const args = make();
    const { grad } = valueAndGrad(weighted, args);
    const step = 3e-3;
    for (const name of Object.keys(args)) {
      const direction = normal(args[name].shape, `direction ${name}`);
      const at = (h: number) => weighted({ ...args, [name]: args[name].add(direction.mul(h)) }).dataSync()[0];
      const slope = (at(step) - at(-step)) / (2 * step);
      const expected = grad[name].mul(direction).sum().dataSync()[0];
      const scale = grad[name].norm().dataSync()[0] * direction.norm().dataSync()[0];
      expect(Math.abs(slope - expected)).toBeLessThan(2e-3 * scale);
    }
  });

  test("compiled equals eager, value and gradient, and frees what it makes", () => {
    const args = make();
    const cotangent = tidy(() => normal(fn(args).shape, "cotangent"));
    const both = (args: { [name: string]: tf.Tensor }, cotangent: tf.Tensor) => vjp(fn, args, cotangent);
    const before = tf.memory().numTensors;
    const eager = both(args, cotangent);
    const compiled = jit("case", both);
    compiled(args, cotangent);
    const again = compiled(args, cotangent);
    expect(tf.memory().numTensors).toBe(before + 3 * (1 + Object.keys(args).length));
    expectClose(again, eager, 1e-5);
    compiled.dispose();
  });
});

test("simNorm: extreme inputs give a one-hot group, and what is not a number stays visible", () => {
  const groups = tf.tensor2d([[1000, 0, 0, -1000, NaN, 0, 0, 0]]);
  const y = [...simNorm(groups, 4).dataSync()];
  y.slice(0, 4).forEach((value, i) => expect(value).toBeCloseTo(i === 0 ? 1 : 0, 12));
  for (const value of y.slice(4)) expect(value).toBeNaN();
});

test("misfits are refused by name", () => {
  expect(() => linear({ "a.weight": tf.ones([2, 2]) }, "a", tf.ones([1, 2]))).toThrow(
    'parameter "a.bias" is missing; there are a.weight.',
  );
  expect(() => simNorm(tf.ones([2, 12]), 8)).toThrow("simNorm: groups of 8 do not divide a width of 12.");
  expect(() => swap(tf.ones([2, 3]), tf.ones([3]))).toThrow("swap: model and truth");
});

describe("initialisers", () => {
  const random = () => streams(0)("init");

  test("uniformFanIn fills (-1/sqrt(fanIn), 1/sqrt(fanIn)) and repeats with its seed", () => {
    const values = uniformFanIn([200, 50], 200, random());
    const [low, high] = [values.min().dataSync()[0], values.max().dataSync()[0]];
    const bound = 1 / Math.sqrt(200);
    expect(low).toBeGreaterThanOrEqual(-bound);
    expect(high).toBeLessThanOrEqual(bound);
    expect(high - low).toBeGreaterThan(1.99 * bound);
    expect(uniformFanIn([200, 50], 200, random()).dataSync()).toEqual(values.dataSync());
  });

  test.each([
    [12, 5],
    [5, 12],
    [8, 8],
    [64, 1],
  ])("orthogonal [%i, %i]: the smaller side is orthogonal with the gain", (rows, columns) => {
    const w = orthogonal(rows, columns, Math.SQRT2, random());
    const gram = rows < columns ? tf.matMul(w, w, false, true) : tf.matMul(w, w, true, false);
    expectClose(gram, tf.eye(Math.min(rows, columns)).mul(2), 1e-6);
  });
});
