// %% [markdown]
// # Exercise: shaping a gait
//
// A quadruped that is only told which velocity to have finds some way to have it: it hops, drags its feet or shakes. What
// makes it walk is said in further terms. You start from a bare tracking baseline for the Unitree Go2 and shape it: feet
// that take turns, a base that stays level, motors that move smoothly.
//
// Write where it says `YOUR CODE HERE`, and run the cells from the top. The cells behind are checks: they say what is
// wrong. There are more of them when this is graded. 10 points, about 50 minutes.

// %%
import { tasks, tensor } from "dmo-lab";

await tensor.useBackend();
const { tf } = tensor;
type Tensor = tensor.tf.Tensor;
type Tensor2D = tensor.tf.Tensor2D;

const go2 = tasks.go2(tasks.go2Conditions.nominal);
const read = tasks.reader(go2.observation); // read(obs, "direction of gravity"): [robots, 3]
console.log(go2.observation.map(({ name, size, unit }) => `${name}: ${size} [${unit}]`).join("\n"));

// %% [markdown]
// Units matter: an observed `base velocity` of 1 is 0.5 m/s, one of `base angular velocity` 4 rad/s. Observations come in a
// batch, `[robots, 68]`; commands and the phase of the gait are no part of the robot's state, but constants of the step,
// its *context*: `context["command"]`, `[robots, 3]`, holds the wanted velocity forward and to the left [m/s] and the wanted
// turning [rad/s], `context["phase"]`, `[robots, 1]`, a number from 0 to 1. The baseline is the library's own:

// %%
const { "track velocity": trackVelocity, "track turning": trackTurning } = go2.rewardTerms;
const bare = tasks.defineTask({
  ...go2,
  rewardTerms: { "track velocity": trackVelocity, "track turning": trackTurning },
});
console.log(Object.entries(bare.rewardTerms).map(([name, { weight }]) => `${name}: weight ${weight}`));

// %% [markdown]
// What the checks use:

// %%
const firstOf = (name: string): number => {
  const row = go2.observation.findIndex((each) => each.name === name);
  return go2.observation.slice(0, row).reduce((sum, { size }) => sum + size, 0);
};
/** Robots that differ in these components of their observations alone: { row: [robot][component] }. */
function robots(count: number, given: { [row: string]: number[][] }): Tensor2D {
  const all = Array.from({ length: count }, () => Array.from({ length: 68 }, (_, c) => 0.01 * (c % 7)));
  for (const [row, values] of Object.entries(given))
    values.forEach((components, i) => components.forEach((x, c) => (all[i][firstOf(row) + c] = x)));
  return tf.tensor2d(all);
}
const list = (x: Tensor): string => `[${Array.from(x.dataSync(), (v) => Number(v.toFixed(4))).join(", ")}]`;
const equal = (x: Tensor, y: number[]): boolean =>
  x.size === y.length && [...x.dataSync()].every((v, i) => Math.abs(v - y[i]) < 1e-3 * Math.max(1, Math.abs(y[i])));

// %% [markdown]
// ## 1. A level base
//
// Where the base is level, gravity points along its own $-z$ axis. Whatever is left of it along $x$ and $y$ is tilt:
//
// $$ r_{\text{level}} = -\left(g_x^2 + g_y^2\right) $$

// %% solution="level"
/** How level each base is: [robots], 0 where it is, negative where it is tilted. */
function levelTerm(obs: Tensor2D): Tensor {
  // BEGIN SOLUTION
  const [x, y] = tf.split(read(obs, "direction of gravity"), 3, 1);
  return x.square().add(y.square()).sum(1).neg();
  // END SOLUTION
}

// %% test="level-value" points=2
const tilted = robots(3, {
  "direction of gravity": [
    [0, 0, -1],
    [0.6, 0, -0.8],
    [0.3, -0.4, -0.866],
  ],
});
const level = levelTerm(tilted);
if (`${level.shape}` !== "3")
  throw new Error(
    `your level term of 3 robots has the shape [${level.shape}]: it should have one number for each, [3].`,
  );
if (equal(level, [0, 0.36, 0.25])) throw new Error("your level term has the wrong sign: tilt is a cost, at most 0.");
if (equal(level, [-1, -1, -1])) throw new Error("your level term counts z as well: there, gravity should be.");
if (!equal(level, [0, -0.36, -0.25]))
  throw new Error(
    `your level term is ${list(level)}: it should be [0, -0.36, -0.25]. Does it read "direction of gravity"?`,
  );
