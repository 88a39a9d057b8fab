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
// # 0. Before you start: the words, the language, the cells
//
// **For whom.** You can program, probably in Python, and had a course in machine learning. You need not know reinforcement
// learning or TypeScript: this notebook has one page of each, and says how cells behave here. If you know all three, begin with
// [notebook 1](01_quickstart.ipynb).
//
// **The idea of reinforcement learning.** A *policy* $\pi_\theta$ looks at an *observation* $s_t$ and gives an *action* $a_t$; the
// world answers with the next state and a *reward* $r_t$. Find the parameters $\theta$ under which rewards add up to the most:
//
// $$
// J(\theta) = \mathbb{E}\Bigl[\sum_{t \ge 0} \gamma^t r_t\Bigr], \qquad
// a_t \sim \pi_\theta(\cdot \mid s_t), \quad s_{t+1} = f(s_t, a_t), \quad r_t = r(s_{t+1}, a_t)
// $$
//
// | word | symbol | meaning here |
// |---|---|---|
// | return | $\sum_t \gamma^t r_t$ | rewards of an episode, added up; later ones count less, by the discount $\gamma$ (0.99). Reports and curves give it with $\gamma = 1$ |
// | value | $V(s)$ | the return that is to be expected from $s$ on. A network that estimates it is a *critic*; the policy's network is the *actor* |
// | rollout, horizon | $H$ | so many steps in a row with one policy; what comes after the last is left to the critic: $\sum_{t<H} \gamma^t r_t + \gamma^H V(s_H)$ |
// | episode | | from a start to an end: the robot falls (*terminated*), or time is up (*truncated*) |
// | policy gradient | $\nabla_\theta J$ | the direction in which to change $\theta$ |
//
// There are two ways to the policy gradient. One tries actions at random and makes those likelier that did well (*score function*: PPO,
// notebook 7). The other differentiates the rewards through actions and dynamics, by the chain rule (*first-order*: this course). The
// second says for each action what would have been better, and needs $\partial f$. Where that comes from is what DMO is about.

// %% [markdown]
// ## TypeScript for people from Python
//
// TypeScript is JavaScript with types that are checked before a cell runs. What differs most, in one cell:

// %%
import { notebook, tensor } from "dmo-lab"; // from dmo_lab import notebook, tensor

const gamma = 0.99; // a name that keeps its value; `let` for one that changes
const rewards = [1, 0, 2, 1]; // a list; its type is number[]
const total = rewards.reduce((sum, r) => sum + r, 0); // a function without a name: lambda sum, r: sum + r
const squares = rewards.map((r) => r * r); // [r * r for r in rewards]
const row = { epoch: 3, return: 12.5 }; // a dictionary whose keys are known: row.epoch
const { epoch, ...rest } = row; // takes it apart
console.log(`total ${total}, squares ${squares}, epoch ${epoch}, the rest ${JSON.stringify(rest)}`); // an f-string

// %% [markdown]
// | Python | here |
// |---|---|
// | `def f(x: float) -> float:` | `function f(x: number): number { ... }` or `const f = (x: number) => ...` |
// | `for i, r in enumerate(rewards):` | `rewards.forEach((r, i) => { ... })` |
// | `range(5)` | `Array.from({ length: 5 }, (_, i) => i)` |
// | `None`, `x is None` | `undefined`, `x === undefined` (three signs for "equal") |
// | `x if ok else y` | `ok ? x : y` |
// | `"%.2f" % x` | `x.toFixed(2)` |
// | `raise ValueError("...")` | `throw new Error("...")` |
// | `x ** 2`, `7 // 2` | `x ** 2`, `Math.floor(7 / 2)` |
// | `[*a, *b]`, `{**a, "k": 1}` | `[...a, ...b]`, `{ ...a, k: 1 }` |
//
// A return by hand, as the symbols above have it:

// %%
const discounted = (values: readonly number[]) => values.reduce((sum, r, t) => sum + gamma ** t * r, 0);
console.log(`Return of [${rewards}] with gamma ${gamma}: ${discounted(rewards).toFixed(4)}`);

// %% [markdown]
// `reduce((sum, r, t) => ..., 0)` goes through the list with a running sum. From the last step to the first it needs no power of gamma,
// and gives the return from *every* step on. This is the recursion $R_t = r_t + \gamma R_{t+1}$ that all of the methods here use:

// %%
const returns: number[] = [];
for (let t = rewards.length - 1; t >= 0; t--) returns[t] = rewards[t] + gamma * (returns[t + 1] ?? 0); // `??`: where there is none
console.log(`Returns from each step on: ${returns.map((x) => x.toFixed(3)).join(", ")}`);
if (Math.abs(returns[0] - discounted(rewards)) > 1e-12) throw new Error("Both ways should give the same return.");

// %% [markdown]
// ## Tensors for people from NumPy
//
// Tensors are TensorFlow.js's: values that never change, with a shape. There are no operators for them, so `a @ b + c` is
// `a.matMul(b).add(c)`. `await` waits for something that takes its time, as in Python's asyncio; in a cell it may stand anywhere.

