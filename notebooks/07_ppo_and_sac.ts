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
// # 7. PPO and SAC: policy gradients without a model
//
// **The idea.** If nobody gives derivatives of the world, two ways are left. Try actions at random and make those more
// likely that went better than expected (PPO). Or learn a function of state *and action* that says what an action is worth,
// and climb that (SAC). Both work with any simulator, and pay in samples.
//
// $$
// \nabla_\theta\, \mathbb{E}\, R = \mathbb{E} \sum_t A_t \nabla_\theta \log \pi_\theta(a_t|s_t)
// \quad \text{(PPO)}, \qquad
// \max_\theta\; \mathbb{E}\, \bigl[ Q(s, a) - \alpha \log \pi_\theta(a|s) \bigr], \; a \sim \pi_\theta(\cdot|s)
// \quad \text{(SAC)}
// $$

// %%
import { algorithms, dynamics, notebook, report, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 30 seconds on one core. `REAL = true` trains to the end, PPO for 4 and SAC for 2 million
// steps, in about 8 minutes.

// %%
const REAL = false;
const SEED = 1;
const stream = tensor.streams(SEED);

// %% [markdown]
// ## A gradient from samples, by hand
//
// One number to choose, $a \sim \mathcal{N}(\mu, \sigma)$, with reward $r(a) = -(a - 1)^2$. Two estimates of
// $\partial\, \mathbb{E}\, r / \partial \mu$ from the same samples: the *score function*, which needs rewards only,
// and the *pathwise* one, which needs the derivative of the reward.
//
// $$
// \text{score: } \frac{1}{N} \sum_i \bigl(r(a_i) - b\bigr) \frac{a_i - \mu}{\sigma^2}, \qquad
// \text{pathwise: } \frac{1}{N} \sum_i r'(a_i)
// $$

// %%
const [mu, sigma] = [0, 0.3];
const draws = stream("draws");
const reward = (a: number) => -((a - 1) ** 2);
const expected = -((mu - 1) ** 2) - sigma ** 2;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));

// %%
/** Of one sample. */
const estimators = {
  "score function": (a: number) => (reward(a) * (a - mu)) / sigma ** 2,
  "score function, baseline": (a: number) => ((reward(a) - expected) * (a - mu)) / sigma ** 2,
  pathwise: (a: number) => -2 * (a - 1),
};
const COUNTS = [1, 4, 16, 64, 256];
const spread = Object.entries(estimators).map(([name, of]) => {
  const estimate = (n: number) => mean(Array.from({ length: n }, () => of(mu + sigma * draws.normal())));
  const estimates = COUNTS.map((n) => Array.from({ length: 300 }, () => estimate(n)));
  return { name, x: COUNTS, y: estimates.map(deviation), mean: mean(estimates[4]) };
});
const title = "standard deviation of the estimate (true value: 2)";
await notebook.showChart({ title, x: "samples", log: "xy", lines: spread });
notebook.showTable(
  spread.map(({ name, mean, y }) => ({ estimator: name, "mean of 256": mean, "std of 1": y[0], "std of 256": y[4] })),
  2,
);

// %% [markdown]
// All are right on average. A *baseline* $b$ takes out what every action gets anyway; the derivative, where there is one,
// is worth many samples more. That is what DMO buys with its model. But the score function asks for nothing: let
// the reward be stairs, whose derivative is 0 wherever it exists, and it still sees the slope.
//
// ## Advantages
//
// The baseline for a state is its value. How much better than expected was action $a_t$? One can look one step ahead and
// trust the value for the rest, or look at everything that came and trust nothing. GAE
// ([Schulman et al., 2016](https://arxiv.org/abs/1506.02438)) mixes:
//
// $$
// \delta_t = r_t + \gamma V(s_{t+1}) - V(s_t), \qquad A_t = \delta_t + \gamma \lambda\, A_{t+1}
// $$
//
// By hand, on 100 steps of a cart, with the simplest value there is: every state is worth the mean reward, forever.

// %%
const cartpole = tasks.findTask("cartpole");
const carts = tasks.createEnvironment(cartpole, 32, stream("carts"));
const normalizer = new dynamics.RunningNormalizer(5);
const collector = new algorithms.Collector(carts, normalizer);
const initial = algorithms.initPpo(5, [64, 64], 1, stream("network"));
const noise = stream("noise");
const STEPS = 100;