// BEGIN HIDDEN TESTS
const lean = tensor.valueAndGrad((obs: Tensor2D) => levelTerm(obs).sum().asScalar(), tilted).grad;
if (!equal(read(lean, "direction of gravity"), [0, 0, 0, -1.2, 0, 0, -0.6, 0.8, 0]))
  throw new Error("your level term's gradient does not push gravity back to -z: is everything computed with tensors?");
// END HIDDEN TESTS

// %% [markdown]
// ## 2. Smooth motors
//
// Actions are targets of the joints' angles, 0.5 rad for an action of 1. What wears a motor out is a target that jumps:
//
// $$ r_{\text{smooth}} = -0.5^2 \left( \lVert a - a' \rVert^2 + \lVert a - 2 a' + a'' \rVert^2 \right) $$

// %% solution="smooth"
/** How smoothly each robot moves its targets, from its last three actions [robots, 12] each: [robots], at most 0. */
function smoothTerm({ action, previous, beforePrevious }: tasks.Actions): Tensor {
  // BEGIN SOLUTION
  const first = action.sub(previous);
  const second = action.sub(previous.mul(2)).add(beforePrevious);
  return first.square().sum(1).add(second.square().sum(1)).mul(-0.25);
  // END SOLUTION
}

// %% test="smooth-value" points=2
const same = (value: number): number[] => Array.from({ length: 12 }, () => value);
const jerky: tasks.Actions = {
  action: tf.tensor2d([same(0.2), same(0.3)]),
  previous: tf.tensor2d([same(0), same(0.2)]),
  beforePrevious: tf.tensor2d([same(0), same(0.1)]),
};
const smooth = smoothTerm(jerky);
if (`${smooth.shape}` !== "2")
  throw new Error(`your smoothness of 2 robots has the shape [${smooth.shape}]: sum over the joints of each robot.`);
if (equal(smooth, [-0.96, -0.12]))
  throw new Error(
    "your smoothness is of actions: as angles, differences are half as large, and their squares a quarter.",
  );
if (equal(smooth, [-0.02, -0.0025]))
  throw new Error("your smoothness is a mean over the joints: it should be the sum.");
if (equal(smooth, [-0.12, -0.03])) throw new Error("one of the two differences is missing in your smoothness.");
if (!equal(smooth, [-0.24, -0.03]))
  throw new Error(`your smoothness is ${list(smooth)}: it should be [-0.24, -0.03]; the second robot moves evenly.`);

// %% [markdown]
// ## 3. Feet that take turns
//
// In a trot the diagonal legs take turns: the phase of a foot is that of the gait plus its offset, modulo 1, and the foot
// is down while it is below 0.5. With smooth edges (so that it has a derivative at all, and so that nobody has to be exact
// to the millisecond), and $\varphi_i$ the phase of foot $i$, it should be in the air by
//
// $$ s_i = \sigma\bigl(20\,(\varphi_i - 0.5)\bigr), \qquad
//    r_{\text{swing}} = -\tfrac{1}{4} \sum_i s_i \left(1 - e^{-F_i^2 / 100}\right) $$
//
// where $\sigma$ is the logistic function, `tf.sigmoid`, and $F_i$ the force on the foot [N]; it is observed in units of 100 N.

// %%
const OFFSETS = [0.5, 0, 0, 0.5]; // FL, FR, RL, RR

// %% solution="swing"
/** How little each robot presses with feet that should be in the air: [robots], from -1 to 0. */
function swingTerm(obs: Tensor2D, context: tasks.Context): Tensor {
  // BEGIN SOLUTION
  const phases = tf.mod(context["phase"].add(tf.tensor2d([OFFSETS])), 1);
  const swinging = tf.sigmoid(phases.sub(0.5).mul(20));
  const force = read(obs, "contact forces of the feet").mul(100);
  const pressed = tf.sub(1, force.square().div(-100).exp());
  return swinging.mul(pressed).mean(1).neg();
  // END SOLUTION
}

// %%
const contextOf = (...phases: number[]): tasks.Context => ({
  phase: tf.tensor2d(phases, [phases.length, 1]),
  command: tf.zeros([phases.length, 3]),
});
const standing = { "contact forces of the feet": [same(0.4).slice(0, 4), same(0.4).slice(0, 4)] };

