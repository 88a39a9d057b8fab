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
// # 6. True gradients: BPTT and SHAC
//
// **The idea.** A differentiable simulator gives the gradient of the return itself: backpropagation through time, BPTT.
// It is a product of as many Jacobians as there are steps, so over a long horizon it explodes or vanishes, and contact
// makes it explode ([Metz et al., 2021](https://arxiv.org/abs/2111.05803)). [SHAC](https://arxiv.org/abs/2204.07137) cuts the horizon short and lets a critic say what comes after it.
//
// $$
// \frac{\partial s_T}{\partial a_t} = \frac{\partial s_T}{\partial s_{T-1}} \cdots
// \frac{\partial s_{t+2}}{\partial s_{t+1}} \, \frac{\partial s_{t+1}}{\partial a_t},
// \qquad
// J_\text{BPTT} = \sum_{k=0}^{T-1} \gamma^k r_k, \qquad
// J_\text{SHAC} = \sum_{k=0}^{h-1} \gamma^k r_k + \gamma^h V(s_h), \quad h \ll T
// $$

// %%
import { algorithms, dynamics, notebook, packageFile, physics, report, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 40 seconds on one core. `REAL = true` trains longer, 400 epochs, in about 3 minutes.

// %%
const REAL = false;
const SEED = 1;
const EPOCHS = REAL ? 400 : 30;

// %% [markdown]
// ## By hand: a product of slopes
//
// The smallest system that shows it: $x_{t+1} = r\, x_t (1 - x_t)$, whose slope is $r (1 - 2 x_t)$. The chain rule
// multiplies the slopes along the way. For $r = 2.8$ the system settles, and the derivative with respect to the start
// vanishes; for $r = 3.9$ it is chaotic, and the derivative explodes. Both are exact.

// %%
function slopes(r: number, steps: number): number[] {
  let [x, product] = [0.3, 1];
  return Array.from({ length: steps }, () => {
    product *= r * (1 - 2 * x);
    x = r * x * (1 - x);
    return Math.abs(product);
  });
}
const at = Array.from({ length: 60 }, (_, t) => t + 1);
await notebook.showChart({
  title: "size of the derivative of the state with respect to the start",
  x: "steps",
  log: "y",
  lines: [2.8, 3.9].map((r) => ({ name: `r = ${r}`, x: at, y: slopes(r, 60) })),
});

// %% [markdown]
// ## The simulator's own gradient
//
// The library's simulator keeps a tape of its steps and walks it backwards. `simulate` replays given actions and
// differentiates the summed reward. Against central differences, on Hopper, for the thigh's motor over a quarter of a
// second:

// %%
const hopper = tasks.findTask("hopper");
const T = 16;
const random = tensor.streams(SEED)("actions");
const actions = Array.from({ length: T }, () => [Array.from({ length: 3 }, () => random.uniform(-0.8, 0.8))]);
const { gradient } = tasks.simulate(hopper, actions, { gradient: true });

// %%
// One robot for each action and sign: the thigh's action moved by 0.02 up or down.
const moved = actions.map(([row], t) =>
  Array.from({ length: 2 * T }, (_, robot) =>
    row.map((a, i) => (t === robot >> 1 && i === 0 ? a + (robot % 2 ? 0.02 : -0.02) : a)),
  ),
);
const { reward } = tasks.simulate(hopper, moved);
const sum = (robot: number) => reward.reduce((total, row) => total + row[robot], 0);
const differences = actions.map((_, t) => (sum(2 * t + 1) - sum(2 * t)) / 0.04);
const exact = gradient!.map(([row]) => row[0]);

// %%
const times = actions.map((_, t) => t);
await notebook.showChart({
  title: "derivative of the summed reward",
  x: "step of the action (16.7 ms each)",
  lines: [
    { name: "adjoint of the simulator", x: times, y: exact },
    { name: "central differences", x: times, y: differences, mode: "markers" },
  ],
});
const size = Math.max(...exact.map(Math.abs));
const error = Math.max(...exact.map((g, t) => Math.abs(g - differences[t]))) / size;
console.log(`Largest difference: ${(100 * error).toFixed(1)} % of the largest derivative`);
if (!(error < 0.05)) throw new Error("The simulator's adjoint should agree with central differences.");

// %% [markdown]
// ## The gradient's norm over the horizon
//
// Now the gradient of a policy: Hopper after 40 epochs, 64 robots, rewards alone. BPTT is the library's walk backwards
// ([notebook 4](04_decoupled_gradients.ipynb)) with the simulator for the derivative. Five rollouts for each horizon.

// %%
const policy = training.Policy.load(packageFile("data/policies/hopper-40-epochs.json"));
const { actor, normalizer } = policy;
const ROBOTS = 64;
const stream = tensor.streams(SEED);
const environment = tasks.createEnvironment(hopper, ROBOTS, stream("environment"));
const collector = new algorithms.Collector(environment, new dynamics.RunningNormalizer(11));
const simulator = algorithms.simulatorForward(collector);
const engine = environment.engine as physics.DifferentiableEngine;
const backward = algorithms.simulatorBackward(engine, hopper);
const bptt = algorithms.policyGradient(algorithms.rewardObjective(hopper), backward, 0.99);

// %%
const noises = stream("noise");
const noise = (steps: number) =>
  Array.from({ length: steps }, () => tf.tensor2d(noises.normals(ROBOTS * 3), [ROBOTS, 3]));

/** Loss of a rollout with these parameters and its gradient, flat. */
function lossAndGradient(theta: tensor.Params, eps: tensor.tf.Tensor2D[]) {
  backward.begin(eps.length); // from here on the simulator records its steps
  const steps = algorithms.rollout(theta, normalizer, simulator, eps);
  const { loss, grads } = bptt(steps, theta, { targets: [], normalizer });
  const flat = tf.concat(tensor.leaves(grads).map((g) => g.flatten()));
  return { loss: loss.dataSync()[0], grads, flat: flat.dataSync() as Float32Array };
}

// %%
type Norm = { horizon: number; norm: number; agreement: number };

async function* norms(): AsyncGenerator<Norm> {
  for (const horizon of [4, 8, 16, 32, 64, 128]) {
    let last: Float32Array | undefined;
    for (let k = 0; k < 5; k++) {
      const { flat } = tensor.tidy(() => lossAndGradient(actor, noise(horizon)));
      const { cosine, normRatio } = algorithms.comparison(flat, last ?? flat);
      yield { horizon, norm: Math.hypot(...flat), agreement: last ? cosine : NaN };
      last = flat;
    }
  }
}
// %%
const points = (rows: readonly Norm[], column: "norm" | "agreement") => [
  notebook.line("rollouts", rows, "horizon", column, { mode: "markers" }),
];
const length = { title: "norm of the true gradient", x: "horizon, steps", log: "xy" as const };
const agreement = { title: "cosine of two rollouts' gradients", x: "horizon, steps", log: "x" as const };
const rows: Norm[] = [];
await notebook.watch(
  norms(),
  (rows) =>
    notebook.chart([
      { ...length, lines: points(rows, "norm") },
      { ...agreement, range: [-1, 1.05], lines: points(rows, "agreement") },
    ]),
  rows,
  6 * 5,
);

// %%
const frame = notebook.dataFrame(rows.filter(({ agreement }) => !Number.isNaN(agreement)));
const summary = frame.groupby(["horizon"]).col(["norm", "agreement"]).mean();
notebook.showTable(summary, 3);

// %% [markdown]
// The gradient is exact at every horizon. Up to 16 steps, two sets of 64 robots mostly agree on where to go; over 128 they
// may point opposite ways, with great force. The reason is the landscape.
//
// ## The landscape
//
// Move all parameters along the gradient's direction, and roll out with the same starts and the same noise. Over 16 steps
// the objective is a smooth hill, and the derivative at 0 is its slope. Over 128 steps it is mountains, and the
// derivative is the slope of the rock that one happens to stand on.

// %%
const starts = environment.save();
function landscape(horizon: number, offsets: readonly number[]) {
  const eps = noise(horizon);
  const from = (theta: tensor.Params) => {
    environment.load(starts); // always the same robots, with the same noise: only the parameters differ
    return lossAndGradient(theta, eps);
  };
  return tensor.tidy(() => {
    const { grads, flat } = from(actor);
    const norm = Math.hypot(...flat);
    const moved = (by: number) => tensor.mapTree(actor, (p, i) => p.add(tensor.leaves(grads)[i].mul(-by / norm)));
    const here = -from(actor).loss;
    return { values: offsets.map((by) => -from(moved(by)).loss), tangent: offsets.map((by) => here + by * norm), here };
  });
}
const offsets = Array.from({ length: 31 }, (_, i) => (i - 15) / 30);
const hills: ({ horizon: number } & ReturnType<typeof landscape>)[] = [];
for await (const horizon of notebook.progress([16, 128])) hills.push({ horizon, ...landscape(horizon, offsets) });

// %%
await notebook.showChart(
  hills.map(({ horizon, values, tangent }) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return {
      title: `objective over ${horizon} steps`,
      x: "distance along the gradient",
      // Around the objective: the tangent over 128 steps would leave it a flat line.
      range: [low - 0.3 * (high - low), high + 0.3 * (high - low)] as const,
      lines: [
        { name: "objective", x: offsets, y: values },
        { name: "what the gradient says", x: offsets, y: tangent, dash: "dash" as const },
      ],
    };
  }),
);

