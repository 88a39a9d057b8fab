// ---
// jupyter:
//   jupytext:
//     formats: ipynb,ts:percent
//     notebook_metadata_filter: -jupytext.text_representation.format_version,-jupytext.text_representation.jupytext_version
//     text_representation:
//       extension: .ts
//       format_name: percent
//   kernelspec:
//     display_name: TypeScript
//     language: typescript
//     name: tslab
// ---

// %% [markdown]
// # 12. Your own robot, your own algorithm
//
// **The idea.** Nothing in the library knows its robots or its algorithms: a task is a model and a few formulas, an algorithm
// is five functions. This notebook makes one of each in cells. The robot: a body on one driven wheel, which has to keep its
// balance and drive at 1 m/s. The algorithm: the cross-entropy method, which tries policies at random and moves towards
// the best.
//
// $$
// r = 1 - \varphi^2 - \tfrac{1}{2} (v - 1)^2 - \tfrac{1}{100}\, a^2, \qquad
// \theta_i \sim \mathcal{N}(\mu, \sigma), \quad
// (\mu, \sigma) \leftarrow \text{mean and deviation of the best } \theta_i
// $$

// %%
import { algorithms, notebook, packageFile, physics, report, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 25 seconds on one core. `REAL = true` trains for as long as in the documentation, in about a
// minute.

// %%
const REAL = false;
const SEED = 1;
const EPOCHS = REAL ? 200 : 110;

// %% [markdown]
// ## The robot
//
// `readModel` reads MJCF or URDF with MuJoCo's own compiler. What the file does not have is the ground of the
// differentiable engine: a spring, here one into which a robot of 4 kg sinks by a few millimetres.

// %%
const model = await physics.readModel(packageFile("examples/balancer.xml"), {
  timeStep: 1 / 60, // s, a control step
  substeps: 16,
  contact: { ke: 1e4, kd: 1e3, kf: 300 },
});
notebook.showTable(
  model.links.map(({ name, parent = "world", mass = 0 }) => ({ link: name, parent, "mass [kg]": mass })),
  3,
);

// %% [markdown]
// ## The task
//
// `observe` is a formula over symbols, from which both engines compile code, and the differentiable one its derivative.
// `rewardTerms` are tensors for all robots at once. `q` and `qd` hold x, z, pitch, wheel.

// %%
const observation = [
  { name: "pitch", size: 1, unit: "rad" },
  { name: "velocity: forward, up", size: 2, unit: "m/s" },
  { name: "pitch rate", size: 1, unit: "rad/s" },
  { name: "wheel velocity", size: 1, unit: "10 rad/s" },
] as const;
const read = tasks.reader(observation); // finds a row of the table in an observation
const rewardTerms: { [name: string]: tasks.RewardTerm } = {
  standing: { weight: 1, term: (obs) => tf.onesLike(read(obs, "pitch")) }, // for every step that it has not fallen
  pitch: { weight: -1, term: (obs) => tf.square(read(obs, "pitch")) },
  speed: { weight: -0.5, term: (obs) => tf.square(tf.sub(read(obs, "velocity: forward"), 1)) },
  action: { weight: -0.01, term: (_, { action }) => tasks.sumOfSquares(action) },
};

// %%
const balancer = tasks.defineTask({
  name: "balancer",
  model,
  episodeLength: 300,
  observation,
  observe: ({ q, qd }) => [q[2], ...qd.slice(0, 3), physics.mul(0.1, qd[3])], // the order of the table
  rewardTerms,
  ends: { "pitch beyond 1 rad": (obs) => tf.greater(tf.abs(read(obs, "pitch")), 1) },
  start: () => ({ q: [0, 0, 0, 0], qd: [0, 0, 0, 0] }), // of the episode that is looked at; `reset` of those that train
  reset: (random) => ({
    q: tasks.uniforms(random, 4, 0.1).map((x, i) => (i === 1 ? 0 : x)), // not into the ground
    qd: tasks.uniforms(random, 4, 0.1),
  }),
});

// %% [markdown]
// First look: does it move as it should? A steady push forwards, then what a balance controller by hand does: push in the
// direction in which it falls.

// %%
const byHand = (obs: Float32Array) => Float32Array.of(4 * obs[0] + 0.2 * obs[3]);
notebook.showReplay(
  report.record(balancer, () => Float32Array.of(0.1), { title: "Balancer, pushed" }),
  report.record(balancer, byHand, { title: "Balancer, by hand" }),
);

// %% [markdown]
// Second look: the derivatives, which every robot has on the differentiable engine without further work. They also show what
// the reward asks for: early pushes pay, because the robot drives from then on. Against central differences:

// %%
const STEPS = 20;
const stream = tensor.streams(SEED);
const pushes = stream("pushes");
const actions = Array.from({ length: STEPS }, () => [[pushes.uniform(-0.3, 0.3)]]);
const { gradient } = tasks.simulate(balancer, actions, { gradient: true });
// One robot for each action and sign: the action moved by 0.02 up or down (as in notebook 6).
const moved = actions.map(([[a]], t) =>
  Array.from({ length: 2 * STEPS }, (_, robot) => [t === robot >> 1 ? a + (robot % 2 ? 0.02 : -0.02) : a]),
);
const { reward } = tasks.simulate(balancer, moved);
const sum = (robot: number) => reward.reduce((total, row) => total + row[robot], 0);
const differences = actions.map((_, t) => (sum(2 * t + 1) - sum(2 * t)) / 0.04);
const exact = gradient!.map(([row]) => row[0]);
const at = actions.map((_, t) => t);

// %%
await notebook.showChart({
  title: "derivative of the summed reward with respect to each action",
  x: "step of the action",
  lines: [
    { name: "engine", x: at, y: exact },
    { name: "central differences", x: at, y: differences, mode: "markers" },
  ],
});
const size = Math.max(...exact.map(Math.abs));
const error = Math.max(...exact.map((g, t) => Math.abs(g - differences[t]))) / size;
console.log(`Largest difference: ${(100 * error).toFixed(1)} % of the largest derivative`);
if (!(error < 0.1)) throw new Error("The engine's derivatives should agree with central differences.");

// %% [markdown]
// ## DMO on it
//
// An algorithm is made by `create(config, environment, stream)`; what it gives has `epoch`, `policy`, `save`, `load` and
// `dispose`. This loop is all that training is, for any algorithm on any task:

// %%
type Entry = { config: algorithms.LearnerConfig; create: algorithms.CreateLearner<any> };
const learners: { [name: string]: algorithms.Learner } = {};

async function* train(name: string, { config, create }: Entry): AsyncGenerator<training.Row> {
  const stream = tensor.streams(SEED);
  const environment = tasks.createEnvironment(balancer, config.envs, stream("environment"));
  const learner = (learners[name] = create(config, environment, stream));
  const began = performance.now();
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    const metrics = learner.epoch(epoch);
    const known = Object.fromEntries(Object.entries(metrics).filter(([, value]) => !Number.isNaN(value)));
    await new Promise(setImmediate);
    yield { epoch, ...known, wall_seconds: (performance.now() - began) / 1000 };
  }
}

