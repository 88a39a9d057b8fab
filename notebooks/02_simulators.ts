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
// # 2. Simulators, contact, and what a derivative through contact looks like
//
// **The idea.** A simulator maps a state and an action to the next state. Between contacts that map is smooth, and so is
// its derivative. A contact is stiff and short: its derivative exists, is exact, and can still point the wrong way. This
// notebook bounces a ball by hand, lets the library's two engines do it, and looks at derivatives.
//
// A ball of 1 kg that is $e = \max(r - h, 0)$ deep in the floor is pushed up by a spring and a damper, and moves in small
// steps:
//
// $$
// f = \bigl(k_e + k_d \max(-v, 0)\bigr)\, e, \qquad
// v \leftarrow v + \Delta t\, (f/m - g), \qquad h \leftarrow h + \Delta t\, v
// $$

// %%
import { notebook, packageFile, physics, report, tasks, tensor, training } from "dmo-lab";

const { name } = await tensor.useBackend();
console.log(`Tensors: ${name}`);

// %% [markdown]
// The quick setting takes about 20 seconds on one core. `REAL = true` drops ten times as many balls, in half a minute.

// %%
const REAL = false;
const BALLS = REAL ? 2000 : 200;

// %% [markdown]
// ## By hand, with its derivative
//
// Beside height and velocity we carry their derivatives with respect to the height that the ball falls from. Each line
// that changes a number has a line that changes its derivative: that is forward-mode differentiation.

// %%
const [RADIUS, GRAVITY, STEP, SUBSTEPS] = [0.1, 9.81, 1 / 60, 16];
type Floor = { ke: number; kd: number };

function bounce(start: number, { ke, kd }: Floor, steps: number) {
  let [h, v, dh, dv] = [start, 0, 1, 0]; // the height changes by as much as the start does, the velocity not at all
  const dt = STEP / SUBSTEPS;
  const heights = [h];
  for (let k = 1; k <= steps * SUBSTEPS; k++) {
    const [e, de] = h < RADIUS ? [RADIUS - h, -dh] : [0, 0]; // a branch: differentiated as if it stayed the same
    const [c, dc] = v < 0 ? [ke - kd * v, -kd * dv] : [ke, 0];
    v += dt * (c * e - GRAVITY);
    dv += dt * (dc * e + c * de);
    h += dt * v;
    dh += dt * dv;
    if (k % SUBSTEPS === 0) heights.push(h);
  }
  return { heights, derivative: dh };
}

// %%
const floors = {
  "soft: 1,000 N/m": { ke: 1000, kd: 0 },
  "stiff: 40,000 N/m": { ke: 40_000, kd: 0 },
  "with a damper": { ke: 40_000, kd: 3000 },
};
const seconds = Array.from({ length: 91 }, (_, t) => t * STEP);
const falls = Object.entries(floors).map(([name, floor]) => ({ name, x: seconds, y: bounce(1, floor, 90).heights }));
await notebook.showChart({ title: "height of the ball [m]", x: "time [s]", lines: falls });

// %% [markdown]
// ## The differentiable engine
//
// In the library a robot is a record: links, joints, contact points, motors. The equations of motion are written over
// symbols; from these, the steps and their adjoints are generated as WebAssembly, four environments at a time. A ball on a
// vertical slide (and a motor, which stays off):

// %%
const ball = ({ ke, kd }: Floor): physics.Model => ({
  name: "ball",
  up: "y",
  gravity: [0, -GRAVITY, 0],
  timeStep: STEP,
  substeps: SUBSTEPS,
  links: [
    { name: "ball", joint: { type: "slide", axis: [0, 1, 0] }, mass: 1, inertia: [0.004, 0.004, 0.004, 0, 0, 0] },
  ],
  materials: { floor: { ke, kd, kf: 0, mu: 0 } },
  contacts: [{ link: "ball", position: [0, 0, 0], radius: RADIUS, material: "floor" }],
  actuators: [{ link: "ball", strength: 1 }],
});
const observe = ({ q, qd }: { q: readonly physics.Scalar[]; qd: readonly physics.Scalar[] }) => [q[0], qd[0]];

// %% [markdown]
// 200 balls fall from 0.8 to 1.2 m. Where is each after one second, and what is the derivative of that with respect to the
// height it fell from? `startTape` records the steps, `back` walks them backwards: the reverse mode, whose cost does not
// grow with the number of inputs.

