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
// # 11. An ablation study: from a question to a figure with intervals
//
// **The idea.** Change one thing, train again, compare: that is an ablation. What makes it worth anything is written down
// *before* the first run: what is changed, what stays equal, what is measured, over how many seeds. Then comes a number with an
// interval around it that says what other seeds would have done. This notebook does it once from beginning to end, and then
// asks what few seeds are worth.
//
// $$
// \text{IQM} = \text{mean of the middle half of all runs}, \qquad
// P(X > Y) = \frac{1}{|X|\,|Y|} \sum_{x \in X} \sum_{y \in Y} \bigl[x > y\bigr] + \tfrac{1}{2} \bigl[x = y\bigr]
// $$

// %%
import { notebook, report, study, tasks, tensor, training } from "dmo-lab";

const backend = await tensor.useBackend();

// %% [markdown]
// The quick setting takes about 30 seconds on one core: ten short runs, of five seeds. `REAL = true` is the same study with
// twenty seeds, in about 3 minutes.

// %%
const REAL = false;
const SEED = 1;
const SEEDS = Array.from({ length: REAL ? 20 : 5 }, (_, i) => SEED + i);

// %% [markdown]
// ## The question
//
// DMO differentiates a rollout of so many steps and lets a critic say what comes after. *Does a horizon of 32 steps learn
// more from the same samples than one of 8?*
//
// | | |
// |---|---|
// | changed | `horizon`, 8 or 32; and `epochs`, so that samples are equal |
// | equal | everything else, all settings of models and networks |
// | measured | score of the policy without noise at the end, mean over 16 episodes |
// | runs | seeds 1 to 5 of each (1 to 20 with `REAL`), all of them counted |
//
// Decided before looking. As code, that is a study; `jobsOf` makes its runs.

// %%
const samples = 15_360;
const envs = 16;
const variant = (horizon: number) => {
  const epochs = samples / envs / horizon; // a longer horizon takes more samples an epoch, so it has fewer of them
  return { name: `${horizon}-steps`, horizon, epochs, decayEpochs: epochs };
};
const small = { dynamics: { updates: 8, initialUpdates: 300, minReplay: 2000 }, critic: { iterations: 4 } };
const horizons = study.defineStudy({
  name: "horizons",
  tasks: ["cartpole"],
  algorithms: ["dmo"],
  seeds: SEEDS,
  base: { envs, ...small },
  settings: [variant(8), variant(32)],
});
const jobs = study.jobsOf(horizons);

// %%
const planned = jobs.map(({ name, config: { horizon, epochs } }) => ({ run: name, horizon, epochs }));
notebook.showTable(planned.map((run) => ({ ...run, samples: run.epochs * envs * run.horizon })));

// %% [markdown]
// All of the first seed come before the second begins, so there is something to look at early. From a file,
// `npx dmo-lab sweep study.ts` trains them as processes of their own, which can be stopped and go on. Here they are few:

// %%
type Run = study.ComparedRun & { score: number; seconds: number };

async function* sweep(): AsyncGenerator<Run> {
  for (const { place, config } of jobs) {
    const run = new training.Training(config);
    const rows: training.Row[] = [];
    for await (const row of run.rows()) rows.push(row);
    const policy = run.policy();
    const score = training.evaluatePolicy(policy, 16, 0).mean;
    const machine = training.describeMachine(backend);
    const seconds = rows[rows.length - 1].wall_seconds!;
    yield { ...place, rows, config, machine, epochs: rows.length, partial: false, score, seconds };
    policy.dispose(); // tensors are not freed by themselves, and these are ten runs
    run.dispose();
  }
}
// %%
const VARIANTS = horizons.settings!.map(({ name }) => name!);
const scoresOf = (runs: readonly Run[], name: string) => runs.filter((run) => run.variant === name);
const runs: Run[] = [];
await notebook.watch(
  sweep(),
  (runs) =>
    notebook.chart({
      title: "score without noise",
      x: "seed",
      lines: VARIANTS.map((name) =>
        notebook.line(name, scoresOf(runs, name), "seed", "score", { mode: "lines+markers" }),
      ),
    }),
  runs,
  jobs.length,
);

// %%
const frame = notebook.dataFrame(runs.map(({ variant, seed, score, seconds }) => ({ variant, seed, score, seconds })));
notebook.showTable(
  frame
    .groupby(["variant"])
    .col(["score"])
    .agg({ score: ["mean", "std", "min", "max"] }),
  4,
);

// %% [markdown]
// ## Two numbers, by hand
//
// **The interquartile mean** leaves out the lowest and the highest quarter of the runs, each rounded down to whole runs: one
// lucky or broken run does not move it much, and it uses more of the data than the median. **The probability of
// improvement** asks how often a run of one would beat a run of the other.