// %%
/** Mean return of a policy without noise over 16 episodes. */
function scoreOf(policy: training.Policy): number {
  const environment = tasks.createEnvironment(balancer, 16, tensor.streams(0)("evaluation starts"));
  return training.evaluate(policy, environment).mean;
}

// %%
const preset = training.dmoPreset("ant"); // where tasks without settings of their own begin
const dmo = {
  ...preset,
  ...{ envs: 32, epochs: EPOCHS, decayEpochs: EPOCHS },
  dynamics: { ...preset.dynamics!, hidden: [64, 64], updates: 16, initialUpdates: 300 },
};
const { create } = training.findAlgorithm("dmo");
// %%
const dmoRows: training.Row[] = [];
await notebook.watch(
  train("DMO", { config: dmo, create }),
  (rows) => report.learningCurves([{ name: "DMO", rows }]),
  dmoRows,
  EPOCHS,
);
const dmoPolicy = new training.Policy("balancer", learners["DMO"].policy());
notebook.showReplay(report.record(balancer, (obs) => dmoPolicy.act(obs), { title: "Balancer, DMO" }));

// %% [markdown]
// ## An algorithm in a few cells
//
// The cross-entropy method looks at returns alone. An epoch: every environment tries a linear policy of its own,
// $a = \tanh(\theta^\top [s, 1])$, for one episode; mean and deviation move to those of the best. It needs no gradient of anything. What
// it promises in return: all that later epochs depend on goes through `save` and `load`, and all that is random is drawn
// from `stream`.

// %%
type Search = algorithms.LearnerConfig & { search: { sigma: number; best: number } };
/** Policies are drawn from it: mean and deviation of [observation and 1, action] weights. */
type Gaussian = { mean: Float32Array; deviation: Float32Array };

/** The Gaussian of the best policies: what a generation moves to. */
function gaussianOf(best: readonly Float32Array[]): Gaussian {
  const over = (of: (policy: Float32Array) => number) => best.reduce((sum, p) => sum + of(p), 0) / best.length;
  const mean = best[0].map((_, k) => over((p) => p[k]));
  // A little stays, or a weight that all of the best share would never change again.
  return { mean, deviation: mean.map((m, k) => Math.sqrt(over((p) => (p[k] - m) ** 2)) + 0.02) };
}

