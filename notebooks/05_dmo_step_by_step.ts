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
// # 5. DMO, step by step
//
// **The idea.** One epoch of DMO is six steps: freeze the normaliser, fit the model, roll out the simulator, walk back
// through the model, step the actor, fit the critic. This notebook takes one epoch apart, looks at what each step makes,
// puts them together in thirty lines, trains with these, and then lets the library do it: the numbers are the same.
//
// $$
// \max_\theta\; \mathbb{E} \sum_{k=0}^{n-1} \gamma^k r_{t+k} + \gamma^n V(s_{t+n}), \qquad
// s_{t+1} = \operatorname{swap}\bigl(m(s_t, a_t),\, f(s_t, a_t)\bigr), \quad a_t = \pi_\theta(s_t, \varepsilon_t)
// $$

// %%
import { algorithms, dynamics, notebook, report, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 30 seconds on one core. `REAL = true` trains both to the end, in about 2 minutes.

// %%
const REAL = false;
const SEED = 1;
const EPOCHS = REAL ? 300 : 50;
const config = training.resolveConfig("cartpole", "dmo", SEED, [`epochs=${EPOCHS}`, `decayEpochs=${EPOCHS}`]);
const { envs, horizon, gamma } = config;
console.log(`${envs} carts, ${horizon} steps each an epoch`);

// %% [markdown]
// ## The parts
//
// Every part draws its random numbers from a stream of its own name, so that none depends on the order of the others.

// %%
const stream = tensor.streams(config.seed);
const cartpole = tasks.findTask("cartpole");
const environment = tasks.createEnvironment(cartpole, envs, stream("environment"));
const sizes = { robots: envs, obs: 5, action: 1 };
const { replay, dynamics: model } = dynamics.createDynamics(config.dynamics!, sizes, stream);
const statistics = new dynamics.RunningNormalizer(5);
const collector = new algorithms.Collector(environment, statistics, replay);
// Networks with their optimiser's state: they are changed in place, step by step.
const actor = new algorithms.Actor(config.actor, algorithms.initActor(5, config.actor.hidden, 1, stream("actor")));
const critic = new algorithms.Critic(config.critic!, algorithms.initCritic(5, config.critic!.hidden, stream("critic")));

// %% [markdown]
// A method says who gives the next state, who gives its derivative, and what is maximised. This is DMO (what
// changes from epoch to epoch is kept in a record, so that functions of earlier cells see it change):

// %%
const current = { normalizer: statistics.tensors() };
const forward = algorithms.simulatorForward(collector);
// The parameters are asked for anew in every epoch: a fit replaces them.
const backward = algorithms.modelBackward(
  "residual",
  () => ({ params: model.params, normalizer: current.normalizer }),
  cartpole,
);
const gradient = algorithms.policyGradient(algorithms.rewardAndValueObjective(cartpole), backward, gamma);

// %% [markdown]
// ## 0. Something to learn from
//
// Before the first epoch the untrained policy fills the buffer with 4,000 transitions.

// %%
const random = stream("action noise");
const draw = (steps: number) => Array.from({ length: steps }, () => tf.tensor2d(random.normals(envs), [envs, 1]));
const roll = (steps: number) => {
  backward.begin(steps); // nothing for a learned model; a simulator begins its tape here
  return algorithms.rollout(actor.params, current.normalizer, forward, draw(steps));
};
function collect(transitions: number) {
  collector.begin();
  for (let k = 0; k < Math.ceil(transitions / envs); k++) {
    current.normalizer = statistics.tensors();
    roll(1);
  }
}
collect(config.dynamics!.minReplay);

// %% [markdown]
// ## 1. The normaliser, frozen
//
// All networks of an epoch see observations through the same mean and variance. These go on being counted meanwhile.

// %%
current.normalizer = statistics.tensors();
const names = ["cart position [m]", "cart velocity [m/s]", "sin", "cos", "pole velocity [rad/s]"];
notebook.showTable(
  names.map((observation, i) => ({ observation, mean: statistics.mean[i], std: Math.sqrt(statistics.variance[i]) })),
  3,
);

// %% [markdown]
// ## 2. The model
//
// Adam on batches from the buffer ([notebook 3](03_dynamics_model.ipynb)): 1,000 updates before the first rollout, 16 in each later epoch.

// %%
const loss = model.fit(current.normalizer, config.dynamics!.initialUpdates);
console.log(`Mean loss ${loss.toFixed(2)}: a negative log-likelihood, so lower is better and 0 means nothing`);

// %% [markdown]
// ## 3. A rollout in the simulator
//
// 48 steps in each of 32 carts, from where they stand. Every state is one that happened.

// %%
collector.begin();
const steps = roll(horizon);
const seconds = steps.map((_, t) => (t + 1) * cartpole.model.timeStep);
const carts = (of: (step: algorithms.Transition, cart: number) => number) =>
  [0, 1, 2].map((cart) => ({ name: `cart ${cart + 1}`, x: seconds, y: steps.map((step) => of(step, cart)) }));
const acted = carts(({ actions }, cart) => actions.action.dataSync()[cart]);
await notebook.showChart([
  { title: "reward", x: "time of the rollout [s]", lines: carts(({ reward }, cart) => reward[cart]) },
  { title: "action", x: "time of the rollout [s]", lines: acted },
]);

// %% [markdown]
// ## 4. Back through the model
//
// The gradient of the objective with respect to the actor ([notebook 4](04_decoupled_gradients.ipynb)), with the target critic's value at the end.

// %%
const bootstrap = () => ({ targets: [critic.target], normalizer: current.normalizer });
const { loss: objective, grads } = gradient(steps, actor.params, bootstrap());
console.log(`Loss ${objective.dataSync()[0].toFixed(3)}, gradient of ${Object.keys(grads).length} parameters`);

// %% [markdown]
// ## 5. The actor
//
// Its gradient is clipped to norm 1; then a step of Adam, with a learning rate that falls to almost 0 over the epochs.

// %%
const rate = (start: number, epoch: number) =>
  tensor.linearDecay(start, config.finalLearningRate, epoch, config.decayEpochs);
const norm = actor.step(grads, rate(config.actor.learningRate, 0));
console.log(`Norm before clipping ${norm.toFixed(2)}`);

// %% [markdown]
// ## 6. The critic
//
// The critic is asked what a state is worth: the rewards to come. A rollout gives an answer for every number of steps
// looked ahead, and TD($\lambda$) mixes them ([Sutton and Barto](http://incompleteideas.net/book/the-book-2nd.html), chapter 12). With $v_t$ the target critic's value of $s_{t+1}$, from the last step back:
//
// $$
// G_t = r_t + \gamma \bigl( (1 - \lambda)\, v_t + \lambda\, G_{t+1} \bigr), \qquad G_{T-1} = r_{T-1} + \gamma v_{T-1}
// $$
//
// and $G_t = r_t + \gamma v_t$ where an episode ended by time. By hand, for one cart; and the library, for all:

// %%
const next = critic.nextValues(steps, current.normalizer);
const { lambda } = config.critic!;
const byHand: number[] = [];
for (let t = horizon - 1; t >= 0; t--) {
  const cut = t === horizon - 1 || steps[t].truncated[0]; // behind it stands another episode, or nothing that was seen
  const later = cut ? next[t][0] : (1 - lambda) * next[t][0] + lambda * byHand[0];
  byHand.unshift(steps[t].reward[0] + gamma * later);
}
const targets = algorithms.tdLambda(steps, next, gamma, lambda);
const gap = Math.max(...targets.map((row, t) => Math.abs(row[0] - byHand[t])));
if (!(gap < 1e-2)) throw new Error(`TD(lambda) by hand should be the library's, and differs by ${gap}.`);

// %% [markdown]
// 16 passes over the rollout in 4 parts; then the target critic moves most of the way to it.

// %%
const fitCritic = (steps: algorithms.Transition[], targets: Float32Array[], epoch: number) => {
  const flat = tf.tensor1d(Float32Array.from(targets.flatMap((row) => [...row])));
  const report = critic.fit(
    algorithms.criticInputs(steps, current.normalizer),
    flat,
    rate(config.critic!.learningRate, epoch),
  );
  critic.moveTarget();
  return report.loss;
};

// %%
const valueOf = () => algorithms.value(critic.params, algorithms.criticInputs(steps, current.normalizer)).dataSync();
const untrained = valueOf();
fitCritic(steps, targets, 0);
const trained = valueOf();
const firstCart = (values: ArrayLike<number>) => steps.map((_, t) => values[t * envs]);
await notebook.showChart({
  title: "value of the first cart's states",
  x: "time of the rollout [s]",
  lines: [
    { name: "target", x: seconds, y: byHand, mode: "markers" },
    { name: "critic before", x: seconds, y: firstCart(untrained), dash: "dash" },
    { name: "critic after one fit", x: seconds, y: firstCart(trained) },
  ],
});

// %% [markdown]
// One fit has hardly moved it: the values are in the hundreds, and the critic learns slowly. So the first epochs live from
// the rewards within the horizon.
//
// ## All of it, again and again
//
// That was epoch 0. The others are these lines:

// %%
function epoch(e: number): training.Row {
  current.normalizer = statistics.tensors();
  const model_loss = model.fit(current.normalizer, config.dynamics!.updates);
  collector.begin();
  const steps = roll(horizon);
  const { loss, grads } = gradient(steps, actor.params, bootstrap());
  const actor_grad_norm = actor.step(grads, rate(config.actor.learningRate, e));
  // Only now: the critic that the actor was told by is the one from before.
  const targets = algorithms.tdLambda(steps, critic.nextValues(steps, current.normalizer), gamma, lambda);
  const critic_loss = fitCritic(steps, targets, e);
  return { epoch: e, model_loss, actor_loss: loss.dataSync()[0], actor_grad_norm, critic_loss };
}

// %%
const began = performance.now();
async function* train(): AsyncGenerator<training.Row> {
  for (let e = 1; e < EPOCHS; e++) {
    const row = tensor.tidy(() => epoch(e));
    const samples = (e + 1) * envs * horizon;
    const { mean } = collector.meter; // of the episodes that ended last; NaN as long as none has
    const wall_seconds = (performance.now() - began) / 1000;
    await new Promise(setImmediate);
    yield { ...row, samples, wall_seconds, ...(Number.isNaN(mean) ? {} : { return: mean }) };
  }
}
const rows: training.Row[] = [];
await notebook.watch(train(), (rows) => report.learningCurves([{ name: "by hand", rows }]), rows, EPOCHS - 1);

// %% [markdown]
// ## The library's training
//
// `Training` makes the same parts from the same configuration and the same streams.

// %%
const library = new training.Training(config);
const libraryRows: training.Row[] = [];

// %%
await notebook.watch(
  library.rows(),
  (libraryRows) =>
    report.learningCurves([
      { name: "by hand", rows },
      { name: "library", rows: libraryRows },
    ]),
  libraryRows,
  EPOCHS,
);

// %%
const columns = ["model_loss", "actor_loss", "actor_grad_norm", "critic_loss"] as const;
const comparison = [1, 2, EPOCHS - 1].flatMap((e) =>
  columns.map((column) => {
    const [mine, theirs] = [rows[e - 1][column]!, libraryRows[e][column]!];
    return { epoch: e, column, "by hand": mine, library: theirs };
  }),
);
notebook.showTable(comparison, 7);
// Two programs that add the same numbers in another order part ways in the last digits, and later in more than these.
const apart = (row: (typeof comparison)[number]) => Math.abs(row["by hand"] / row.library - 1);
if (!comparison.filter((row) => row.epoch < 3).every((row) => apart(row) < 1e-3))
  throw new Error("The epochs by hand should be the library's.");

// %% [markdown]
// Where does the time of an epoch go? Mean seconds of the library's epochs after the first:

// %%
const clock = ["fit_seconds", "rollout_seconds", "actor_seconds", "critic_seconds"] as const;
const times = notebook.dataFrame(libraryRows.slice(1).map((row) => Object.fromEntries(clock.map((c) => [c, row[c]!]))));
const means = times.mean({ axis: 0 });
notebook.showTable(
  clock.map((part, i) => ({ part, "mean [s]": (means.values as number[])[i] })),
  2,
);

// %% [markdown]
// ## What it learned

// %%
const snapshot = { network: "elu-norm-tanh" as const, actor: actor.params, normalizer: statistics.save() };
const policy = new training.Policy("cartpole", snapshot);
const score = training.evaluatePolicy(policy, 16, 0);
console.log(`Return of the policy made by hand: ${score.mean.toFixed(0)} +- ${score.std.toFixed(0)} over 16 episodes`);
notebook.showReplay(report.record(cartpole, (obs) => policy.act(obs), { title: `CartPole, ${EPOCHS} epochs by hand` }));

// %% [markdown]
// What this notebook claims, checked: a pole that just hangs earns about -2,370, and the policy is well above.

// %%
if (!(score.mean > -1900)) throw new Error("The policy made by hand should do better than to let the pole hang.");

// %% [markdown]
// ## Summary
//
// - An epoch: freeze, fit the model, roll out the simulator, walk back through the model, step the actor, fit the critic.
// - The parts are values that are passed: `simulatorForward`, `modelBackward`, `rewardAndValueObjective`. Other choices are
//   other methods: [notebook 4](04_decoupled_gradients.ipynb) swaps the forward, [notebook 6](06_true_gradients.ipynb) the backward.
// - One seed and named streams: what is put together by hand gives the numbers of the library's run.
//
// ## Exercises
//
// 1. Use `rewardObjective` instead of `rewardAndValueObjective`, and leave the critic out: this is DMO-BPTT. From which
//    horizon on does it learn to swing up?
//
//    <details><summary>Hint</summary>
//
//    `algorithms.policyGradient(algorithms.rewardObjective(cartpole), backward, gamma)` with `targets: []`; change
//    `horizon` in the settings. Swinging up takes about a second, 60 steps.
//
//    </details>
// 2. Fit the model only before the first epoch (`model.fit` only for `e === 1`). When does the return stop growing, and
//    what does the model's loss on new transitions say?
//
//    <details><summary>Hint</summary>
//
//    Keep some transitions apart (`replay.sample` before the first epoch, and again from a later buffer) and compute
//    the loss on both: the policy moves to where the model has never been.
//
//    </details>
// 3. `collector.begin()` counts the first observation in the normaliser. Swap it with `current.normalizer = statistics.tensors()`: which
//    numbers in the comparison change first?
//
//    <details><summary>Hint</summary>
//
//    Print the comparison after every epoch, from the left: which of the columns uses the normaliser of the epoch
//    first?
//
//    </details>
// 4. Print the cosine between the gradients of two consecutive epochs. Does it fall when the policy is nearly done?
//
//    <details><summary>Hint</summary>
//
//    `tensor.leaves(grads)` and `tf.concat` make one vector of a gradient (notebook 4); keep the one of the epoch
//    before with `tf.keep`.
//
//    </details>
//
// Next: [what the simulator's own derivative does](06_true_gradients.ipynb).
