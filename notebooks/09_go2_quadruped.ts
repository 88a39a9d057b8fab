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
// # 9. A quadruped that follows commands
//
// **The idea.** The Unitree Go2 is to have the velocity that somebody asks for, on legs that take turns. Everything that
// was easy so far is not ([the account](../docs/go2.md)): the physics (MuJoCo) has no derivative, the motors have friction that nobody measured, the policy
// does not see everything, and the reward is a sum of ten terms that is cut off at 0. This notebook writes the motors, the
// clock of the gait and a reward term by hand, finds out why nothing is learned from this reward at first, and looks at a
// policy that was trained.
//
// $$
// \tau = K_p \left(q_0 + \tfrac{1}{2} a - q\right) - K_d\, \dot q - \tau_s \tanh(\dot q / 0.1) - \mu\, \dot q, \qquad
// r = \max\Bigl(0,\; \sum_k w_k\, r_k(s', a, \text{command}, \text{phase})\Bigr)
// $$

// %%
import { notebook, packageFile, report, study, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 40 seconds on one core. `REAL = true` also trains DMO for as many epochs as
// the run below, in about 10 minutes.

// %%
const REAL = false;
const SEED = 1;
const EPISODES = REAL ? 20 : 8;

// %% [markdown]
// ## What the robot sees
//
// The dynamics model and DMO's critic see all of it. The actor runs on a robot later: its velocity, where its feet are and what
// they carry, it does not know there.

// %%
const go2 = tasks.go2();
notebook.showTable(
  go2.observation.map(({ name, size, unit, privileged }) => ({
    name,
    size,
    unit,
    "the actor sees it": privileged ? "no" : "yes",
  })),
);

// %% [markdown]
// ## Motors
//
// An action is no torque but a target, half a radian from the pose at most; a spring and a damper in software make the torque
// of it, 200 times a second. The gears add friction, which is drawn anew for each joint and each episode: a policy that relies on
// one value would work on no robot.

// %%
const { stiffness, damping } = go2.mujoco!.control!;
const speeds = Array.from({ length: 121 }, (_, i) => (i - 60) / 40); // rad/s
const friction = (stiction: number, viscosity: number) => (speed: number) =>
  -stiction * Math.tanh(speed / 0.1) - viscosity * speed;
const GEARS = [
  [0.5, 0.05],
  [1.25, 0.15],
  [2.5, 0.3],
];
const lines = GEARS.map(([stiction, viscosity]) => ({
  name: `stiction ${stiction} N m, viscosity ${viscosity} N m s`,
  x: speeds,
  y: speeds.map(friction(stiction, viscosity)),
}));
await notebook.showChart({ title: "friction of a joint, N m", x: "speed of the joint, rad/s", lines });
console.log(
  `A target 0.1 rad away gives ${(0.1 * stiffness).toFixed(1)} N m, less than the largest stiction; damping ${damping}.`,
);

// %% [markdown]
// ## The clock of a trot
//
// One phase advances three times a second. Each foot has an offset, so that diagonal legs take turns; below 0.5 it should be
// down, above in the air, with edges smoothed by a normal distribution $\Phi$ of deviation 0.07:
//
// $$ C(\varphi) = \Phi(\varphi)\,(1 - \Phi(\varphi - 0.5)) + \Phi(\varphi - 1)\,(1 - \Phi(\varphi - 1.5)) $$

// %%
const OFFSETS = [0.5, 0, 0, 0.5]; // FL, FR, RL, RR
const Phi = (x: number): number => (1 + tf.erf(x / (0.07 * Math.SQRT2)).dataSync()[0]) / 2;
const contact = (p: number): number => Phi(p) * (1 - Phi(p - 0.5)) + Phi(p - 1) * (1 - Phi(p - 1.5));
const times = Array.from({ length: 51 }, (_, t) => t / 50); // s
await notebook.showChart({
  title: "whether a foot should be on the ground",
  x: "time, s",
  lines: ["FL and RR", "FR and RL"].map((name, i) => ({
    name: name,
    x: times,
    y: times.map((t) => contact((3 * t + OFFSETS[i]) % 1)), // 3 steps a second, each foot with its offset
  })),
});

// %% [markdown]
// One of the ten terms is what a foot costs that presses while it should swing, $-4 \cdot \frac{1}{4} \sum_i (1 - C_i)\,(1 -
// e^{-F_i^2/100})$. By hand, and as the task has it, for robots that stand on all four feet with 37 N each:

// %%
/** Where a row of the table above begins in an observation. */
const first = (name: string): number => {
  const row = go2.observation.findIndex((each) => each.name === name);
  return go2.observation.slice(0, row).reduce((sum, { size }) => sum + size, 0);
};
const phases = [0.1, 0.25, 0.48, 0.5, 0.9];
const standing = phases.map(() => {
  const obs = new Array<number>(68).fill(0);
  for (let foot = 0; foot < 4; foot++) obs[first("contact forces of the feet") + foot] = 0.37; // 100 N
  return obs;
});
// %%
const { weight, term } = go2.rewardTerms["force in swing"];
const zeros = tf.zeros([5, 12]) as tensor.tf.Tensor2D;
const still: tasks.Actions = { action: zeros, previous: zeros, beforePrevious: zeros };
const context = { phase: tf.tensor2d(phases, [5, 1]), command: tf.zeros([5, 3]) };
const library = [...term(tf.tensor2d(standing), still, context).dataSync()].map((x) => weight * x);
const pressed = 1 - Math.exp(-(37 ** 2) / 100);
const mine = phases.map((phase) =>
  OFFSETS.reduce((sum, offset) => sum - (1 - contact((phase + offset) % 1)) * pressed, 0),
);
console.log(phases.map((phase, i) => `phase ${phase}: ${mine[i].toFixed(4)}, ${library[i].toFixed(4)}`).join("\n"));
if (!mine.every((x, i) => Math.abs(x - library[i]) < 1e-4))
  throw new Error("The term by hand should be the library's.");

// %% [markdown]
// ## Why nothing is learned at first
//
// A robot that stands pays 2 for that, and earns at most 1.5 for following its command: the sum is below 0, and the reward is 0.
// A reward that is always 0 has no gradient, neither an exact one nor one from samples. How often that is so, with the robot
// that stands, and with one that trembles:

// %%
/** Share of rewards at the floor over 2 s, with noise of this deviation. */
function atFloor(task: tasks.Task, deviation: number): number {
  const random = tensor.streams(SEED);
  const environment = tasks.createEnvironment(task, 16, random("environment"));
  environment.reset();
  const rewards = Array.from({ length: 100 }, () => {
    const actions = random("actions").normals(16 * 12);
    return [...environment.step(actions.map((x) => deviation * x)).reward]; // what is learned from: after the floor
  }).flat();
  environment.dispose();
  return rewards.filter((reward) => reward <= 0).length / rewards.length;
}
const raised = tasks.defineTask({ ...go2, rewardBonus: 3 });
const floors = [0, 0.3].map((deviation) => ({
  deviation,
  "as it is": atFloor(go2, deviation),
  "with a bonus of 3": atFloor(raised, deviation),
}));
notebook.showTable(floors);

// %% [markdown]
// So training adds 3 before the floor, `--set rewardBonus=3`; returns never count it. The same for DMO, whose gradient goes
// through a recurrent model that was fitted to a thousand steps: without the bonus the actor is told nothing.

// %%
const SMALL = [
  ...["envs=16", "horizon=4", "epochs=2", "dynamics.hidden=64,64", "dynamics.recurrent.width=32", "dynamics.batch=8"],
  ...["dynamics.updates=8", "dynamics.initialUpdates=200", "dynamics.minReplay=1024"],
];
async function twoEpochs(...set: string[]): Promise<training.Row> {
  const run = new training.Training(training.resolveConfig("go2", "dmo", SEED, [...SMALL, ...set]));
  const rows: training.Row[] = [];
  for await (const row of run.rows()) rows.push(row);
  run.dispose();
  return rows[0];
}
// %%
const tried: training.Row[] = [];
for await (const bonus of notebook.progress([0, 3])) tried.push(await twoEpochs(`rewardBonus=${bonus}`));
const [without, withBonus] = tried;
notebook.showTable(
  tried.map((row, i) => ({
    bonus: 3 * i,
    "rewards at the floor": row.floored_rewards!,
    "norm of the actor's gradient": row.actor_grad_norm!,
    "seconds of fitting": row.fit_seconds!,
    "of the rollout": row.rollout_seconds!,
    "of the backward pass": row.actor_seconds!,
  })),
);

// %% [markdown]
// ## Two runs
//
// DMO, with a small recurrent model, and PPO, both with this bonus on one core, kept in `data/results`. `dmo-lab train` with the
// settings of `docs/go2.md` makes them again; with `REAL = true`, DMO's here.

// %%
const saved = ["dmo", "ppo"].map((method) => study.readResult(packageFile(`data/results/go2/${method}+laptop/seed1`)));
const settings = ["preset=laptop", `epochs=${saved[0].epochs}`];
const real = REAL ? new training.Training(training.resolveConfig("go2", "dmo", SEED, settings)) : undefined;
const curves = (rows: readonly training.Row[]) => report.learningCurves([{ name: `seed ${SEED}`, rows }]);
if (real) await notebook.watch(real.rows(), curves, [], real.config.epochs);
await notebook.showChart({
  title: "return in training, without the bonus",
  x: "samples, million",
  log: "x",
  lines: saved.map(({ algorithm, rows }) =>
    notebook.line(report.title(algorithm), rows, (row) => row.samples! / 1e6, "return"),
  ),
});

// %% [markdown]
// ## The policy
//
// Ten seconds with commands one after another, in nominal physics: forward, left, turn, forward in a curve, stand.

// %%
const policy = training.Policy.load(packageFile("data/policies/go2.json"));
const act = (seen: Float32Array) => policy.act(seen);
const nominal = tasks.go2(tasks.go2Conditions.nominal);
const [trial] = tasks.trials(nominal, act, 1, tensor.streams(SEED)("trial"), tasks.demonstrations.go2);

const after = (_: tasks.Moment, t: number) => (t + 1) / 50; // s: 50 moments a second
const velocity = (title: string, of: number) => ({
  title,
  x: "time, s",
  lines: [
    notebook.line("commanded", trial.moments, after, ({ commanded }) => commanded[of], { dash: "dash" }),
    notebook.line("actual", trial.moments, after, ({ actual }) => actual[of]),
  ],
});
await notebook.showChart([velocity("forward, m/s", 0), velocity("left, m/s", 1), velocity("turning, rad/s", 2)]);

// %% [markdown]
// The gait: when which foot is on the ground.

// %%
const FEET = ["FL", "FR", "RL", "RR"];
const shown = trial.moments.slice(25, 100);
await notebook.showChart({
  title: "feet on the ground (1: FL, 2: FR, 3: RL, 4: RR)",
  x: "time, s",
  lines: FEET.map((name, foot) => {
    const height = ({ contacts }: tasks.Moment) => (contacts[foot] ? foot + 1 : undefined); // in the air: no point
    return notebook.line(name, shown, (_, t) => (t + 26) / 50, height, { mode: "markers" });
  }),
});
notebook.showReplay(report.record(nominal, act, { title: "Go2, forward at 0.5 m/s" }));

// %% [markdown]
// ## In other physics
//
// The same policy where it has not been: on slippery ground, and with actions that act late. `dmo-lab trials` does the same
// over 20 episodes, with pushes, 3 kg more and noisy sensors as well.

// %%
const names = ["nominal", "low friction", "20 ms latency"] as const;
const table: { condition: string; falls: number; return: number; forward: number; left: number; turning: number }[] =
  [];
for await (const condition of notebook.progress(names)) {
  const task = tasks.go2(tasks.go2Conditions[condition]);
  const score = tasks.scoreTrials(task, tasks.trials(task, act, EPISODES, tensor.streams(SEED)(condition)));
  const [forward, left, turning] = score.smoothErrors;
  table.push({ condition, falls: score.falls, return: score.return, forward, left, turning });
}
notebook.showTable(table, 3);

// %% [markdown]
// What this notebook claims, checked. A robot that stands still is what the policy has to beat.

// %%
const idle = (seen: Float32Array) => new Float32Array((seen.length / 49) * 12); // 49 numbers seen, 12 joints, for each robot
const stood = tasks.scoreTrials(nominal, tasks.trials(nominal, idle, EPISODES, tensor.streams(SEED)("nominal")));
console.log(`Returns: ${stood.return.toFixed(1)} for standing still, ${table[0].return.toFixed(1)} for the policy`);

// %%
if (!floors.every((row) => row["as it is"] > 0.9 && row["with a bonus of 3"] < 0.2))
  throw new Error("Most rewards of a robot that stands should be at the floor, and few with the bonus.");
if (!(without.actor_grad_norm! < 0.1 * withBonus.actor_grad_norm!))
  throw new Error("At the floor, the actor's gradient should be next to nothing.");
if (!(table[0].return > 100 && stood.return < 10))
  throw new Error("The policy should earn a hundred times as much as a robot that stands.");
const together = (a: number, b: number): number =>
  trial.moments.filter(({ contacts }) => contacts[a] === contacts[b]).length / trial.moments.length;
if (!(together(0, 3) > together(0, 1) && together(1, 2) > together(0, 1)))
  throw new Error("Diagonal feet should be down together more often than neighbours: a trot.");

// %% [markdown]
// ## Summary
//
// - A legged robot's action is a target for its joints; the torque is made of it 200 times a second.
// - What is drawn for an episode (command, friction, phase) is a *context*: a constant of the step, for reward and gradient.
// - A floor under the reward takes the gradient away from whoever is below it. Raise the reward in training, and count the
//   original.
// - A policy is worth what it does in physics where it was not trained.
//
// ## Exercises
//
// 1. Take the term `force in swing` out of the task and look at the rewards of a robot that stands. Is there a gradient now?
//    What would be learned instead of a trot?
//
//    <details><summary>Hint</summary>
//
//    `tasks.defineTask({ ...go2, rewardTerms: ... })` without the term, and `atFloor` of it.
//
//    </details>
// 2. Change `OFFSETS` of the clock in your head: which gait has `[0.5, 0, 0.5, 0]`, which `[0, 0, 0.5, 0.5]`?
//
//    <details><summary>Answer</summary>
//
//    Offsets 0 and 2 are of the left legs, 1 and 3 of the right ones: `[0.5, 0, 0.5, 0]` moves the two legs of a side
//    together, a pace. `[0, 0, 0.5, 0.5]` moves the front legs together and the rear legs together, a bound.
//
//    </details>
// 3. Which error grows most when actions act 20 ms late? Train with latency drawn from 0 to 20 ms
//    (`tasks.go2({ ...tasks.go2Conditions.training, latency: [0, 0.02] })` in a task file) and compare.
//
//    <details><summary>Hint</summary>
//
//    The columns `forward`, `left` and `turning` of the table are mean errors of the smoothed velocity.
//
//    </details>
// 4. The exercise `go2-reward` in `notebooks/exercises`: from a bare tracking reward to a gait.
//
//    <details><summary>Hint</summary>
//
//    Begin with the term whose value is easiest to check by hand; the checks tell signs, sums and units apart.
//
//    </details>
//
// Next: [the same robot on two legs](10_go2_bipedal.ipynb).