// %%
const from = Array.from({ length: BALLS }, (_, i) => 0.8 + (0.4 * i) / (BALLS - 1));

function drop(floor: Floor, steps = 60) {
  const simulator = new physics.Simulator(ball(floor), observe, BALLS);
  from.forEach((h, i) => simulator.setState(i, [h], [0]));
  simulator.startTape(steps);
  for (let t = 0; t < steps; t++) simulator.step(new Float32Array(BALLS));
  const heights = simulator.state().q;
  // The gradient of every final height: 1 at the height, 0 at the velocity, of the last observation.
  const last = Float32Array.from({ length: 2 * BALLS }, (_, i) => Number(i % 2 === 0));
  const nothing = new Float32Array(2 * BALLS);
  for (let t = steps - 1; t >= 0; t--) simulator.back(t, t === steps - 1 ? last : nothing, new Uint8Array(BALLS));
  return { heights, derivative: simulator.stateGradient().q };
}
const [soft, stiff] = [drop(floors["soft: 1,000 N/m"]), drop(floors["stiff: 40,000 N/m"])];

// %%
// The engine holds states as float32: the same start for both, or the stiffest balls part ways.
const byHand = from.map((h) => bounce(Math.fround(h), floors["stiff: 40,000 N/m"], 60));
const apart = byHand.map(({ heights }, i) => Math.abs(heights[60] - stiff.heights[i]));
const inSlope = byHand.map(
  ({ derivative }, i) => Math.abs(derivative - stiff.derivative[i]) / (1 + Math.abs(derivative)),
);
const agreeing = inSlope.filter((x) => x < 0.01).length / BALLS;
console.log(
  `Heights differ by at most ${Math.max(...apart).toExponential(1)} m, derivatives agree for ${(100 * agreeing).toFixed(0)} %`,
);
if (!(Math.max(...apart) < 1e-2 && agreeing > 0.9)) throw new Error("The engine should do what we did by hand.");

// %% [markdown]
// (Rounding decides for a ball that just touches, or just not, in a substep: so not all derivatives need to agree.)
//
// ## What the derivative looks like

// %%
const x = "height it falls from [m]";
function panels(floor: string, at: number[], heights: ArrayLike<number>, derivative: ArrayLike<number>) {
  const line = { name: "balls", x: at };
  return [
    { title: `height after 1 s [m], ${floor}`, x, lines: [{ ...line, y: heights }] },
    { title: `its derivative [m/m], ${floor}`, x, lines: [{ ...line, y: derivative, mode: "markers" as const }] },
  ];
}
// A closer look at the stiff floor, by hand: enough balls that no tooth is missed.
const closer = Array.from({ length: 2000 }, (_, i) => 0.8 + (0.1 * i) / 1999);
const teeth = closer.map((h) => bounce(h, floors["stiff: 40,000 N/m"], 60));
const [tops, slopes] = [teeth.map(({ heights }) => heights[60]), teeth.map(({ derivative }) => derivative)];
await notebook.showChart(
  [
    ...panels("soft floor", from, soft.heights, soft.derivative),
    ...panels("stiff floor, closer", closer, tops, slopes),
  ],
  640,
);

// %% [markdown]
// On the soft floor the height after a second rises with the height of the fall, and every derivative says so. On the
// stiff floor it rises as well, on the whole; but as a saw. A contact lasts a few substeps, and in which of them it begins
// and ends moves in jumps: between two jumps the height *falls*, and at the jumps it leaps. The exact derivative is that of
// the tooth, here for four of five balls of the wrong sign. Nothing is wrong with it but that nobody wants it.
//
// How stiff is too stiff? The smallest and the largest derivative among the balls, and the slope of the whole:

// %%
const slopeOf = (heights: ArrayLike<number>) => (heights[BALLS - 1] - heights[0]) / (from[BALLS - 1] - from[0]);
const wrongOf = ({ heights, derivative }: typeof soft) =>
  derivative.filter((d) => d * slopeOf(heights) < 0).length / BALLS;