const acted = Array.from({ length: STEPS }, () => {
  const obs = dynamics.normalize(tf.tensor2d(collector.obs, [32, 5]), normalizer.tensors());
  const { mean } = algorithms.meanAndValue(initial, obs);
  const action = mean.add(initial.logStd.exp().mul(tf.tensor2d(noise.normals(32), [32, 1]))) as tensor.tf.Tensor2D;
  const logProbability = algorithms.logProbability(mean, initial.logStd, action);
  return { ...collector.step(action.dataSync() as Float32Array), obs, action, logProbability };
});

// %%
const gamma = 0.99;
const everywhere = mean(acted.flatMap((step) => [...step.reward])) / (1 - gamma);
const V = acted.map(() => new Float32Array(32).fill(everywhere));

function advantages(lambda: number, cart: number): number[] {
  const A: number[] = [];
  for (let t = STEPS - 1; t >= 0; t--) {
    const delta = acted[t].reward[cart] + gamma * V[t][cart] - V[t][cart];
    const goesOn = t < STEPS - 1 && !acted[t].truncated[cart]; // what follows is still of this episode
    A.unshift(goesOn ? delta + gamma * lambda * A[0] : delta);
  }
  return A;
}
const library = algorithms.gae(acted, V, V, gamma, 0.95);
const gap = Math.max(...advantages(0.95, 0).map((a, t) => Math.abs(a - library[t][0])));
console.log(`Largest difference to the library's: ${gap.toExponential(1)}`);
if (!(gap < 1e-2)) throw new Error("GAE by hand should be the library's.");
// %%
const at = acted.map((_, t) => t);
await notebook.showChart({
  title: "advantage of the first cart's actions",
  x: "step",
  lines: [0, 0.95, 1].map((lambda) => ({ name: `lambda = ${lambda}`, x: at, y: advantages(lambda, 0) })),
});

// %% [markdown]
// With $\lambda = 0$ an action is praised for the reward of its own step, which it hardly caused; with $\lambda = 1$ for all
// that followed, most of which others caused. 0.95 looks about $1 / (1 - \gamma\lambda) \approx 17$ steps ahead.
//
// ## The clipped surrogate
//
// A rollout is expensive, so PPO ([Schulman et al., 2017](https://arxiv.org/abs/1707.06347)) takes several steps of Adam on it. After the first, the data are of another policy
// than the one that is changed. The ratio $\rho = \pi(a|s) / \pi_\text{old}(a|s)$ corrects for that, as long as it stays near 1:
//
// $$
// \mathcal{L} = -\operatorname{mean}\, \min\bigl(\rho A,\; \operatorname{clip}(\rho, 1 - c, 1 + c)\, A\bigr)
// $$

// %%
const CLIP = 0.2;
const surrogate = (rho: tensor.tf.Tensor, A: tensor.tf.Tensor | number) =>
  tf.minimum(rho.mul(A), rho.clipByValue(1 - CLIP, 1 + CLIP).mul(A));
const rho = tf.linspace(0.5, 1.5, 201);
const cases = { "A = +1": 1, "A = -1": -1 };
const drawn = (of: (A: number) => tensor.tf.Tensor) =>
  Object.entries(cases).map(([name, A]) => ({ name, x: rho.dataSync(), y: of(A).dataSync() }));
const x = "ratio of probabilities";
await notebook.showChart([
  { title: "surrogate", x, lines: drawn((A) => surrogate(rho, A)) },
  { title: "its derivative", x, lines: drawn((A) => tf.grad((x) => surrogate(x, A))(rho)) },
]);

// %% [markdown]
// A good action is made more likely until $\rho = 1.2$, a bad one less likely until 0.8: from there the derivative is 0, and
// this sample rests. It is clipped only where it would go *on* in its direction; the way back is always open.
//
// The library's loss holds the same, beside the value's. On the rollout above, with a network that moved a little:

// %%
const flat = <T extends tensor.tf.Tensor>(of: (step: (typeof acted)[number]) => T) => tf.concat(acted.map(of) as any[]);
// Advantages are brought to mean 0 and deviation 1, so that one learning rate fits rewards of any size.
const A = tf.tensor1d(algorithms.standardized(Float32Array.from(library.flatMap((row) => [...row]))));
const batch = {
  obs: flat((step) => step.obs) as tensor.tf.Tensor2D,
  action: flat((step) => step.action) as tensor.tf.Tensor2D,
  logProbability: flat((step) => step.logProbability) as tensor.tf.Tensor1D,
  value: tf.zeros([STEPS * 32]) as tensor.tf.Tensor1D,
  advantage: A,
  target: A,
};
// %%
const jitter = stream("jitter");
const moved = tensor.mapTree(initial, (p) => p.add(tf.tensor(jitter.normals(p.size), p.shape).mul(0.02)));
const now = algorithms.meanAndValue(moved, batch.obs);
const ratio = algorithms.logProbability(now.mean, moved.logStd, batch.action).sub(batch.logProbability).exp();
const byHand = surrogate(ratio, A).mean().neg().dataSync()[0];
const theirs = algorithms.ppoLoss(moved, batch, { clip: CLIP, valueWeight: 4, boundWeight: 1e-4 });
const clipped = theirs.clipFraction.dataSync()[0];
console.log(
  `Surrogate ${byHand.toFixed(5)}, library ${theirs.actorLoss.dataSync()[0].toFixed(5)}, ${(100 * clipped).toFixed(1)} % clipped`,
);
if (!(Math.abs(byHand - theirs.actorLoss.dataSync()[0]) < 1e-4))
  throw new Error("The surrogate by hand should be the library's.");

// %% [markdown]
// ## PPO learns

// %%
const ppo = new training.Training(training.resolveConfig("cartpole", "ppo", SEED, REAL ? [] : ["epochs=35"]));
const ppoRows: training.Row[] = [];

// %%
await notebook.watch(ppo.rows(), (rows) => report.learningCurves([{ name: "PPO", rows }]), ppoRows, ppo.config.epochs);

// %%
const bySamples = (title: string, rows: readonly training.Row[], name: string, column: training.Column) => ({
  title,
  x: "environment steps",
  lines: [notebook.line(name, rows, "samples", column)],
});
await notebook.showChart([
  bySamples("share of samples that are clipped", ppoRows, "PPO", "clip_fraction"),
  bySamples("standard deviation of the action", ppoRows, "PPO", "action_std"),
]);

// %% [markdown]
// Its noise shrinks as it gets sure of itself: nothing tells it to keep trying.
//
// ## SAC: the soft value
//
// SAC ([Haarnoja et al., 2018](https://arxiv.org/abs/1812.05905)) wants reward *and* entropy, weighed by the temperature $\alpha$. For one state, with a $Q$ of one action, the best
// such policy and what it is worth can be written down:
//
// $$
// \pi_\alpha(a) \propto e^{Q(a) / \alpha}, \qquad
// V = \max_\pi \mathbb{E}\bigl[Q - \alpha \log \pi\bigr] = \alpha \log \int e^{Q(a) / \alpha}\, da
// $$

// %%
const CELLS = 400;
const width = 2 / CELLS;
const grid = Array.from({ length: CELLS }, (_, i) => -1 + (i + 0.5) * width);
const Q = (a: number) => Math.exp(-30 * (a - 0.5) ** 2) + 0.8 * Math.exp(-8 * (a + 0.5) ** 2);

function softPolicy(alpha: number) {
  const weights = grid.map((a) => Math.exp(Q(a) / alpha));
  const total = weights.reduce((a, b) => a + b, 0) * width; // the integral, as a sum over cells
  const density = weights.map((w) => w / total);
  const entropy = -density.reduce((sum, p) => sum + p * Math.log(p) * width, 0);
  return { density, entropy, value: alpha * Math.log(total) };
}
// %%
const alphas = [0.05, 0.2, 1];
const densities = alphas.map((alpha) => ({ name: `alpha = ${alpha}`, x: grid, y: softPolicy(alpha).density }));
await notebook.showChart([
  { title: "Q", x: "action", lines: [{ name: "Q", x: grid, y: grid.map(Q) }] },
  { title: "best soft policy, density", x: "action", lines: densities },
]);

// %% [markdown]
// The value, by the integral and by samples of $Q - \alpha \log \pi$. For the best policy every sample gives the same number;
// for any other (here: uniform) the mean is lower.