// %%
const scores = Object.fromEntries(VARIANTS.map((name) => [name, scoresOf(runs, name).map(({ score }) => score)]));
const [short, long] = VARIANTS.map((name) => scores[name]);

function iqm(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(values.length / 4);
  const middle = sorted.slice(cut, values.length - cut);
  return middle.reduce((a, b) => a + b, 0) / middle.length;
}
function improvement(x: readonly number[], y: readonly number[]): number {
  const wins = x.flatMap((a) => y.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce((a, b) => a + b, 0) / wins.length;
}
const P = improvement(long, short);
console.log(`IQM: ${VARIANTS.map((name) => `${name} ${iqm(scores[name]).toFixed(0)}`).join(", ")}`);
console.log(`A run of 32 steps beats one of 8 with probability ${P.toFixed(2)}`);

// %% [markdown]
// ## The stratified bootstrap
//
// What would other seeds have given? Draw as many runs as there are from those that there are, with replacement, and
// compute the number again; 2,000 times. The middle 95 % of these are the interval. With several tasks, runs are drawn
// *within* each task and each method (*stratified*), because tasks are not a sample of anything, but seeds are.

// %%
function bootstrap(methods: number[][], statistic: (...methods: number[][]) => number, random: tensor.RandomStream) {
  const draw = (values: number[]) => values.map(() => values[random.integer(values.length)]);
  const values = Array.from({ length: 2000 }, () => statistic(...methods.map(draw))).sort((a, b) => a - b);
  return [study.quantile(values, 0.025), study.quantile(values, 0.975)];
}
const stream = tensor.streams(0);
const mine = bootstrap([long], iqm, stream("iqm"));

// %% [markdown]
// The library has the same for runs `[task][run]`, in the definitions of [Agarwal et al. (2021)](https://arxiv.org/abs/2108.13264):

// %%
const theirs = study.stratifiedBootstrap([[long]], (runs) => [study.interquartileMean(runs)], stream("iqm"))![0];
const improved = study.stratifiedBootstrap(
  [[long], [short]],
  (x, y) => [study.probabilityOfImprovement(x, y)],
  stream("improvement"),
)![0];
// %%
console.log(
  `IQM of 32 steps: by hand [${mine.map(Math.round).join(", ")}], library [${theirs.map(Math.round).join(", ")}]`,
);
console.log(
  `Probability of improvement ${P.toFixed(2)}, 95 % interval [${improved.map((x) => x.toFixed(2)).join(", ")}]`,
);
const [low, high] = improved;
const verdict = low > 0.5 ? "32 steps learn more" : high < 0.5 ? "8 steps learn more" : "undecided";
console.log(`What this study may say: ${verdict}.`);
const equal =
  Math.abs(iqm(long) - study.interquartileMean([long])) < 1e-6 &&
  Math.abs(P - study.probabilityOfImprovement([long], [short])) < 1e-9 &&
  mine.every((bound, i) => Math.abs(bound - theirs[i]) < 1e-6);
if (!equal) throw new Error("IQM, probability of improvement and interval by hand should be the library's.");

// %% [markdown]
// ## The figure
//
// The interquartile mean and its interval after the first two, three, ... seeds. And the learning curves as `dmo-lab compare` draws
// them: mean over seeds of the return *during training*, with noise, over the last 100 episodes.

// %%
const N = short.length;
const counts = Array.from({ length: N - 1 }, (_, i) => i + 2);
const after = VARIANTS.map((name) =>
  counts.map((n) => {
    const first = [scores[name].slice(0, n)];
    const statistic = (runs: study.Runs) => [study.interquartileMean(runs)];
    const [low, high] = study.stratifiedBootstrap([first], statistic, stream(`${name} ${n}`))![0];
    return { n, middle: statistic(first)[0], low, high };
  }),
);
// %%
await notebook.showChart({
  title: "95 % interval of the interquartile mean of the score",
  x: "seeds",
  lines: VARIANTS.map((name, v) => ({
    // Side by side, or one bar would hide the other.
    ...notebook.line(name, after[v], ({ n }) => n + 0.06 * (v - 0.5), "middle", { mode: "markers" }),
    low: after[v].map(({ low }) => low),
    high: after[v].map(({ high }) => high),
  })),
});

// %%
const { figure, caption } = study.taskCurves(study.compare(runs));
console.log(caption);
await notebook.showFigure(figure);

// %% [markdown]
// The two figures answer different questions, and may disagree. The return during training is of the noisy policy and lags behind by a hundred
// episodes; the score is of what one would use in the end. Whoever chooses between them *after* looking can have the
// answer that he likes. That is why the measure was in the table above.
//
// ## What few seeds are worth
//
// The probability of improvement has a plain meaning: it is the chance that a study of *one* seed would have said the same.
// What an interval of few seeds is worth can be tried on numbers whose mean is known: draw `n` normal numbers, make the 95 %
// interval of their mean, and count how often it holds 0.

// %%
const REPEATS = REAL ? 2000 : 400;
const chance = stream("chance");
const coverage = [2, 3, 5, 10, 20].map((n) => {
  const holds = Array.from({ length: REPEATS }, () => {
    const values = Array.from({ length: n }, () => chance.normal());
    const [low, high] = study.bootstrapInterval(values, chance, { resamples: 200 })!;
    return low <= 0 && 0 <= high ? 1 : 0;
  });
  return { seeds: n, holds: holds.reduce((a: number, b) => a + b, 0) / REPEATS };
});

// %%
await notebook.showChart({
  title: "how often the 95 % interval holds the true mean",
  x: "seeds",
  log: "x",
  range: [0.4, 1],
  lines: [
    notebook.line("found", coverage, "seeds", "holds", { mode: "lines+markers" }),
    notebook.line("promised", coverage, "seeds", () => 0.95, { dash: "dash" }),
  ],
});

// %% [markdown]
// Two seeds give an interval that is wrong half of the time: the bootstrap can only draw what it has seen. From five on it is
// about usable, and it is always somewhat too narrow. An interval is no excuse for few seeds.
//
// ## Look at a run
//
// Numbers hide what happens. The last run of the longer horizon:

// %%
const winner = new training.Training(jobs[jobs.length - 1].config);
const watched: training.Row[] = [];

// %%
const ofWinner = (rows: readonly training.Row[]) => report.learningCurves([{ name: "32 steps", rows }]);
await notebook.watch(winner.rows(), ofWinner, watched, winner.config.epochs);
const cartpole = tasks.findTask("cartpole");
const policy = winner.policy();
notebook.showReplay(report.record(cartpole, (obs) => policy.act(obs), { title: "CartPole, DMO, 32 steps" }));

// %% [markdown]
// It is the same run to the last bit: a seed decides everything. What this notebook claims, checked:

// %%
const again = watched[watched.length - 1].actor_loss;
const before = runs[runs.length - 1].rows[watched.length - 1].actor_loss;
if (again !== before) throw new Error(`The same run should give the same numbers, and gave ${before} and ${again}.`);
if (verdict === "8 steps learn more") throw new Error("From equal samples, 8 steps should not be found to learn more.");
if (!(coverage[0].holds < 0.75 && coverage[4].holds > 0.85))
  throw new Error("Intervals of two seeds should be much too narrow, of twenty about right.");

// %% [markdown]
// ## Summary
//
// - A study says before the first run what changes, what is equal, what is measured and how often. Every run counts.
// - IQM and probability of improvement are robust; the stratified bootstrap gives both an interval, by drawing seeds again
//   within each task and method.
// - Few seeds give intervals that are too narrow. Take five at least; for differences between methods, several tasks.
// - The answer is about this budget, this task and these settings. Here: on CartPole, in the first 15,000 samples.
//
// ## Exercises
//
// 1. Add `variant(16)` and `variant(4)` to the settings. Is there a best horizon? Does the answer change with twice the
//    samples?
//
//    <details><summary>Hint</summary>
//
//    Four variants need no other change; 16 and 4 divide the samples. Draw the intervals, and look for the best only
//    among those that do not overlap.
//
//    </details>
// 2. Repeat the study with `value: "none"` in `base`: no critic. Which horizon needs the critic more? Write down what you
//    expect before you run it.
//
//    <details><summary>Hint</summary>
//
//    Without a critic, what comes after the horizon is worth nothing to the actor: 8 steps are 0.13 s.
//
//    </details>
// 3. Take the mean instead of the IQM in `bootstrap`, and replace one score by -10,000, as a broken run would give. What
//    do the two intervals do?
//
//    <details><summary>Hint</summary>
//
//    The broken run enters the mean of every draw in which it is drawn; the IQM leaves out a quarter at each end.
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    With five runs a quarter, rounded down, is one run: the broken one is left out of the IQM of most draws, and
//    enters where it is drawn twice or more. The mean has it in two draws of three, and its interval reaches down by
//    thousands.
//
//    </details>
// 4. With `overrides: { "cartpole/dmo": { ... } }` and two algorithms in `algorithms`, each can have settings of its own. When is
//    that fair, and when is it tuning one and not the other?
//
//    <details><summary>Answer</summary>
//
//    It is fair where both were tuned with the same effort, on other seeds than those that are compared, and where
//    both budgets are said. It is tuning one and not the other as soon as only one of the two lines was changed after
//    looking.
//
//    </details>
//
// Next: [a robot and an algorithm of your own](12_your_own_robot_and_algorithm.ipynb).