async function* stiffnesses() {
  for (const ke of [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000]) {
    const { heights, derivative } = drop({ ke, kd: 0 });
    await new Promise(setImmediate); // lets the kernel send what was drawn
    yield {
      "stiffness [N/m]": ke,
      smallest: Math.min(...derivative),
      largest: Math.max(...derivative),
      "slope of the whole": slopeOf(heights),
    };
  }
}
// %%
const rows = await notebook.watch(stiffnesses(), (rows) => {
  const lines = (["smallest", "largest", "slope of the whole"] as const).map((name) =>
    notebook.line(name, rows, "stiffness [N/m]", name, { mode: "lines+markers" }),
  );
  return notebook.chart({ title: "derivatives among the balls [m/m]", x: "stiffness [N/m]", log: "x", lines });
});
notebook.showTable(rows, 3);

// %% [markdown]
// The stiffer the floor, the further they scatter around the slope that one would like to have. And how many are of the wrong
// sign? One stiffness would be an anecdote, so here are 61, by hand, with the same balls:

// %%
const stiff61 = Array.from({ length: 61 }, (_, k) => 10_000 + 1000 * k);
const wrong = stiff61.map((ke) => {
  const balls = from.map((h) => bounce(h, { ke, kd: 0 }, 60));
  return wrongOf({
    heights: Float32Array.from(balls, ({ heights }) => heights[60]),
    derivative: Float32Array.from(balls, ({ derivative }) => derivative),
  });
});
const majority = wrong.filter((share) => share > 0.5).length / wrong.length;
console.log(
  `Most are wrong at ${(100 * majority).toFixed(0)} % of the stiffnesses; the share lies between ${Math.min(...wrong)} and ${Math.max(...wrong)}`,
);

// %%
await notebook.showChart({
  title: "share of balls whose derivative has the wrong sign",
  x: "stiffness [N/m]",
  range: [0, 1],
  lines: [
    { name: "balls", x: stiff61, y: wrong, mode: "lines+markers" },
    { name: "half of them", x: [10_000, 70_000], y: [0.5, 0.5], dash: "dash" },
  ],
});

// %% [markdown]
// A saw again: from nearly none to nearly all and back, as the contact lasts one substep more or less. 40,000 N/m, with 79 %, is next
// to 41,000 N/m with 1 %. So "a stiff floor has the wrong sign" would be wrong, and so would "it has the right one": on a
// stiff floor the sign is a matter of luck, at about four stiffnesses of ten for most balls.
//
// What to do? Smaller steps or softer floors make better derivatives and a slower or another robot. Or do not differentiate
// the simulator at all: a smooth model that is *fitted* to these points cannot follow the teeth, and so has the slope of the
// whole. Even a straight line:

// %%
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value / BALLS, 0);
const [mx, my] = [mean(from), mean(stiff.heights)];
// Least squares: the covariance over the variance.
const fitted = mean(from.map((h, i) => (h - mx) * (stiff.heights[i] - my))) / mean(from.map((h) => (h - mx) ** 2));
const onLine = from.map((h) => my + fitted * (h - mx));
await notebook.showChart({
  title: "height after 1 s [m], stiff floor",
  x,
  lines: [
    { name: "simulator", x: from, y: stiff.heights },
    { name: `fitted line, slope ${fitted.toFixed(2)}`, x: from, y: onLine, dash: "dash" },
  ],
});

// %% [markdown]
// ## The other engine: MuJoCo
//
// [MuJoCo](https://mujoco.readthedocs.io) does not push with springs: it finds the contact forces as the solution of an optimisation in every step, with
// default settings in which a ball does not bounce. It gives no derivative here. The same record runs in it:

// %%
const mujoco = new physics.MujocoEngine(ball(floors["stiff: 40,000 N/m"]), observe, 1);
const ours = new physics.Simulator(ball(floors["with a damper"]), observe, 1);
const heightsOf = (engine: physics.Engine) => {
  engine.setState(0, [1], [0]);
  return seconds.map((_, t) => {
    if (t > 0) engine.step(new Float32Array(1));
    return engine.state().q[0];
  });
};
const [inMujoco, inOurs] = [heightsOf(mujoco), heightsOf(ours)];
mujoco.dispose(); // its memory is not JavaScript's, so nobody else frees it
const free = seconds.map((t) => Math.max(1 - (GRAVITY * t * t) / 2, RADIUS));