/** Of policies [env, observation and 1, action] at observations [env * observation]. */
const actionsOf = (theta: tensor.tf.Tensor, seen: Float32Array) =>
  tensor.tidy(() => {
    const [envs, inputs] = theta.shape;
    const obs = tf.tensor2d(seen, [envs, inputs! - 1]).concat(tf.ones([envs, 1]), 1);
    return theta.mul(obs.expandDims(2)).sum(1).tanh().dataSync() as Float32Array;
  });

// %%
/** Returns of the policies, each in the first episode of an environment of its own. */
function tryOut(policies: readonly Float32Array[], environment: tasks.Environment, steps: number): Float32Array {
  const { observationSize: obs, actionSize: act } = environment.task;
  const envs = policies.length;
  const theta = tf.tensor3d(Float32Array.from(policies.flatMap((p) => [...p])), [envs, obs + 1, act]);
  const [returns, over] = [new Float32Array(envs), new Uint8Array(envs)];
  let seen = environment.reset();
  for (let t = 0; t < steps; t++) {
    const step = environment.step(actionsOf(theta, seen));
    returns.forEach((_, i) => (returns[i] += over[i] ? 0 : step.earned[i]));
    over.forEach((_, i) => (over[i] |= step.ended[i]));
    seen = step.resetObs;
  }
  theta.dispose();
  return returns;
}

// %%
/** Where the search begins: around weights of 0. */
function firstGaussian({ observationSize, actionSize }: tasks.Task, sigma: number): Gaussian {
  const mean = new Float32Array((observationSize + 1) * actionSize);
  return { mean, deviation: mean.map(() => sigma) };
}

/** The mean of the Gaussian as a policy: one linear layer, and no normaliser. */
const linear = (mean: Float32Array, obs: number, act: number): algorithms.PolicySnapshot => ({
  network: "elu-norm-tanh-mean",
  actor: {
    "output.weight": tf.tensor2d(mean.slice(0, obs * act), [obs, act]),
    "output.bias": tf.tensor1d(mean.slice(obs * act)),
  },
  normalizer: { mean: new Array(obs).fill(0), variance: new Array(obs).fill(1), count: 1 },
});

// %% [markdown]
// An epoch, and with it the five functions of a learner:

// %%
/** One epoch of the method: draw policies, try them out, move to the best. */
function generation({ mean, deviation }: Gaussian, { envs, horizon, search }: Search, place: Place) {
  const { random, environment } = place;
  const policies = Array.from({ length: envs }, () => mean.map((m, k) => m + deviation[k] * random.normal()));
  const returns = tryOut(policies, environment, horizon);
  const order = [...returns.keys()].sort((i, j) => returns[j] - returns[i]);
  const gaussian = gaussianOf(order.slice(0, search.best).map((i) => policies[i]));
  return { gaussian, mean: returns.reduce((a, b) => a + b) / envs };
}
type Place = { random: tensor.RandomStream; environment: tasks.Environment };

// %%
const createSearch: algorithms.CreateLearner<Search> = (config, environment, stream) => {
  const { task } = environment;
  const random = stream("search");
  let now = firstGaussian(task, config.search.sigma);
  return {
    epoch: (epoch) => {
      const { gaussian, mean } = generation(now, config, { random, environment });
      now = gaussian;
      return { samples: (epoch + 1) * config.envs * config.horizon, return: mean };
    },
    policy: () => linear(now.mean, task.observationSize, task.actionSize),
    save: () => ({ now, random: random.save(), environment: environment.save() }),
    load: (saved: any) => {
      now = saved.now;
      random.load(saved.random);
      environment.load(saved.environment);
    },
    dispose: () => {}, // it keeps no tensors
  };
};

// %%
const crossEntropy = training.defineAlgorithm<Search>({
  summary: "cross-entropy method: linear policies at random, then around the best of them",
  preset: () => ({ envs: 64, horizon: 300, gamma: 1, epochs: 15, search: { sigma: 3, best: 8 } }),
  settings: {
    "search.sigma": training.positive("standard deviation of the first weights"),
    "search.best": training.count("policies that the next ones are drawn around"),
  },
  create: createSearch,
});

// %%
const search = crossEntropy.preset("ant");
const searchRows: training.Row[] = [];
await notebook.watch(
  train("search", { config: search, create: crossEntropy.create }),
  (rows) =>
    report.learningCurves([
      { name: "DMO", rows: dmoRows },
      { name: "cross-entropy method", rows },
    ]),
  searchRows,
  search.epochs,
);
const searchPolicy = new training.Policy("balancer", learners["search"].policy());
notebook.showReplay(
  report.record(balancer, (obs) => searchPolicy.act(obs), { title: "Balancer, cross-entropy method" }),
);