// %%
const chance = stream("chance");
/** The number of a cell, drawn with its density: where the sum of densities passes a uniform number. */
function draw(density: readonly number[]): number {
  let rest = chance.uniform() / width;
  const i = density.findIndex((p) => (rest -= p) < 0);
  return i < 0 ? CELLS - 1 : i; // rounding may leave a little behind the last
}

// %%
const softValues = alphas.map((alpha) => {
  const { density, value, entropy } = softPolicy(alpha);
  const of = (i: number, p: number) => Q(grid[i]) - alpha * Math.log(p);
  const drawn = Array.from({ length: 1000 }, () => draw(density)).map((i) => of(i, density[i]));
  const uniform = mean(grid.map((_, i) => of(i, 0.5)));
  return { alpha, "by the integral": value, "by samples": mean(drawn), "uniform policy": uniform, entropy };
});
notebook.showTable(softValues, 3);
if (!softValues.every((row) => Math.abs(row["by the integral"] - row["by samples"]) < 1e-3))
  throw new Error("The soft value by samples should be the integral's.");
if (!softValues.every((row) => row["uniform policy"] < row["by samples"]))
  throw new Error("The best soft policy should be worth more than the uniform one.");

// %% [markdown]
// ## The temperature
//
// What $\alpha$ should be depends on the scale of the rewards, so SAC asks for an entropy $H$ instead (minus the number of
// actions) and lets $\log \alpha$ descend $-\alpha\, \mathbb{E}[\log \pi + H]$: too little entropy raises $\alpha$, too much lowers
// it.

// %%
const H = -1;
let log: tensor.tf.Scalar = tf.scalar(0);
const tuning = Array.from({ length: 150 }, (_, k) => {
  const alpha = Math.exp(log.dataSync()[0]);
  const { entropy } = softPolicy(alpha);
  const loss = (x: tensor.Params) => algorithms.temperatureLoss(x, tf.tensor1d([-entropy]), H);
  const slope = tensor.valueAndGrad(loss, { log: log }).grad.log;
  const own = alpha * (entropy - H); // the derivative by hand
  if (!(Math.abs(slope.dataSync()[0] - own) < 1e-4)) throw new Error("The derivative by hand should be the library's.");
  log = log.sub(Math.sign(own) * Math.min(0.1, Math.abs(own))); // of the logarithm, so that the temperature stays above 0
  return { update: k, alpha, entropy };
});
// %%
const entropies = [
  notebook.line("entropy", tuning, "update", "entropy"),
  notebook.line("wanted", tuning, "update", () => H, { dash: "dash" }),
];
await notebook.showChart([
  { title: "temperature", x: "updates", log: "y", lines: [notebook.line("alpha", tuning, "update", "alpha")] },
  { title: "entropy of the best policy [nats]", x: "updates", lines: entropies },
]);

// %% [markdown]
// ## SAC learns
//
// Two Q functions from everything seen so far (the smaller one counts), an actor that climbs them, an update after every
// step of all environments. In the quick setting with small batches, few environments and fast targets, so that there are
// many updates for each sample.

// %%
const quick = [
  ...["epochs=40", "envs=8", "gamma=0.97", "replay.batch=128", "replay.initial=2000"],
  ...["critic.tau=0.02", "actor.learningRate=0.002", "critic.learningRate=0.002"],
];
const sac = new training.Training(
  training.resolveConfig("cartpole", "sac", SEED, REAL ? ["epochs=1000", "replay.batch=256"] : quick),
);
const sacRows: training.Row[] = [];

// %%
await notebook.watch(sac.rows(), (rows) => report.learningCurves([{ name: "SAC", rows }]), sacRows, sac.config.epochs);

// %%
await notebook.showChart([
  { ...bySamples("temperature", sacRows, "SAC", "temperature"), log: "y" },
  bySamples("entropy [nats]", sacRows, "SAC", "entropy"),
]);

// %% [markdown]
// ## Against samples
//
// DMO beside them, on the same task:

// %%
const dmo = new training.Training(
  training.resolveConfig("cartpole", "dmo", SEED, REAL ? [] : ["epochs=50", "decayEpochs=50"]),
);
const returns = (rows: readonly training.Row[], name: string) => notebook.line(name, rows, "samples", "return");
const dmoRows: training.Row[] = [];

// %%
await notebook.watch(
  dmo.rows(),
  (rows) =>
    notebook.chart({
      title: "return of an episode",
      x: "environment steps",
      log: "x",
      lines: [returns(ppoRows, "PPO"), returns(sacRows, "SAC"), returns(rows, "DMO")],
    }),
  dmoRows,
  dmo.config.epochs,
);