// %%
const { name, threads } = await tensor.useBackend();
const { tf } = tensor;
const x = tf.tensor2d([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
const W = tf.tensor2d([[1, 0], [0, 2]]); // prettier-ignore
const y = x.matMul(W).add([10, 20]).tanh(); // np.tanh(x @ W + [10, 20])
console.log(`${name}, ${threads} thread(s); shape of y: [${y.shape}]`);
console.log(`mean of each column: ${x.mean(0).dataSync()}`); // x.mean(axis=0); dataSync() gives the numbers

// %% [markdown]
// | NumPy | here |
// |---|---|
// | `x.shape`, `x.reshape(2, 3)` | `x.shape`, `x.reshape([2, 3])` |
// | `x * y`, `x @ y`, `x.T` | `x.mul(y)`, `x.matMul(y)`, `x.transpose()` |
// | `x.sum(axis=1)` | `x.sum(1)` |
// | `x[:, 0]` | `x.slice([0, 0], [-1, 1])`, where -1 means "up to the end" |
// | `np.where(m, a, b)` | `tf.where(m, a, b)` |
// | `np.concatenate([a, b], axis=1)` | `tf.concat([a, b], 1)` |
//
// Tensors are not freed by themselves: `tensor.tidy(() => ...)` frees all that were made inside, but what the function returns.
//
// ## The one tool of this course: a gradient
//
// `valueAndGrad` gives a function's value and its derivative with respect to its argument, which may be a whole record of tensors.
// Ten steps uphill on $J(\theta) = -(\theta - 3)^2$, the smallest policy there is:

// %%
let theta = tf.scalar(0);
const path: number[] = [];
for (let k = 0; k < 10; k++) {
  const { value, grad } = tensor.valueAndGrad(
    (p: { theta: tensor.tf.Tensor }) => p.theta.sub(3).square().neg().asScalar(),
    { theta },
  );
  path.push(theta.dataSync()[0]);
  theta = theta.add(grad.theta.mul(0.2)).asScalar(); // one step uphill
}
const at = path.map((_, k) => k);
await notebook.showChart({
  title: "theta climbs to 3",
  x: "step",
  lines: [{ name: "theta", x: at, y: path, mode: "lines+markers" }],
});

// %% [markdown]
// By hand: $\theta_{k+1} = \theta_k + 0.2 \cdot (-2)(\theta_k - 3)$, so the distance to 3 shrinks to six tenths in every step.

// %%
const byHand = at.map((k) => 3 - 3 * 0.6 ** k);
const largest = Math.max(...at.map((k) => Math.abs(path[k] - byHand[k])));
console.log(`Largest difference to the formula: ${largest.toExponential(1)}`);
if (!(largest < 1e-5)) throw new Error("The gradient should be the one by hand.");

// %% [markdown]
// ## How cells behave
//
// - **Shift+Enter** runs a cell. Types are checked first; an error names the line of the cell.
// - A name that a cell declares is there in all later ones. Declaring it again in another cell replaces it.
// - **Tab** completes names, **Shift+Tab** shows a type and what the documentation says.
// - **Interrupt** (the square) stops a training; what was measured until then stays. `0 0` restarts the kernel: all names are gone.
// - Figures can be zoomed, robots turned. Without a kernel, pictures stand in their place.
// - Each notebook has quick settings, for less than a minute, and real ones (`REAL = true`).
// - At the end of each the claims are *checked* in a cell. A claim that does not hold is an error, not a sentence.
//
// ## Summary
//
// - A policy, a return, a value, a horizon, a gradient: five words carry the rest of the course.
// - First-order methods need the derivative of the dynamics; DMO learns it.
// - TypeScript's arrays and functions are Python's with other signs; tensors never change and are freed by `tidy`.
//
// ## Exercises
//
// 1. With a gamma of 0.5, how much is a reward worth that comes after ten steps? After how many is it worth less than 1 %?
//
//    <details><summary>Answer</summary>
//
//    $0.5^{10} = 0.00098$. It is below 1 % from the seventh step on: $0.5^7 = 0.0078$. With 0.99 it takes 459 steps,
//    so one says that a discount $\gamma$ looks about $1 / (1 - \gamma)$ steps ahead: 2 here, 100 there.
//
//    </details>
// 2. Change the step size in the climb from 0.2 to 0.9, then to 1.1. What is the distance multiplied by in each step?
//
//    <details><summary>Hint</summary>
//
//    Write the step as in the formula above, with the step size as a letter.
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    $\theta_{k+1} - 3 = (1 - 2 \eta)(\theta_k - 3)$: the distance is multiplied by 0.6 with $\eta = 0.2$, by -0.8
//    with 0.9 (it jumps from one side to the other and still arrives), by -1.2 with 1.1 (each jump is larger than the
//    last).
//
//    </details>
// 3. Write `mean` and `standardDeviation` of a list of numbers without a loop. Check them with `tf.moments`.
//
//    <details><summary>Hint</summary>
//
//    `values.reduce((sum, x) => sum + x, 0)`; the deviation is the root of the mean of squares of `x - mean`.
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    `const mean = (v: number[]) => v.reduce((sum, x) => sum + x, 0) / v.length;` and `const standardDeviation = (v:
//    number[]) => Math.sqrt(mean(v.map((x) => (x - mean(v)) ** 2)));`. `tf.moments(v)` gives `{ mean, variance }`, of
//    which the root is the deviation: it divides by the count as well, not by one less.
//
//    </details>
// 4. A robot gets reward 1 for each step until it falls at step 50, or until time is up at step 50. Why should the critic's value be added
//    in one case and not in the other?
//
//    <details><summary>Hint</summary>
//
//    What would the robot have earned next, had nobody stopped the clock?
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    A robot that fell earns nothing any more: what comes after is 0, and that is what the policy should learn. One
//    whose time is up would have gone on; the clock is no part of the world. Adding no value there would teach that
//    standing is worth little shortly before the end, which the observation does not even show.
//
//    </details>
//
// Next: [a robot learns](01_quickstart.ipynb).
