/** Both engines move what was read of a file as native MuJoCo does, or the file is refused by name. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { packageFile } from "../../lib/project.js";
import { parseModel } from "./mjcf.js";
import { activationsOf, type Model } from "@dmo-lab/physics/model";
import { MujocoEngine } from "./mujoco-engine.js";
import { Simulator } from "@dmo-lab/physics/simulator";

beforeAll(() => build()); // threads of MuJoCo run compiled code

/** See `data/reference/mujoco/record.py`. */
type Motion = {
  name: string;
  mjcf: string;
  q: number[];
  qd: number[];
  controls?: number[];
  /** Of a model that MuJoCo alone runs. */
  actions?: number[];
  after: number[];
};
const { motions } = JSON.parse(readFileSync(packageFile("data/reference/mujoco/motions.json"), "utf8")) as {
  motions: Motion[];
};

const REFUSED: { [name: string]: string } = {
  "a force range of a joint below its motor": 'with a strength beyond the actuatorfrcrange of joint "j"',
  "two bodies": 'contact of the bodies "cart" and "puck"',
  "a wall": 'contact with the immovable box "geom 0"',
  "a pair": "contact pairs",
  "an equality": "equality constraints",
};

/** Steps of 1/240 s, and contact and dry friction of another kind [m, rad]. */
const TOLERANCE = 0.025;

const read = ({ mjcf, name }: Motion): Promise<Model> => parseModel(mjcf, name, { substeps: 64 });

const both = motions.filter(({ name, actions }) => !(name in REFUSED) && !actions);

describe.each(both)("$name", (motion) => {
  const { q, qd, after, controls = [] } = motion;
  test.each(["differentiable", "mujoco"])("%s", async (engineName) => {
    const model = await read(motion);
    const observe = ({ q }: { q: readonly unknown[] }) => q as number[];
    const engine = engineName === "mujoco" ? new MujocoEngine(model, observe, 1) : new Simulator(model, observe, 1);
    // A free body's rotation, and its twist at the world origin: it starts without spin.
    const free = model.links[0].joint.type === "free";
    engine.setState(0, free ? [...q, 0, 0, 0, 1] : q, free ? [0, 0, 0, ...qd.slice(0, 3)] : qd);
    for (let t = 0; t < 60; t++) engine.step(Float32Array.from(controls).subarray(0, engine.actionSize));
    const moved = Array.from(engine.state().q).slice(0, after.length);
    if (engine instanceof MujocoEngine) engine.dispose();
    moved.forEach((x, i) =>
      expect(Math.abs(x - after[i]), `q[${i}] = ${x}, in MuJoCo ${after[i]}`).toBeLessThan(TOLERANCE),
    );
  });
});

/** Quaternions of balls as MuJoCo has them. */
const quaternion = ([w, ...xyz]: number[]): number[] => [...xyz, w];

test.each(motions.filter(({ actions }) => actions))("$name, in MuJoCo alone", async (motion) => {
  const { name, mjcf, qd, actions } = motion;
  await expect(parseModel(mjcf, name)).rejects.toThrow(/cannot be simulated here|allowed/);
  const model = await parseModel(mjcf, name, { mujocoOnly: true });
  const turns = motion.q.length === 4;
  const [start, after] = turns ? [motion.q, motion.after].map(quaternion) : [motion.q, motion.after];
  const free = model.links.some(({ joint }) => joint.type === "free") ? [0, 0, 0, 1] : [];
  const engine = new MujocoEngine(model, ({ q }) => [...q], 1);
  const activations = Array<number>(activationsOf(model)).fill(0);
  engine.setState(0, [...start, ...free, ...activations], qd);
  for (let t = 0; t < 60; t++) {
    // what an engine becomes follows from its state alone
    const { q, qd } = engine.state();
    engine.setState(0, q, qd);
    engine.step(Float32Array.from(actions!));
  }
  const moved = Array.from(engine.state().q);
  engine.dispose();
  expect(moved).toHaveLength(start.length + free.length + activations.length);
  after.forEach((x, i) =>
    expect(Math.abs(moved[i] - x), `q[${i}] = ${moved[i]}, in MuJoCo ${x}`).toBeLessThan(TOLERANCE),
  );
  expect(() => new Simulator(model, ({ q }) => [...q], 1)).toThrow("MuJoCo alone");
});

test.each(Object.entries(REFUSED))("%s is refused", async (name, message) => {
  await expect(read(motions.find((motion) => motion.name === name)!)).rejects.toThrow(message);
});

test("what the engines do otherwise is said", async () => {
  const world = (condim: number) =>
    `<option integrator="RK4" cone="elliptic"/><worldbody><geom type="plane" size="1 1 1"/><body pos="0 0 1">
     <freejoint/><geom size=".1" condim="${condim}" solref="0.05 1"/></body></worldbody>`;
  const notes = async (text: string) => (await parseModel(`<mujoco>${text}</mujoco>`, "x.xml")).notes;
  expect(await notes(world(6))).toEqual([
    "integrator RK4: it is semi-implicit Euler here",
    "elliptic friction cones: they are pyramids in MuJoCo here",
    "torsional and rolling friction (condim 4, 6): contact here only slides",
    "softness and margin of contacts (solref, solimp, margin, gap): they are the engine's here",
  ]);
  expect(await notes(world(3).replace(/ (integrator|cone|solref)="[^"]*"/g, ""))).toBeUndefined();
});
