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
// # 4. Decoupled gradients: values from the simulator, derivatives from the model
//
// **The idea.** A rollout does two things: it says *where* the robot goes, and it says how that *would change* if the
// actions changed. Imagination takes both from a learned model, so that the model's errors add up from step to step.
// DMO takes only the second from it. One operation does that: `swap` has the simulator's value and the model's gradient.
//
// $$
// \operatorname{swap}(m, s') = s', \qquad
// \frac{\partial \operatorname{swap}}{\partial m} = I, \qquad
// \frac{\partial \operatorname{swap}}{\partial s'} = 0
// $$
//
// This notebook uses `swap`, does the same without it (the *adjoint form*, which the library uses), and then measures what it buys: how well DMO's gradient and imagination's point to where the true gradient points.

// %%
import { algorithms, dynamics, notebook, packageFile, physics, report, study, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 40 seconds on one core. `REAL = true` compares eight models of the size that the paper
// uses, at more states, in about 7 minutes.

// %%
const REAL = false;
const SEED = 1;
const MODELS = REAL ? 8 : 3;
const hidden = REAL ? [512, 512] : [128, 128];
const updates = REAL ? 4000 : 1500;
const batches = REAL ? 8 : 3;

// %% [markdown]
// ## An operation with a gradient of one's own
//
// `tf.customGrad` takes a function that gives a value, and beside it what reverse mode is to do with the gradient `dy` that
// comes back. The smallest use: rounding, whose derivative is 0 wherever it has one, with the derivative of the number that was
// rounded (a *straight-through* gradient, [Bengio et al., 2013](https://arxiv.org/abs/1308.3432)).

// %%
const rounded = tf.customGrad((x) => ({
  value: (x as tensor.tf.Tensor).round(),
  gradFunc: (dy) => dy.clone(), // one argument, so one gradient; with two arguments an array of two
}));
const slope = tf.grad((x) => rounded(x).mul(2))(tf.scalar(0.7));
console.log(
  `2 round(0.7) = ${rounded(tf.scalar(0.7)).mul(2).dataSync()[0]}, its derivative here ${slope.dataSync()[0]}`,
);

// %% [markdown]
// `swap` is made the same way, of two arguments: the model's value and the simulator's. The library has it, as `tensor.swap`;
// to write it is the first part of the assignment [swap](exercises/swap.ipynb).

// %%
const { swap } = tensor;

// %% [markdown]
// A simulator of one number: it answers in stairs, so its derivative is 0 wherever it has one. Beside it a model, smooth
// and wrong: too flat, and too high at the start.

// %%
const stairs = (a: tensor.tf.Tensor) => a.mul(12).floor().div(12);
const smooth = (a: tensor.tf.Tensor) => a.mul(0.6).add(0.3);
const a = tf.linspace(0, 1, 241);
const curve = (name: string, y: tensor.tf.Tensor, dash?: "dash") => ({ name, x: a.dataSync(), y: y.dataSync(), dash });
const swapped = (a: tensor.tf.Tensor) => swap(smooth(a), stairs(a));
const curves = (ofSimulator: tensor.tf.Tensor, ofModel: tensor.tf.Tensor, ofSwap: tensor.tf.Tensor) => [
  curve("simulator", ofSimulator),
  curve("model", ofModel),
  curve("swap", ofSwap, "dash"),
];
const slopes = curves(a.mul(0), tf.grad(smooth)(a), tf.grad(swapped)(a)); // TensorFlow has no derivative of `floor`: it is 0
await notebook.showChart([
  { title: "next state", x: "action", lines: curves(stairs(a), smooth(a), swapped(a)) },
  { title: "derivative", x: "action", lines: slopes },
]);

// %% [markdown]
// Which action brings this system to 0.75? Follow the derivative of the squared distance, 60 steps, three ways.

// %%
function descend(next: (a: tensor.tf.Tensor) => tensor.tf.Tensor): number {
  const slope = tf.grad((a) => next(a).sub(0.75).square());
  let action: tensor.tf.Tensor = tf.scalar(0.1);
  for (let k = 0; k < 60; k++) action = action.sub(slope(action).mul(0.2));
  return stairs(action).dataSync()[0];
}
const reached = [
  { gradient: "simulator: no derivative, no move", "simulator then says": descend(stairs) },
  { gradient: "model: reaches 0.75 in its own eyes", "simulator then says": descend(smooth) },
  { gradient: "swap", "simulator then says": descend(swapped) },
];
notebook.showTable(reached);
if (Math.abs(reached[2]["simulator then says"] - 0.75) > 0.09)
  throw new Error("swap should end within one stair of 0.75.");

// %% [markdown]
// ## A robot, a policy, a model
//
// Now the real thing: Hopper, a leg that hops, with a policy that was trained for 40 epochs and can do a little. It falls
// a lot, which is where contact matters.

// %%
const hopper = tasks.findTask("hopper");
const policy = training.Policy.load(packageFile("data/policies/hopper-40-epochs.json"));
notebook.showReplay(report.record(hopper, (obs) => policy.act(obs), { title: "Hopper, after 40 epochs" }));

// %% [markdown]
// 64 robots act with this policy for 500 steps; a model is fitted on what they saw. How that works is
// [notebook 3](03_dynamics_model.ipynb); here it is two functions.

// %%
const ROBOTS = 64;
const config = { ...training.dmoPreset("hopper").dynamics!, hidden };

/** Robots that act with the policy, and fill the buffer if there is one. */
function robots(stream: ReturnType<typeof tensor.streams>, replay?: algorithms.Replay) {
  const environment = tasks.createEnvironment(hopper, ROBOTS, stream("environment"));
  // It counts observations as training would; the policy goes on seeing them through its own normaliser.
  const counted = new dynamics.RunningNormalizer(hopper.observationSize);
  const collector = new algorithms.Collector(environment, counted, replay);
  const forward = algorithms.simulatorForward(collector);
  const random = stream("noise");
  const noise = (steps: number) =>
    Array.from({ length: steps }, () => tf.tensor2d(random.normals(ROBOTS * 3), [ROBOTS, 3]));
  const roll = (eps: tensor.tf.Tensor2D[]) => algorithms.rollout(policy.actor, policy.normalizer, forward, eps);
  return { environment, collector, forward, noise, roll };
}

// %%
async function learn(seed: number) {
  const stream = tensor.streams(seed);
  const sizes = { robots: ROBOTS, obs: hopper.observationSize, action: hopper.actionSize };
  const { replay, dynamics: model } = dynamics.createDynamics(config, sizes, stream);
  const place = robots(stream, replay);
  tf.tidy(() => void place.roll(place.noise(500)));
  let loss = 0;
  // In ten parts, so that a line says how long the others will take: the updates are the same.
  for await (const part of notebook.progress(Array<number>(10).fill(updates / 10)))
    loss += model.fit(policy.normalizer, part) / 10;
  console.log(`Model ${seed}: ${replay.size} transitions, mean loss ${loss.toFixed(2)}`);
  return { ...place, params: model.params };
}
const first = await learn(SEED);

// %% [markdown]
// ## The textbook form
//
// Roll out 16 steps in the simulator. Then write the objective down as one program, with `swap` where the next state
// comes from, and let reverse mode do the rest: $\mathcal{L} = \sum_t w_t\, r(s_{t+1}, a_t)$ with
// $s_{t+1} = \operatorname{swap}(m(s_t, a_t),\, s'_t)$, $a_t = \pi_\theta(s_t, \varepsilon_t)$. The weights $w_t$ are
// $-\gamma^k$ over the number of all steps; a fallen robot starts anew.

// %%
const { actor, normalizer } = policy;
const steps = first.roll(first.noise(16));
const weights = algorithms.segmentWeights(steps, 0.99).reward.map((w) => tf.tensor1d(w));
const act = (theta: tensor.Params, obs: tensor.tf.Tensor2D, noise: tensor.tf.Tensor2D) =>
  algorithms.sampleAction(theta, dynamics.normalize(obs, normalizer), noise);
const model = (obs: tensor.tf.Tensor2D, action: tensor.tf.Tensor2D) =>
  dynamics.predictNextObs(first.params, normalizer, obs, action, "residual");
const cost = (nextObs: tensor.tf.Tensor2D, action: tensor.tf.Tensor2D, t: number) =>
  hopper.reward(nextObs, { action, previous: action, beforePrevious: action }, {}).mul(weights[t]).sum().asScalar();

// %%
function textbook(theta: tensor.Params): tensor.tf.Scalar {
  let obs = steps[0].obs;
  let loss = tf.scalar(0);
  steps.forEach((step, t) => {
    const action = act(theta, obs, step.noise); // the same noise as in the rollout, so the same action
    const nextObs = swap(model(obs, action), step.nextObs) as tensor.tf.Tensor2D;
    loss = loss.add(cost(nextObs, action, t));
    obs = tf.where(step.running.cast("bool"), nextObs, step.resetObs);
  });
  return loss;
}
const bySwap = tensor.valueAndGrad(textbook, actor);
console.log(`Loss ${bySwap.value.dataSync()[0].toFixed(4)}`);

// %% [markdown]
// ## The adjoint form
//
// Reverse mode over that program walks from the last step to the first. One can walk by hand: let $\lambda_{t+1}$ be the
// gradient of the loss at $s_{t+1}$. With the model's Jacobians at the simulator's states,
//
// $$
// \begin{aligned}
// \alpha_t &= \frac{\partial \mathcal{L}_t}{\partial a_t} + \left(\frac{\partial m}{\partial a_t}\right)^{\!\top} \lambda_{t+1}, \\
// \lambda_t &= \frac{\partial \mathcal{L}_{t-1}}{\partial s_t} + \left(\frac{\partial m}{\partial s_t}\right)^{\!\top} \lambda_{t+1}
//   + \left(\frac{\partial \pi}{\partial s_t}\right)^{\!\top} \alpha_t, \\
// \nabla_\theta \mathcal{L} &= \sum_t \left(\frac{\partial \pi}{\partial \theta}\right)^{\!\top} \alpha_t .
// \end{aligned}
// $$
//
// No graph over the horizon, and nothing is asked of the simulator: it could be a robot.

// %%
function adjoint(): tensor.Params {
  let carry = tf.zerosLike(steps[0].obs);
  let sum = tensor.mapTree(actor, (p) => tf.zerosLike(p));
  for (let t = steps.length - 1; t >= 0; t--) {
    const { obs, noise, nextObs, actions, running } = steps[t];
    const at = { nextObs, action: actions.action };
    const direct = tensor.valueAndGrad((x) => cost(x.nextObs, x.action, t), at).grad;
    // Behind the end of an episode another one begins, which no action of this one can change: nothing is carried over.
    const lambda = direct.nextObs.add(carry.mul(running)) as tensor.tf.Tensor2D;
    const step = tensor.vjp((x) => model(x.obs, x.action), { obs: obs, action: actions.action }, lambda).grad;
    const alpha = direct.action.add(step.action) as tensor.tf.Tensor2D;
    const pi = tensor.vjp((x) => act(x.actor, x.obs, noise), { actor: actor, obs: obs }, alpha).grad;
    carry = step.obs.add(pi.obs);
    sum = tensor.mapTree(sum, (g, i) => g.add(tensor.leaves(pi.actor)[i]));
  }
  return sum;
}
const byHand = adjoint();

// %% [markdown]
// The library has the same walk with the dynamics as a value: `policyGradient(objective, backward, gamma)`. With
// `modelBackward` it is DMO, with `simulatorBackward` SHAC. All three are one gradient:

// %%
const learned = () => ({ params: first.params, normalizer: normalizer });
const backward = algorithms.modelBackward("residual", learned, hopper);
const gradient = algorithms.policyGradient(algorithms.rewardObjective(hopper), backward, 0.99);
backward.begin(steps.length);
const byLibrary = gradient(steps, actor, { targets: [], normalizer }).grads; // no targets: no critic at the end

// %%
const flat = (grads: tensor.Params) => tf.concat(tensor.leaves(grads).map((g) => g.flatten()));
const distance = (grads: tensor.Params) =>
  flat(grads).sub(flat(bySwap.grad)).norm().div(flat(bySwap.grad).norm()).dataSync()[0];
console.log(
  `Relative distance to the swap form: by hand ${distance(byHand).toExponential(1)}, library ${distance(byLibrary).toExponential(1)}`,
);
if (!(Math.max(distance(byHand), distance(byLibrary)) < 1e-3))
  throw new Error("The three forms should be one gradient.");

// %% [markdown]
// ## Imagination drifts
//
// The same start, the same noise; but now the policy acts on what the model predicts, and the model predicts from what it
// predicted. An error at one step is an input of the next. Distance from the simulator's states, in standard deviations
// of each component; robots that fell are left out from then on.

// %%
const eps = first.noise(32);
const start = first.environment.save();
const real = first.roll(eps);
first.environment.load(start); // back to where the first rollout began
const dreaming = algorithms.modelForward(first.forward, hopper, "residual", learned);
const dream = algorithms.rollout(actor, normalizer, dreaming, eps);

// %%
/** Root mean square over the robots that are still on their way. */
const apart = (x: tensor.tf.Tensor, y: tensor.tf.Tensor, running: tensor.tf.Tensor) =>
  x.sub(y).square().div(normalizer.variance).mean(1).mul(running).sum().div(running.sum()).sqrt().dataSync()[0];

let running: tensor.tf.Tensor = tf.ones([ROBOTS]);
const drift = real.map((step, t) => {
  const imagined = apart(dream[t].nextObs, step.nextObs, running);
  const once = apart(model(step.obs, step.actions.action), step.nextObs, running);
  running = running.mul(step.running.mul(dream[t].running).squeeze([1]));
  return { step: t + 1, imagined, once };
});
await notebook.showChart({
  title: "distance of the model's state from the simulator's, standard deviations",
  x: "step of the rollout",
  log: "y",
  lines: [
    notebook.line("one step from the simulator's state (DMO)", drift, "step", "once"),
    notebook.line("from the model's own state (imagination)", drift, "step", "imagined"),
  ],
});

// %% [markdown]
// DMO uses the model along the lower line only: always at states where the robot really is, which is also where the model
// was fitted.
//
// ## Three gradients
//
// What does that do to the gradient? `GradientProbe` computes the policy gradient three ways, from the same states with
// the same noise: true (simulator, simulator), DMO (simulator, model), imagination (model, model). The cosine says how
// well a gradient's direction agrees with the true one, the ratio of norms whether its length does. Several models, each
// fitted on a rollout of its own; several groups of 64 states.

// %%
const HORIZONS = [1, 2, 4, 8, 16, 32, 64];
const rewardsAlone = training.resolveConfig("hopper", "dmo", 1, [`envs=${ROBOTS}`, "value=none"]);
const probe = new algorithms.GradientProbe(hopper, rewardsAlone);
const constants = { targets: [], normalizer, temperature: tf.scalar(0), reward: {} };

async function* compare() {
  for (let m = 0; m < MODELS; m++) {
    const place = m === 0 ? first : await learn(SEED + m);
    for (let batch = 0; batch < batches; batch++) {
      const model = { params: place.params, normalizer, reward: {} };
      const at = { start: place.environment.save(), actor, model, constants };
      for (const horizon of HORIZONS) {
        const { dmo, imagination } = tensor.tidy(() => probe.compare(at, place.noise(horizon)));
        const norms = { "DMO, norm": dmo.normRatio, "imagination, norm": imagination.normRatio };
        yield { horizon, DMO: dmo.cosine, imagination: imagination.cosine, ...norms };
      }
      tf.tidy(() => void place.roll(place.noise(20))); // the robots move on, so that the next group of states is another
    }
  }
}

// %%
type Comparison = { [column: string]: number };
const columns = ["DMO", "imagination", "DMO, norm", "imagination, norm"];
const means = (rows: readonly Comparison[]) => notebook.dataFrame(rows).groupby(["horizon"]).col(columns).mean();

/** A line for each method through the means over models and groups of states. */
function lines(rows: readonly Comparison[], suffix = "") {
  const frame = means(rows);
  const [x, mode] = [frame["horizon"].values as number[], "lines+markers" as const];
  return ["DMO", "imagination"].map((name) => ({
    name,
    x,
    y: frame[`${name}${suffix}_mean`].values as number[],
    mode,
  }));
}

// %%
const rows: Comparison[] = [];
const cosines = { title: "cosine to the true gradient", x: "horizon, steps", log: "x" as const };
const norms = { title: "norm, in units of the true one", x: "horizon, steps", log: "xy" as const };
await notebook.watch(
  compare(),
  (rows) =>
    notebook.chart([
      { ...cosines, range: [-0.4, 1.05], lines: lines(rows) },
      { ...norms, lines: lines(rows, ", norm") },
    ]),
  rows,
  MODELS * batches * HORIZONS.length,
);
notebook.showTable(means(rows), 3);

// %% [markdown]
// Over a few steps the two agree: there is nothing yet to drift. By 16 steps, the horizon of the paper, imagination differentiates a
// rollout that did not happen, and soon its gradient is much too long as well. At 64 steps neither is worth much: through so many
// contacts the true gradient itself is a matter of luck, which is what the critic at the end of a short horizon is for
// ([notebook 6](06_true_gradients.ipynb)).
//
// How much does that cost at 16 steps? Model, states and noise are the same for both, so their cosines can be subtracted one by one:

// %%
const ahead = rows.filter(({ horizon }) => horizon === 16).map((row) => row["DMO"] - row["imagination"]);
const [low, high] = study.bootstrapInterval(ahead, tensor.streams(SEED)("ahead"))!;
const verdict = low > 0 ? "DMO's points better" : high < 0 ? "imagination's points better" : "undecided";
const interval = `95 % interval [${low.toFixed(2)}, ${high.toFixed(2)}]`;
console.log(`At 16 steps DMO's cosine is higher by ${study.mean(ahead).toFixed(2)}, ${interval}: ${verdict}`);

// %% [markdown]
// **Be fair.** This is one policy, and an interval over three models is somewhat too narrow ([notebook 11](11_ablation_study.ipynb)).
// The difference at 16 steps depends on both: over policies of five seeds, each after 40 epochs, it lay between -0.08 and 0.41
// with models fitted for 1,500 updates, and between 0.01 and 0.32 with twice as many. With a nearly perfect model, or where
// nothing touches the ground (CartPole), imagination is as good. And with a bad model both are bad: see the exercises.
//
// What this notebook claims, checked:

// %%
const average = (horizon: number, column: string) => {
  const values = rows.filter((row) => row.horizon === horizon).map((row) => row[column as keyof typeof row]);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};
if (!(average(4, "DMO") > 0.7 && average(4, "imagination") > 0.7))
  throw new Error("Over four steps both should point where the true gradient points.");
if (high < 0) throw new Error("At 16 steps imagination's cosine should not be found to exceed DMO's.");
if (!(drift[15].imagined > 3 * drift[15].once)) throw new Error("Imagination should drift away from the simulator.");

// %% [markdown]
// ## Summary
//
// - `swap(m, s')` has the value of $s'$ and the gradient of $m$. Put it where the next state comes from, and any
//   first-order method becomes a DMO method.
// - The adjoint form is the same gradient without a graph over the horizon: per step one product with the model's Jacobian
//   and one with the policy's.
// - Imagination differentiates a rollout that drifts away from what happens; DMO differentiates the one that happened.
// - In a browser: [who says where the robot goes](../docs/try/README.md#lesson-2-who-says-where-the-robot-goes), a lesson.
//
// ## Exercises
//
// 1. Set `updates = 300`. Which of the two suffers more from a bad model, and at which horizon?
//
//    <details><summary>Hint</summary>
//
//    A bad model errs in every step. Who multiplies its errors, and who meets them one at a time?
//
//    </details>
// 2. In `textbook`, replace `swap(model(obs, action), step.nextObs)` by `model(obs, action)`. Which gradient is that? Check
//    with `modelForward`.
//
//    <details><summary>Hint</summary>
//
//    The walk through `model(obs, action)` differentiates states that the model itself made: compare with
//    `policyGradient` over a rollout of `modelForward` and the same `backward`.
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    Imagination's: value and derivative are both the model's.
//
//    </details>
// 3. The adjoint form carries `lambda` through $\partial m / \partial s$ and $\partial \pi / \partial s$. Leave the first
//    out: what is left is the gradient of a policy that believes its actions have no consequences beyond the next step.
//    How does its cosine depend on the horizon?
//
//    <details><summary>Hint</summary>
//
//    Set `carry` to `pi.obs` alone. Over one step nothing is carried, so there the two are equal.
//
//    </details>
// 4. Compare on CartPole: `tasks.findTask("cartpole")`, with a policy that you trained in notebook 1 and saved with
//    `policy.save("cartpole.json")`. Why is imagination better off there?
//
//    <details><summary>Answer</summary>
//
//    Nothing touches the ground, so the dynamics are smooth and a small network learns them nearly exactly: imagined
//    states stay close to the real ones, and its derivatives are of the rollout that happens. What is left is the
//    simulator, which imagination does without.
//
//    </details>
//
// Next: [a whole epoch of DMO from its parts](05_dmo_step_by_step.ipynb).