// %% [markdown]
// ## Short horizon and a critic
//
// SHAC stops after 32 steps and asks the critic for the rest. BPTT has no critic, so it needs the long horizon. The same
// number of environment steps for both: 64 robots for 32 steps, and 16 for 128.

// %%
const common = [`epochs=${EPOCHS}`, `decayEpochs=${EPOCHS}`, "actor.learningRate=0.002"];
const shac = new training.Training(
  training.resolveConfig("hopper", "shac", SEED, [...common, "envs=64", "horizon=32"]),
);

const shacRows: training.Row[] = [];

// %%
await notebook.watch(shac.rows(), (rows) => report.learningCurves([{ name: "SHAC", rows }]), shacRows, EPOCHS);

// %%
const long = new training.Training(
  training.resolveConfig("hopper", "bptt", SEED, [...common, "envs=16", "horizon=128"]),
);
const longRows: training.Row[] = [];

// %%
await notebook.watch(
  long.rows(),
  (rows) =>
    report.learningCurves([
      { name: "SHAC, 32 steps and critic", rows: shacRows },
      { name: "BPTT, 128 steps", rows },
    ]),
  longRows,
  EPOCHS,
);

// %%
await notebook.showChart({
  title: "norm of the actor's gradient, before clipping to 1",
  x: "epoch",
  log: "y",
  lines: [
    notebook.line("SHAC, 32 steps and critic", shacRows, "epoch", "actor_grad_norm"),
    notebook.line("BPTT, 128 steps", longRows, "epoch", "actor_grad_norm"),
  ],
});

