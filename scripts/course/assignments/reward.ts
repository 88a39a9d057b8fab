// %% [markdown]
// # Exercise: a reward
//
// A reward says what a robot is to do. In DMO it is differentiated as well: it has to be a smooth, batched function of
// tensors, and where it is flat nothing is learned. You write two terms for Hopper, a leg that hops, and put them together.
//
// Write where it says `YOUR CODE HERE`, and run the cells from the top. The cells behind are checks: they say what is
// wrong. There are more of them when this is graded. 10 points, about 40 minutes.

// %%
import { tasks, tensor } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;
type Tensor = tensor.tf.Tensor;
type Tensor2D = tensor.tf.Tensor2D;

const hopper = tasks.findTask("hopper");
const read = tasks.reader(hopper.observation); // read(obs, "velocity: forward"): [robots]
console.log(hopper.observation.map(({ name, size, unit }) => `${name}: ${size} [${unit}]`).join("\n"));

// %% [markdown]
// So an observation has 11 components, in this order. Observations come in a batch, `[robots, 11]`, and rewards go as
// `[robots]`. `read(obs, "velocity: forward")` is the forward velocity of all robots, `[robots]`.
//
// ## 1. Go at this speed
//
// Hopper's own reward is its velocity: the faster the better. Yours asks for a speed $v^*$, and has its largest value, 1,
// there:
//
// $$ r_{\text{speed}} = \exp\left(-\frac{(v - v^*)^2}{2 w^2}\right) $$

// %% solution="speed"
/** How well each robot keeps the speed `wanted` [m/s], within about `width` [m/s]: [robots], from 0 to 1. */
function speedTerm(obs: Tensor2D, wanted: number, width: number): Tensor {
  // BEGIN SOLUTION
  const error = read(obs, "velocity: forward").sub(wanted).div(width);
  return error.square().div(-2).exp();
  // END SOLUTION
}

// %% [markdown]
// What the checks use:

// %%
/** Robots with these forward velocities, and something in all other components. */
function robots(...velocities: number[]): Tensor2D {
  return tf.tensor2d(velocities.map((v, i) => Array.from({ length: 11 }, (_, c) => (c === 5 ? v : 0.1 * c + 0.2 * i))));
}
const list = (x: Tensor): string => `[${Array.from(x.dataSync(), (v) => Number(v.toFixed(4))).join(", ")}]`;
const equal = (x: Tensor, y: number[]): boolean =>
  x.size === y.length && [...x.dataSync()].every((v, i) => Math.abs(v - y[i]) < 1e-3 * Math.max(1, Math.abs(y[i])));
const bell = (x: number): number => Math.exp(-x * x);

// %% test="speed-value" points=2
const speeds = speedTerm(robots(2, 2.5, 1, 2), 2, 0.5);
if (`${speeds.shape}` !== "4")
  throw new Error(
    `your speed term of 4 robots has the shape [${speeds.shape}]: it should have one number for each, [4].`,
  );
if (!equal(speeds.slice(0, 1), [1]))
  throw new Error(`your speed term at the wanted speed is ${list(speeds.slice(0, 1))}: it should be 1.`);
if (equal(speeds, [1, bell(1), bell(2), 1])) throw new Error("the factor 1/2 in the exponent is missing.");
if (equal(speeds, [1, Math.exp(-0.25), Math.exp(-1), 1]))
  throw new Error("your speed term divides by the width, not by its square.");
if (!equal(speeds, [1, Math.exp(-0.5), Math.exp(-2), 1]))
  throw new Error(
    `at 2, 2.5, 1 and 2 m/s (wanted 2, width 0.5) your speed term is ${list(speeds)}: it should be [1, 0.6065, 0.1353, 1]. Does it read "velocity: forward"?`,
  );

// %% test="speed-gradient" points=2
const pull = tensor.valueAndGrad((obs) => speedTerm(obs, 2, 0.5).sum().asScalar(), robots(1.5, 2.5)).grad as Tensor2D;
if (equal(read(pull, "velocity: forward"), [0, 0]))
  throw new Error(
    "no gradient reaches the velocity: your speed term reads values out of a tensor (dataSync, arraySync) somewhere.",
  );
if (!equal(read(pull, "velocity: forward"), [2 * Math.exp(-0.5), -2 * Math.exp(-0.5)]))
  throw new Error(
    `the gradient at 1.5 and 2.5 m/s is ${list(read(pull, "velocity: forward"))}: it should pull towards 2 m/s, [1.2131, -1.2131].`,
  );
// BEGIN HIDDEN TESTS
if (!equal(pull.abs().sum(1), [2 * Math.exp(-0.5), 2 * Math.exp(-0.5)]))
  throw new Error("your speed term depends on components of the observation other than the forward velocity.");
if (!equal(speedTerm(robots(-1), -2, 2), [Math.exp(-0.125)]))
  throw new Error("your speed term is wrong for other speeds and widths, such as -2 and 2 m/s.");
// END HIDDEN TESTS

