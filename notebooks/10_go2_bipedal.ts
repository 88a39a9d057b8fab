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
// # 10. A quadruped on two legs
//
// **The idea.** The same robot is to stand on its front legs, and to walk on them. Nothing holds it there: like a pendulum
// that stands on its head it falls unless it does something, and what it can do is move its two feet and swing the rest. The
// reward asks for a direction: the body's forward axis $v_f$ should point down, a little ahead of itself.
//
// $$
// r_{\text{upright}} = \left(\tfrac{1}{2}\, c + \tfrac{1}{2}\right)^2, \qquad
// c = v_f \cdot \frac{v_u}{\lVert v_u \rVert}, \quad v_u = R_z(\psi)\, (0.2,\, 0,\, -1), \qquad
// \text{standing where } c > 0.9
// $$

// %%
import { notebook, packageFile, report, study, tasks, tensor, training } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;

// %% [markdown]
// The quick setting takes about 30 seconds on one core. `REAL = true` also trains PPO for as many epochs as
// the run below, in about half an hour.

// %%
const REAL = false;
const SEED = 1;
const EPISODES = REAL ? 20 : 8;

// %% [markdown]
// ## The upright reward, by hand
//
// Gravity, seen from the body, is all that is needed. Let $g$ be its unit vector in the body's axes: the forward axis points
// down by $g_x$. How far does it point ahead? First the heading $\psi$ of a body on its nose has to be said: here it is where
// the body faces once it is turned level the shortest way. In that heading the forward axis points ahead by
//
// $$
// -g_z + \frac{g_y^2}{1 - g_z},
// $$
//
// which without roll ($g_y = 0$) is the cosine of the pitch. The forward axis' own shadow as the heading would be shorter to
// write, $\sqrt{1 - g_x^2}$ ahead, and worse: the shadow vanishes where the body is upright and turns round beyond. Whoever
// divides by it, as velocities in the heading do, has a gradient that explodes just where the robot should stand.

// %%
const bipedal = tasks.go2Bipedal(tasks.go2Conditions.nominal);
const cosine = ([gx, gy, gz]: number[]): number => (0.2 * (-gz + gy ** 2 / (1 - gz)) + gx) / Math.hypot(0.2, 1);
const gravity = (pitch: number): number[] => {
  const angle = (pitch * Math.PI) / 180;
  return [Math.sin(angle), 0, -Math.cos(angle)];
};
// Squared, so that it is 0 upside down and flat there; half and half bring the cosine to [0, 1].
const pitches = Array.from({ length: 121 }, (_, i) => i); // degrees, 0: level, 90: nose down
const byHand = pitches.map((pitch) => (0.5 * cosine(gravity(pitch)) + 0.5) ** 2);

// %% [markdown]
// The task's own term, at observations that differ in gravity's direction alone:

// %%
const first = bipedal.observation.findIndex(({ name }) => name === "direction of gravity");
const at = bipedal.observation.slice(0, first).reduce((sum, { size }) => sum + size, 0);
const rows = pitches.map((pitch) => {
  const obs = new Array<number>(68).fill(0);
  obs.splice(at, 3, ...gravity(pitch));
  return obs;
});
const actions = (count: number) => {
  const zero = tf.zeros([count, 12]) as tensor.tf.Tensor2D;
  return { action: zero, previous: zero, beforePrevious: zero };
};
const library = [...bipedal.rewardTerms.upright.term(tf.tensor2d(rows), actions(121), {}).dataSync()];

// %%
const tens = pitches.filter((pitch) => pitch % 10 === 0);
await notebook.showChart({
  title: "upright reward",
  x: "pitch, degrees (90: nose straight down)",
  lines: [
    { name: "by hand", x: pitches, y: byHand },
    { name: "the task's", x: tens, y: tens.map((pitch) => library[pitch]), mode: "markers" },
  ],
});
const best = byHand.indexOf(Math.max(...byHand));
const span = pitches.filter((pitch) => cosine(gravity(pitch)) > 0.9);
console.log(`Best at ${best} degrees; it counts as standing from ${span[0]} to ${span.at(-1)} degrees`);
if (!byHand.every((x, i) => Math.abs(x - library[i]) < 2e-3))
  throw new Error("The reward by hand should be the task's.");

// %% [markdown]
// The best pitch is not 90 degrees: the body leans a little, so that its mass is over the feet.
//
// ## Doing nothing
//
// The start is a pose of balance: the centre of mass over the front feet, rear legs folded. The motors hold it like springs:
// their target, the pose of action 0, is a little straighter, and the weight presses the legs down into the start. For how long?

// %%
const hold = (seen: Float32Array) => new Float32Array((seen.length / 49) * 12);
const held = tasks.trials(bipedal, hold, 8, tensor.streams(SEED)("held"));
const after = (_: tasks.Moment, t: number) => (t + 1) / 50; // s: 50 moments a second
await notebook.showChart({
  title: "cosine to the upright direction, holding the pose",
  x: "time, s",
  lines: held.map(({ moments }, i) => notebook.line(`start ${i + 1}`, moments, after, "upright")),
});
const seconds = held.map(({ moments }) => moments.length / 50);
console.log(`It falls after ${seconds.map((s) => s.toFixed(1)).join(", ")} s`);

// %% [markdown]
// The starts differ by a few degrees in the joints and by next to nothing in speed. Small differences grow, first slowly, then
// fast: the falls of a pendulum on its head all look alike. A policy has to see it early and step under it.
//
// ## Two runs
//
// PPO and DMO, kept in `data/results` with their settings. No threshold, no curriculum: an episode that lasts longer earns more. DMO sees
// eight steps ahead, 0.16 s, and what comes after them as a value: without one its return only falls (`docs/go2.md`).