// %% [markdown]
// Does `save` hold everything? Two learners: one goes on from what the other saved, and their next epochs have to be equal.

// %%
// Different seeds, so that equal numbers can only come from what was saved.
const twins = [7, 8].map((seed) => {
  const stream = tensor.streams(seed);
  return crossEntropy.create(search, tasks.createEnvironment(balancer, search.envs, stream("environment")), stream);
});
twins[0].epoch(0);
twins[1].load(twins[0].save());
const [one, other] = twins.map((learner) => learner.epoch(1).return);
console.log(`The next epoch: ${one}, ${other}`);
if (one !== other) throw new Error("What was saved should be all that the next epoch depends on.");

// %% [markdown]
// ## Compared
//
// The controller by hand as a policy like the others: a linear one, with two weights that are not 0.

// %%
const hand = new training.Policy("balancer", {
  network: "elu-norm-tanh-mean",
  actor: {
    "output.weight": tf.tensor2d([4, 0, 0, 0.2, 0], [5, 1]),
    "output.bias": tf.zeros([1]),
  },
  normalizer: { mean: [0, 0, 0, 0, 0], variance: [1, 1, 1, 1, 1], count: 1 },
});
const results = [
  { policy: "by hand", samples: 0, score: scoreOf(hand) },
  { policy: "DMO", samples: dmoRows[dmoRows.length - 1].samples!, score: scoreOf(dmoPolicy) },
  { policy: "cross-entropy method", samples: searchRows[searchRows.length - 1].samples!, score: scoreOf(searchPolicy) },
];
notebook.showTable(results, 4);

// %% [markdown]
// By hand it stands, but nobody told it to drive. Both algorithms find out that to drive it has to lean. With six weights to
// find, trying is a good method, with many times the samples; with thousands it is not, and a gradient is.
//
// ## As files
//
// The task as the default export of `my-robot.js`, the algorithm as that of `my-algorithm.js`, and everything that works for
// the library's own works for them: checkpoints, reports, studies, MuJoCo with `--set engine=mujoco`.
//
//     npx dmo-lab train --task ./my-robot.js --algorithm ./my-algorithm.js --set search.best=4
//
// [Your own robot](../docs/your-own-robot.md) and [your own algorithm](../docs/your-own-algorithm.md) go through it part by part; `examples/` has both.
//
// What this notebook claims, checked:

// %%
const [handScore, dmoScore, searchScore] = results.map(({ score }) => score);
if (!(handScore > 100)) throw new Error("The controller by hand should keep the balance.");
if (!(dmoScore > handScore + 30)) throw new Error("DMO should drive, and do better than the controller by hand.");
if (!(searchScore > handScore + 30)) throw new Error("The cross-entropy method should drive as well.");

// %% [markdown]
// ## Summary
//
// - A task: a model, a formula for what is seen, reward terms, ends, starts. Both engines and all derivatives follow.
// - An algorithm: `preset`, `settings`, `create`; a learner has `epoch`, `policy`, `save`, `load`, `dispose`.
// - Look before training: replay, derivatives, a controller by hand. It is the score that a learner has to beat.
//
// ## Exercises
//
// 1. Let it drive at -1 m/s, then at 3 m/s. What happens to the pitch? Which term has to give?
//
//    <details><summary>Hint</summary>
//
//    The target stands in the term `speed`. At rest at a constant speed, which pitch balances the wheel's push
//    against the rolling body?
//
//    </details>
// 2. Leave the vertical velocity out of `observe`, which hardly changes, and correct the table. Does anything change? Then
//    leave the wheel's out. Can the forward velocity be left out as well, if the reward needs it?
//
//    <details><summary>Hint</summary>
//
//    A reward term reads the observation: what is left out can no longer be rewarded. The wheel turns as fast as the
//    body drives, unless it slips.
//
//    </details>
// 3. Keep the best policy of the epoch before among the 64 (`policies[0] = ...`). Does it learn faster? Is it still robust
//    against a lucky start?
//
//    <details><summary>Hint</summary>
//
//    A policy that was lucky once stays among the best if its return is kept with it; here it is tried again, from
//    another start, in every epoch.
//
//    </details>
// 4. Write the algorithm to a file, and let a study (notebook 11) compare `search.best` 4, 8 and 16 over five seeds.
//
//    <details><summary>Hint</summary>
//
//    `examples/` has the same algorithm as a file; `npx dmo-lab sweep --help` says how a study names it.
//
//    </details>
//
// Next: [results](13_results.ipynb).