// %%
await notebook.showChart({
  title: "height of the ball [m]",
  x: "time [s]",
  lines: [
    { name: "differentiable engine, with a damper", x: seconds, y: inOurs },
    { name: "MuJoCo", x: seconds, y: inMujoco },
    { name: "free fall, exactly", x: seconds, y: free, dash: "dot" },
  ],
});

// %% [markdown]
// A task names no engine: rewards, observations and policies are the same in both. The policy in the viewer was trained for 40
// epochs in the differentiable engine. In MuJoCo's physics it meets another floor.

// %%
const hopper = tasks.findTask("hopper");
const policy = training.Policy.load(packageFile("data/policies/hopper-40-epochs.json"));
const act = (obs: Float32Array) => policy.act(obs);
const differentiable = report.record(hopper, act, { title: "Hopper, differentiable engine" });
const other = report.record(hopper, act, { title: "Hopper, MuJoCo", engine: "mujoco" });
notebook.showReplay(differentiable, other);
console.log(
  `Return ${differentiable.return.toFixed(0)} and ${other.return.toFixed(0)} over ${differentiable.frames} and ${other.frames} states`,
);

// %% [markdown]
// What this notebook claims, checked:

// %%
if (!(wrongOf(soft) === 0)) throw new Error("On a soft floor derivatives should have the right sign.");
if (!(Math.min(...wrong) < 0.05 && Math.max(...wrong) > 0.8 && majority > 0.2 && majority < 0.6))
  throw new Error("On stiff floors the share of wrong signs should go from nearly none to nearly all.");
const spread = (row: (typeof rows)[number]) => row.largest - row.smallest;
if (!(spread(rows[7]) > 5 * spread(rows[1]))) throw new Error("Derivatives should scatter more on stiffer floors.");
if (!(fitted > 0.5)) throw new Error("The fitted line should have the slope of the whole.");
const flight = seconds.filter((t) => t < 0.4).length;
const gaps = [inMujoco, inOurs].map((heights) =>
  Math.max(...heights.slice(0, flight).map((h, t) => Math.abs(h - free[t]))),
);
if (!(Math.max(...gaps) < 0.02)) throw new Error("In free fall both engines should follow the parabola.");

// %% [markdown]
// ## Summary
//
// - A differentiable simulator is a program of which every line is differentiated, by hand or by generated code.
// - Through stiff contact the exact derivative is that of a tooth of a saw: right, and its sign a matter of luck.
// - A fitted model is smooth where the simulator is not. DMO takes values from the simulator, derivatives from the model, and
//   so runs on engines that have none, such as MuJoCo.
//
// ## Exercises
//
// 1. Set `SUBSTEPS` to 64. At which stiffness do derivatives scatter as they did at 4,000 N/m? Which law is that?
//
//    <details><summary>Hint</summary>
//
//    A contact on a stiff floor takes about $\pi \sqrt{m / k_e}$ seconds. How many substeps is that?
//
//    </details>
//
//    <details><summary>Answer</summary>
//
//    What counts is the number of substeps that a contact lasts, $\pi \sqrt{m / k_e} / \Delta t$. With four times as
//    many substeps it is the same for a floor that is sixteen times as stiff: compare with 64,000 N/m.
//
//    </details>
// 2. Give the stiff floor a damper (`kd: 3000`) in `drop`. What becomes of the slope, and of the share of wrong signs?
//
//    <details><summary>Hint</summary>
//
//    The damper acts while the ball goes down; a contact begins with a force that jumps from 0 to $k_d |v| e$, and
//    ends as before.
//
//    </details>
// 3. Let the balls fall for 2 seconds (`drop(floor, 120)`), so that they bounce more often. How does the largest derivative
//    grow from bounce to bounce?
//
//    <details><summary>Hint</summary>
//
//    Each bounce multiplies the spread of derivatives once more: plot the largest one on a logarithmic axis against
//    the number of bounces.
//
//    </details>
// 4. Fit a network instead of the line, with 8 and with 512 hidden units (notebook 3), long enough. When does it begin to follow
//    the teeth?
//
//    <details><summary>Hint</summary>
//
//    A network with few units cannot bend often enough. A tooth here is about 2 cm wide; count how many teeth there
//    are between 0.8 and 1.2 m.
//
//    </details>
//
// Next: [a model is fitted](03_dynamics_model.ipynb).