// %%
const scores = Object.entries({ PPO: ppo, SAC: sac, DMO: dmo }).map(([algorithm, run]) => {
  const rows = { PPO: ppoRows, SAC: sacRows, DMO: dmoRows }[algorithm]!;
  const { mean } = training.evaluatePolicy(run.policy(), 16, 0);
  const { samples, wall_seconds } = rows[rows.length - 1];
  return { algorithm, samples: samples!, "score without noise": Math.round(mean), seconds: wall_seconds! };
});
notebook.showTable(scores, 2);
const learned = ppo.policy();
notebook.showReplay(report.record(cartpole, (obs) => learned.act(obs), { title: "CartPole, PPO" }));

// %% [markdown]
// A pole that just hangs earns -2,370. Read the figure by its horizontal axis, which is logarithmic: each factor of two
// costs as much as all that came before. SAC takes the fewest samples, because it uses each of them many times, and comes
// to rest on a plateau near -1,600 (the pole swings but does not stand), which it leaves after many more updates. PPO
// throws every sample away after five passes; but on this task its samples are cheap, and it needs neither model nor
// derivative. Where curves *begin* says how wildly an untrained policy of that kind throws the cart about. One seed and short
// runs: where they end says little ([notebook 11](11_ablation_study.ipynb)); runs to the end are in [notebook 13](13_results.ipynb).
//
// What this notebook claims, checked:

// %%
const [score, , pathwise] = spread;
if (!(score.y[0] > 3 * pathwise.y[0])) throw new Error("The score function should scatter more than the derivative.");
const scoreOf = (name: string) => scores.find(({ algorithm }) => algorithm === name)!["score without noise"];
if (!(scoreOf("PPO") > -2000)) throw new Error("PPO should do better than to let the pole hang.");
if (!(scoreOf("SAC") > -2150)) throw new Error("SAC should do better than to let the pole hang.");
const last = tuning[tuning.length - 1];
if (!(Math.abs(last.entropy - H) < 0.05))
  throw new Error("The temperature should bring the entropy to what is wanted.");

// %% [markdown]
// ## Summary
//
// - The score function gives a gradient from rewards alone, and scatters; a baseline and GAE make it usable.
// - PPO takes several steps on a rollout, and the clipped surrogate keeps each sample's ratio near 1.
// - SAC learns Q from old data, climbs it, and keeps the entropy at a wanted level by its temperature.
//
// ## Exercises
//
// 1. Replace `reward` by stairs, `-((Math.round(4 * a) / 4 - 1) ** 2)`, and compare the three estimates with a central
//    difference of the mean of many rewards at two values of `mu`. Which of them are right?
//
//    <details><summary>Hint</summary>
//
//    The difference needs two values of `mu` far enough apart, 0.1 say, and the same random numbers for both.
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    Both score functions are right, the pathwise one is 0: the derivative of stairs is 0 wherever it exists, and
//    what the stairs do between two samples it never sees.
//
//    </details>
// 2. Train PPO with `"ppo.lambda=0"` and `"ppo.lambda=1"`. What does the figure of advantages say about what you see?
//
//    <details><summary>Hint</summary>
//
//    A policy gradient is a sum over steps of advantage times direction. Which of the two advantages is small and
//    biased, which is large and noisy?
//
//    </details>
// 3. Train PPO with `"ppo.clip=10"` and look at `kl` and `actor_learning_rate`: what else keeps the policy from running
//    away here?
//
//    <details><summary>Hint</summary>
//
//    `bySamples("KL", ppoRows, "PPO", "kl")`. The learning rate is not constant: what does it follow?
//
//    </details>
// 4. `softPolicy(0.05)` has nearly forgotten the second hill of Q. SAC's actor is one Gaussian: draw the Gaussian that comes
//    closest to `softPolicy(0.2)`, and say what it loses.
//
//    <details><summary>Hint</summary>
//
//    Mean and standard deviation of the density on `grid`; or the Gaussian of the higher hill alone. Which one would
//    gradient ascent on $\mathbb{E}[Q - \alpha \log \pi]$ find from the left?
//
//    </details>
//
// Next: [one model, used in three ways](08_imagination_and_maac.ipynb).