// %% test="swing-value" points=3
const swing = swingTerm(robots(2, standing), contextOf(0.25, 0.75));
if (`${swing.shape}` !== "2")
  throw new Error(`your swing term of 2 robots has the shape [${swing.shape}]: it should be [2].`);
if (equal(swing, [0.5, 0.5])) throw new Error("your swing term has the wrong sign: a foot that presses is a cost.");
if (equal(swing, [-2, -2])) throw new Error("your swing term is a sum over the feet: it should be divided by 4.");
if (Math.abs(swing.dataSync()[0]) < 0.01)
  throw new Error("your swing term does not see a force of 40 N: observed forces are in units of 100 N.");
if (!equal(swing, [-0.5, -0.5]))
  throw new Error(
    `two of four standing feet should be in the air: -0.5 for each robot, and your term is ${list(swing)}.`,
  );
const lifted = {
  "contact forces of the feet": [
    [0, 0.4, 0.4, 0],
    [0, 0.4, 0.4, 0],
  ],
};
const trotting = swingTerm(robots(2, lifted), contextOf(0.25, 0.75));
if (equal(trotting, [-0.4966, -0.0034]))
  throw new Error("your feet swing in the first half of their phase: they should be down there.");
// BEGIN HIDDEN TESTS
if (!equal(trotting, [-0.0034, -0.4966]))
  throw new Error(
    `with FL and RR lifted, your term is ${list(trotting)} at the phases 0.25 and 0.75: it should be [-0.0034, -0.4966].`,
  );
if (!equal(swingTerm(robots(2, standing), contextOf(0.9, 0.4)), [-0.5594, -0.5594]))
  throw new Error("your phases are wrong where phase and offset together are beyond 1: they start again at 0.");
// END HIDDEN TESTS

// %% [markdown]
// ## 4. Put them together
//
// The baseline with your three terms beside it: `level` with weight 5, `smooth` with weight 0.1, `swing` with weight 4.
// The reward has no negative values, `rewardFloor: 0`, so that falling down never pays.

// %% solution="task"
function shapedGo2(): tasks.Task {
  // BEGIN SOLUTION
  const rewardTerms = {
    ...bare.rewardTerms,
    level: { weight: 5, term: (obs: Tensor2D) => levelTerm(obs) },
    smooth: { weight: 0.1, term: (_: Tensor2D, actions: tasks.Actions) => smoothTerm(actions) },
    swing: { weight: 4, term: (obs: Tensor2D, _: tasks.Actions, context: tasks.Context) => swingTerm(obs, context) },
  };
  return tasks.defineTask({ ...bare, rewardTerms: rewardTerms, rewardFloor: 0 });
  // END SOLUTION
}

// %% test="task-terms" points=1
const shaped = shapedGo2();
const weights = Object.entries(shaped.rewardTerms).map(([name, { weight }]) => `${name} ${weight}`);
const wanted = ["track velocity 1", "track turning 0.5", "level 5", "smooth 0.1", "swing 4"];
if (wanted.some((each) => !weights.includes(each)) || weights.length !== wanted.length)
  throw new Error(`your task has the terms ${weights.join(", ")}: they should be ${wanted.join(", ")}.`);
if (shaped.rewardFloor !== 0) throw new Error("your task's rewards should be at least 0: rewardFloor.");

// %% test="task-simulated" points=2
const environment = tasks.createEnvironment(shapedGo2(), 4, tensor.streams(1)("environment"));
environment.reset();
const earned: number[] = [];
for (let t = 0; t < 50; t++) earned.push(...environment.step(new Float32Array(48)).reward);
if (!earned.every((r) => Number.isFinite(r) && r >= 0))
  throw new Error("rewards of a simulation of 4 robots with your task are not all finite and at least 0.");
// BEGIN HIDDEN TESTS
const late = earned.slice(4 * 30);
if (late.some((r) => r > 0.1))
  throw new Error(
    "a robot that only stands should earn nothing: its feet never swing, and that costs more than it tracks.",
  );
environment.dispose();
// END HIDDEN TESTS

// %% [markdown]
// ## What comes of it
//
// A robot that stands still earns nothing here, and nothing is where a gradient ends: from the first steps on, 99 % of the
// rewards are at the floor. That is why training adds a constant before the floor (`--set rewardBonus=3`), which no
// return counts. Train your task from a file of its own (`docs/your-own-robot.md`), once bare and once shaped, and look at
// both in the viewer: gait, base, motors, commands.