// %%
const score = training.evaluatePolicy(shac.policy(), 16, 0);
const longScore = training.evaluatePolicy(long.policy(), 16, 0);
console.log(`Return without noise: SHAC ${score.mean.toFixed(0)}, BPTT ${longScore.mean.toFixed(0)}`);
const learned = shac.policy();
notebook.showReplay(report.record(hopper, (obs) => learned.act(obs), { title: `Hopper, ${EPOCHS} epochs of SHAC` }));

// %% [markdown]
// Both took exact gradients, and clipped them to norm 1: from an exploded gradient, clipping leaves a direction that is a
// matter of luck. And luck it is: over seven runs, 30 epochs of SHAC gave returns of 244 to 476, of BPTT -268 to 1,211. One seed
// says nothing about which is better; the norms look alike for every one.
//
// What this notebook claims, checked:

// %%
const mean = (horizon: number) => {
  const own = rows.filter((row) => row.horizon === horizon);
  return own.reduce((sum, row) => sum + row.norm / own.length, 0);
};
if (!(mean(128) > 4 * mean(16))) throw new Error("The gradient's norm should grow with the horizon.");
const medianNorm = (rows: readonly training.Row[]) =>
  rows.map((row) => row.actor_grad_norm!).sort((a, b) => a - b)[rows.length >> 1];
if (!(medianNorm(longRows) > 2 * medianNorm(shacRows)))
  throw new Error("BPTT's gradients over 128 steps should be longer than SHAC's over 32.");

// %% [markdown]
// ## Summary
//
// - A true gradient over $T$ steps is a product of $T$ Jacobians: exact, and over long horizons with contact, exploding.
// - Its norm grows with the horizon, and gradients of different rollouts stop agreeing: the landscape is rugged.
// - SHAC's answer is a short horizon and a critic. DMO keeps that answer, and takes the Jacobians from a smooth model.
// - In a browser: [how far ahead](../docs/try/README.md#lesson-1-how-far-ahead) a gradient should look, a lesson.
//
// ## Exercises
//
// 1. Draw the landscape over 16 steps with `offsets` a hundred times smaller. Is it still smooth? What sets the scale of the
//    smallest rock: contact, or float32?
//
//    <details><summary>Hint</summary>
//
//    `const offsets = Array.from({ length: 31 }, (_, i) => (i - 15) / 3000)`. A float32 has about seven digits: how
//    large is the change of the objective beside the objective itself?
//
//    </details>
// 2. Plot the norm over the horizon for CartPole, which touches nothing. Does it explode? Why does BPTT with 240 steps work
//    there?
//
//    <details><summary>Hint</summary>
//
//    Copy the cells from `environment` on with `tasks.findTask("cartpole")` and a policy of notebook 1; 5
//    observations, 1 action.
//
//    </details>
// 3. Train SHAC with horizons of 8, 32 and 64 at equal numbers of environment steps. What does the critic pay for at 8?
//
//    <details><summary>Hint</summary>
//
//    Equal steps: `envs` times `horizon` times `epochs`. A critic is as good as what it has seen, and at 8 steps
//    nearly all of the return is its word.
//
//    </details>
// 4. Train `dmo` on Hopper with the settings of `shac` above and compare gradient norms. Whose is smaller, and why?
//
//    <details><summary>Hint</summary>
//
//    `training.resolveConfig("hopper", "dmo", SEED, [...common, "envs=64", "horizon=32"])`, and `actor_grad_norm` of
//    its rows. How large can the Jacobian of a network become that was fitted to averages?
//
//    </details>
//
// Next: [policy gradients without any derivative](07_ppo_and_sac.ipynb).