// %% [markdown]
// ## 2. Move smoothly
//
// A motor that is told to go to and fro wears out. The second difference of the last three actions $a, a', a''$ is 0 where
// the action changes evenly:
//
// $$ r_{\text{smooth}} = -\lVert a - 2 a' + a'' \rVert^2 $$

// %% solution="smooth"
/** How smoothly each robot acts, from its last three actions, [robots, 3] each: [robots], at most 0. */
function smoothTerm({ action, previous, beforePrevious }: tasks.Actions): Tensor {
  // BEGIN SOLUTION
  return action.sub(previous.mul(2)).add(beforePrevious).square().sum(1).neg();
  // END SOLUTION
}

// %%
const acts = (...rows: number[][]): Tensor2D => tf.tensor2d(rows);
const jerky = {
  action: acts([1, 0, 0], [0.2, 0.4, 0.6]),
  previous: acts([0, 0.5, 0], [0.1, 0.2, 0.3]),
  beforePrevious: acts([0, 0, 0.5], [0, 0, 0]),
};

// %% test="smooth-value" points=2
const smooth = smoothTerm(jerky);
if (`${smooth.shape}` !== "2")
  throw new Error(
    `your smoothness of 2 robots has the shape [${smooth.shape}]: sum over the components of each robot's action, sum(1).`,
  );
if (equal(smooth, [2.25, 0])) throw new Error("your smoothness has the wrong sign: it is a cost, at most 0.");
if (equal(smooth, [-0.75, 0]))
  throw new Error("your smoothness is a mean over the components: it should be their sum.");
if (equal(smooth, [-1.5, -0.14]))
  throw new Error("your smoothness is the first difference, a - a': it should be the second, a - 2a' + a''.");
if (!equal(smooth, [-2.25, 0]))
  throw new Error(
    `your smoothness is ${list(smooth)}: it should be [-2.25, 0]; the second robot's action changes evenly.`,
  );
// BEGIN HIDDEN TESTS
const pulls = tensor.valueAndGrad((actions: typeof jerky) => smoothTerm(actions).sum().asScalar(), jerky).grad;
const difference = [1, -1, 0.5, 0, 0, 0];
const expected = { action: -2, previous: 4, beforePrevious: -2 };
for (const [name, factor] of Object.entries(expected))
  if (
    !equal(
      pulls[name as keyof typeof pulls],
      difference.map((d) => factor * d),
    )
  )
    throw new Error(`your smoothness has a wrong gradient at actions.${name}: all three actions count.`);
// END HIDDEN TESTS

// %% [markdown]
// ## 3. Put them together
//
// A task is a record; its reward is the weighted sum of its terms. `tasks.defineTask({ ...hopper, rewardTerms })` is Hopper
// with other terms, each `{ weight, term: (obs, actions) => [robots] }`. Yours: `speed` with weight 1 (2 m/s within 0.5),
// `smooth` with weight 0.05, and Hopper's own `pitch`, `hopper.rewardTerms.pitch`, as it is.

// %% solution="task"
function smoothHopper(): tasks.Task {
  // BEGIN SOLUTION
  const rewardTerms = {
    speed: { weight: 1, term: (obs: Tensor2D) => speedTerm(obs, 2, 0.5) },
    smooth: { weight: 0.05, term: (_: Tensor2D, actions: tasks.Actions) => smoothTerm(actions) },
    pitch: hopper.rewardTerms.pitch,
  };
  return tasks.defineTask({ ...hopper, rewardTerms: rewardTerms });
  // END SOLUTION
}

// %% test="task-terms" points=1
const mine = smoothHopper();
const names = Object.keys(mine.rewardTerms).sort().join(", ");
if (names !== "pitch, smooth, speed")
  throw new Error(`your task has the terms ${names}: they should be speed, smooth and pitch.`);
const weights = ["speed", "smooth", "pitch"].map((name) => mine.rewardTerms[name].weight).join(", ");
if (weights !== "1, 0.05, 1")
  throw new Error(`speed, smooth and pitch have the weights ${weights}: they should be 1, 0.05, 1.`);

// %% test="task-reward" points=3
const fast = robots(2, 1);
const parts = [speedTerm(fast, 2, 0.5), smoothTerm(jerky).mul(0.05), hopper.rewardTerms.pitch.term(fast, jerky, {})];
const sum = [...tf.addN(parts).dataSync()];
const rewards = smoothHopper().reward(fast, jerky, {});
if (!equal(rewards, sum))
  throw new Error(
    `your task's rewards are ${list(rewards)}: the weighted sum of the terms is ${list(tf.tensor1d(sum))}.`,
  );
// BEGIN HIDDEN TESTS
const stream = tensor.streams(1)("environment");
const environment = tasks.createEnvironment(smoothHopper(), 4, stream);
environment.reset();
for (let t = 0; t < 10; t++) {
  const { reward } = environment.step(stream.normals(12).map((x) => Math.tanh(x)));
  if (reward.length !== 4 || !reward.every(Number.isFinite))
    throw new Error(`a simulation of 4 robots with your task gives the rewards [${reward}]: 4 numbers are needed.`);
}
// END HIDDEN TESTS