// %%
const saved = ["ppo", "dmo"].map((method) =>
  study.readResult(packageFile(`data/results/go2-bipedal/${method}+laptop/seed1`)),
);
const settings = ["preset=laptop", `epochs=${saved[0].epochs}`];
const real = REAL ? new training.Training(training.resolveConfig("go2-bipedal", "ppo", SEED, settings)) : undefined;
const curves = (rows: readonly training.Row[]) => report.learningCurves([{ name: `seed ${SEED}`, rows }]);
if (real) await notebook.watch(real.rows(), curves, [], real.config.epochs);
await notebook.showChart({
  title: "return of the stochastic policy",
  x: "samples, million",
  lines: saved.map(({ algorithm, rows }) =>
    notebook.line(`${report.title(algorithm)}, seed 1`, rows, (row) => row.samples! / 1e6, "return"),
  ),
});

// %% [markdown]
// ## The policy
//
// DMO's. Stand, then walk forward, then turn, in nominal physics.

// %%
const policy = training.Policy.load(packageFile("data/policies/go2-bipedal.json"));
const act = (seen: Float32Array) => policy.act(seen);
const [trial] = tasks.trials(bipedal, act, 1, tensor.streams(SEED)("trial"), tasks.demonstrations["go2-bipedal"]);
const { moments } = trial;
const velocity = (title: string, of: number) => ({
  title,
  x: "time, s",
  lines: [
    notebook.line("commanded", moments, after, ({ commanded }) => commanded[of], { dash: "dash" }),
    notebook.line("actual", moments, after, ({ actual }) => actual[of]),
  ],
});
const upright = [
  notebook.line("policy", moments, after, "upright"),
  notebook.line("standing", moments, after, () => 0.9, { dash: "dash" }),
];
const panels = [velocity("forward, m/s", 0), velocity("turning, rad/s", 2)];
await notebook.showChart([{ title: "cosine to the upright direction", x: "time, s", lines: upright }, ...panels]);
notebook.showReplay(report.record(bipedal, act, { title: "Go2 on two legs" }));

// %% [markdown]
// Over several episodes with commands of the task, in nominal physics and in others, beside the robot that holds its pose:

// %%
const names = ["nominal", "pushes", "low friction", "3 kg more"] as const;
type Scored = { condition: string; falls: number; return: number; "standing, share of 10 s": number };

function scored(name: (typeof names)[number], how: (seen: Float32Array) => Float32Array, condition: string): Scored {
  const task = tasks.go2Bipedal(tasks.go2Conditions[name]);
  const score = tasks.scoreTrials(task, tasks.trials(task, how, EPISODES, tensor.streams(SEED)(name)));
  return { condition, falls: score.falls, return: score.return, "standing, share of 10 s": score.standing };
}

// %%
const table: Scored[] = [];
for await (const name of notebook.progress(names)) table.push(scored(name, act, name));
const idle = scored("nominal", hold, "nominal, holding the pose");
notebook.showTable([...table, idle], 2);

// %% [markdown]
// It stands most of the time, follows commands forward and backward in part, turns hardly, and falls where physics are not what it was
// trained in. An earlier form of the task let the robot be as low as 0.2 m. It learned to kneel there, which the reward
// calls upright; ask for what you mean, and look at what you get. What this notebook claims, checked:

// %%
if (!(best > 75 && best < 83)) throw new Error("The upright direction should lean by atan(0.2), about 11 degrees.");
if (idle.falls !== EPISODES || Math.max(...seconds) > 4)
  throw new Error("A robot that holds its pose should fall within seconds.");
if (!(table[0].return > 3 * idle.return && table[0]["standing, share of 10 s"] > 0.7))
  throw new Error("The policy should stand most of the time, and earn far more than a robot that holds its pose.");

// %% [markdown]
// ## Summary
//
// - A posture can be asked for by one direction: gravity in the body's axes says where the body points.
// - Standing on two feet is unstable. Without stepping it ends in a second or two, whatever pose is held.
// - An indicator (*standing*) switches the reward for commands on: first stand, then walk. It has no gradient of its own; the
//   upright reward does.
//
// ## Exercises
//
// 1. Which pitch has the highest reward if the target is $(0, 0, -1)$? Why would one rather not ask for that?
//
//    <details><summary>Answer</summary>
//
//    90 degrees, the nose straight down. The body's mass is not over its feet there: it would be asked to fall.
//
//    </details>
// 2. Hold the pose with rear legs that are less folded (`REAR` in `robots/go2/go2-bipedal.ts`). Where is the centre of mass
//    then, and how does the time to the fall change?
//
//    <details><summary>Hint</summary>
//
//    `report.record(bipedal, ...)` shows the pose; lengths and masses of the legs are in `data/models`. Straighter
//    rear legs move mass away from the front feet.
//
//    </details>
// 3. The paper's term is squared. Plot its derivative with respect to the pitch, with and without the square: who is
//    pulled harder, who is nearly upright or who is far from it?
//
//    <details><summary>Answer</summary>
//
//    With $c = \cos(\varphi - \varphi_0)$ the derivative is $-\frac{1}{2} \sin(\varphi - \varphi_0)$ without the
//    square, largest a quarter turn away, and $-\frac{1}{2} (c + 1) \sin(\varphi - \varphi_0)$ with it, largest at 60
//    degrees: the square pulls harder on who is nearer than 90 degrees, and less on who is further.
//
//    </details>
// 4. Reward only the indicator, `standing`. What does a method with gradients through a model learn, and what does PPO?
//
//    <details><summary>Hint</summary>
//
//    The indicator is 0 or 1: what is its derivative? And how often would a robot that falls in a second see a 1?
//
//    </details>
//
// Next: [an ablation study](11_ablation_study.ipynb).
