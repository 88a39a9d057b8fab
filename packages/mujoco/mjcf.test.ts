import { readFileSync } from "node:fs";
import path from "node:path";
import type { MjData, MjModel } from "mujoco-js";
import { describe, expect, test } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { generalizedForces } from "@dmo-lab/physics/dynamics";
import { factorize, massMatrix, solve } from "@dmo-lab/physics/mass-matrix";
import { parseModel, readModel } from "./mjcf.js";
import { type KinematicTree, buildTree } from "@dmo-lab/physics/tree";
import { compileModel, loadMujoco } from "./mujoco.js";
import { Simulator } from "@dmo-lab/physics/simulator";
import { type Mat3, type Quat, type Vec3, apply3, cross, plus, rotation, transpose } from "@dmo-lab/physics/vector";

/** Ball and slide joints, two joints on one body with anchors apart, welded bodies, a free root. */
const arm = `<mujoco>
  <option gravity="0.3 -0.2 -9.81"/>
  <compiler angle="radian"/>
  <worldbody>
    <geom type="plane" size="1 1 1"/>
    <body name="base" pos="0.1 0.2 1" quat="0.9 0.1 0.3 -0.2">
      <joint type="free"/>
      <geom type="box" size="0.1 0.2 0.05" pos="0.03 0 0.01" euler="0.2 0.1 0"/>
      <body name="upper" pos="0.1 0.2 0.05" euler="0.3 -0.2 0.5">
        <joint type="ball" pos="0.01 0.02 -0.05" damping="0.2" armature="0.01"/>
        <geom type="capsule" size="0.03" fromto="0 0 0 0.1 0.05 -0.3"/>
        <body name="plate" pos="0.1 0.05 -0.3" euler="0.4 0 0.1">
          <geom type="sphere" size="0.06" pos="0.02 0 0"/>
          <body name="wrist" pos="0.05 0 -0.1">
            <joint name="out" type="slide" axis="1 2 2" pos="0 0 0.01" stiffness="20" springref="0.1" ref="0.2" damping="0.5"/>
            <joint name="turn" type="hinge" axis="0 1 1" pos="0.02 0.01 0" armature="0.02" range="-1 1" limited="true"/>
            <geom type="capsule" size="0.02 0.1" euler="0 1 0"/>
          </body>
        </body>
      </body>
    </body>
    <body name="post" pos="1 0 0.5">
      <body name="swing" pos="0 0 0.3" euler="1 0 0"><joint axis="0 1 0" pos="0 0 0.1"/><geom type="sphere" size="0.1" pos="0 0 -0.3"/></body>
    </body>
  </worldbody>
  <actuator><motor joint="turn" gear="3" ctrlrange="-2 2" ctrllimited="true"/><motor joint="out" gear="-5"/></actuator>
</mujoco>`;

const random = (i: number) => Math.sin(12.9898 * (i + 1)) * 0.8;

/**
 * MuJoCo's coordinates for a state of ours. Its slide and hinge coordinates start at qpos0; its quaternions begin with
 * w; its free velocity is that of the body's origin, then the angular one in the body's axes; its ball velocity is in
 * the link's axes.
 */
function convert(tree: KinematicTree, q: number[], qd: number[], qpos0: ArrayLike<number>) {
  const qpos: number[] = [];
  const velocity = (rate: number[], start: number[] | undefined): number[] =>
    tree.links.flatMap(({ joint, q: a, qd: d }) => {
      if (joint.type !== "ball" && joint.type !== "free") return [rate[d]];
      const angular = rate.slice(d, d + 3) as unknown as Vec3;
      const turn = transpose(quaternionAt(q, joint.type === "free" ? a + 3 : a));
      if (joint.type === "ball") return [...apply3(turn, angular)] as number[];
      const [position, w] = [q.slice(a, a + 3) as unknown as Vec3, qd.slice(d, d + 3) as unknown as Vec3];
      let linear = plus(rate.slice(d + 3, d + 6) as unknown as Vec3, cross(angular, position));
      // The rate of change of v + w x p has w x (v + w x p) as well.
      if (start) linear = plus(linear, cross(w, plus(qd.slice(d + 3, d + 6) as unknown as Vec3, cross(w, position))));
      return [...linear, ...apply3(turn, angular)] as number[];
    });
  for (const { joint, q: a } of tree.links) {
    const at = joint.type === "free" ? a + 3 : a;
    if (joint.type === "free") qpos.push(...q.slice(a, a + 3));
    if (joint.type === "free" || joint.type === "ball") qpos.push(q[at + 3], ...q.slice(at, at + 3));
    else qpos.push(q[a] + qpos0[qpos.length]);
  }
  return { qpos, qvel: velocity(qd, undefined), rateOf: (qdd: number[]) => velocity(qdd, qd) };
}
const quaternionAt = (q: number[], at: number): Mat3 => rotation(q.slice(at, at + 4) as unknown as Quat);

function stateOf(tree: KinematicTree): { q: number[]; qd: number[] } {
  const q = Array.from({ length: tree.nq }, (_, i) => random(i));
  for (const { joint, q: a } of tree.links) {
    if (joint.type !== "ball" && joint.type !== "free") continue;
    const at = joint.type === "free" ? a + 3 : a;
    const length = Math.hypot(...q.slice(at, at + 4));
    for (let i = 0; i < 4; i++) q[at + i] /= length;
  }
  return { q, qd: Array.from({ length: tree.nqd }, (_, i) => 2 * random(i + 50)) };
}

const largest = (x: ArrayLike<number>) => Math.max(...Array.from(x, Math.abs));
const difference = (a: number[], b: number[]) => largest(a.map((x, i) => x - b[i])) / largest(b);

const sources: Record<string, string> = {
  hopper: readFileSync(packageFile("data/models/hopper.xml"), "utf8"),
  ant: readFileSync(packageFile("data/models/ant.xml"), "utf8"),
  arm,
};

for (const [name, text] of Object.entries(sources))
  describe(`${name} against MuJoCo`, async () => {
    const mujoco = await loadMujoco();
    const tree = buildTree({ ...(await parseModel(text, name, { contactBetweenBodies: "ignore" })), contacts: [] });
    const limitless = {
      ...tree,
      links: tree.links.map((link) => ({ ...link, joint: { ...link.joint, limits: undefined } })),
    };
    const { q, qd } = stateOf(tree);
    const controls = tree.model.actuators.map((_, i) => random(i + 90));
    const reference = async (): Promise<[MjModel, MjData]> => {
      const free = text.replace(/<mujoco[^>]*>/, '$&<option><flag constraint="disable"/></option>');
      const model = await compileModel(free, name);
      const data = new mujoco.MjData(model);
      const { qpos, qvel } = convert(tree, q, qd, model.qpos0);
      data.qpos.set(qpos);
      data.qvel.set(qvel);
      data.ctrl.set(
        controls.map((a, i) => a * (model.actuator_ctrllimited[i] ? model.actuator_ctrlrange[2 * i + 1] : 1)),
      );
      mujoco.mj_forward(model, data);
      return [model, data];
    };

    test("accelerations", async () => {
      const [model, data] = await reference();
      const forces = generalizedForces(limitless, q, qd, controls);
      const qdd = solve(factorize(massMatrix(tree, q)), forces) as number[];
      const { rateOf } = convert(tree, q, qd, model.qpos0);
      expect(difference(rateOf(qdd), Array.from(data.qacc as Float64Array))).toBeLessThan(1e-9);
    });

    test("kinetic energy: the mass matrix", async () => {
      const [model, data] = await reference();
      const size = tree.nqd;
      const full = new mujoco.DoubleBuffer(size * size);
      mujoco.mj_fullM(model, full, data.qM);
      const theirs = Array.from(full.GetView() as Float64Array);
      const ours = massMatrix(tree, q) as number[][];
      // Entry by entry: T' M T = theirs, T from columns of velocities.
      const unit = (i: number) => qd.map((_, k) => Number(k === i));
      const columns = qd.map((_, i) => convert(tree, q, unit(i), model.qpos0).qvel);
      const bilinear = (a: number[], b: number[]) =>
        a.reduce((sum, x, i) => sum + b.reduce((s, y, j) => s + x * theirs[i * size + j] * y, 0), 0);
      const expected = ours.map((row, i) => row.map((_, j) => bilinear(columns[i], columns[j])));
      expect(difference(ours.flat(), expected.flat())).toBeLessThan(1e-9);
    });
  });

test("the benchmark's Hopper is Gym's, but for its numbers: joints, limits, contact points", async () => {
  const [read, benchmark] = [
    await readModel(packageFile("data/models/hopper.xml"), { contactBetweenBodies: "ignore" }),
    JSON.parse(readFileSync(packageFile("data/models/hopper.json"), "utf8")),
  ];
  expect(read.links.map((link) => link.name)).toEqual(["torso/rootx", "torso/rootz", "torso", "thigh", "leg", "foot"]);
  expect(read.contacts).toHaveLength(benchmark.contacts.length);
  read.links.slice(3).forEach((link, i) => {
    const { axis, limits, position } = benchmark.links[3 + i].joint;
    expect(link.joint.axis).toEqual(axis);
    expect(link.joint.limits).toEqual(limits);
    link.joint.position!.forEach((x, k) => expect(x).toBeCloseTo(position[k], 9));
    expect(link.mass).toBeCloseTo(benchmark.links[3 + i].mass, 9);
  });
  expect(read.actuators).toEqual(benchmark.actuators);
});

describe("refused, by name", () => {
  const world = (content: string, rest = "") =>
    `<mujoco><worldbody><body name="b"><joint name="j"/>${content}<geom name="g" size="1"/></body></worldbody>${rest}</mujoco>`;
  const cases: Record<string, [text: string, message: string]> = {
    "no XML": ["<mujoco", "x.xml: this is not well-formed XML (line 1)."],
    nothing: ["", "x.xml: this is not well-formed XML."],
    "an unknown keyword": [world('<joint type="hinj"/>'), "x.xml: invalid keyword: 'hinj'; Element 'joint', line 1"],
    "a missing mesh": [
      '<mujoco><asset><mesh file="no.stl"/></asset></mujoco>',
      `x.xml: Error opening file '${path.resolve("no.stl")}'`,
    ],
    "a tendon": [
      world("", '<tendon><fixed><joint joint="j" coef="1"/></fixed></tendon>'),
      "x.xml: tendons cannot be simulated here.",
    ],
    "a constraint": [
      world("", '<equality><joint joint1="j"/></equality>'),
      "x.xml: equality constraints cannot be simulated here.",
    ],
    "a cylinder that touches": [
      world('<geom name="c" type="cylinder" size="1 1"/>'),
      'contact of the cylinder "c" (only spheres, capsules and boxes)',
    ],
    "friction of a ball": [
      `<mujoco><worldbody><body><joint name="s" type="ball" frictionloss="1"/><geom size="1"/></body></worldbody></mujoco>`,
      'frictionloss of the ball joint "s"',
    ],
    "a position servo": [
      world("", '<actuator><position name="p" joint="j"/></actuator>'),
      'actuator "p" (only motors on joints)',
    ],
    "a one-sided motor": [
      world("", '<actuator><motor joint="j" ctrlrange="0 1" ctrllimited="true"/></actuator>'),
      'actuator "0" with control range 0 to 1',
    ],
    "a wall": [
      world("").replace("<body", '<geom name="w" type="box" size="1 1 1"/><body'),
      'contact with the immovable box "w"',
    ],
    "a sloping floor": [
      world("").replace("<body", '<geom type="plane" size="1 1 1" euler="5 0 0"/><body'),
      'contact with the immovable plane "geom 0"',
    ],
    "a damped free joint": [
      `<mujoco><worldbody><body><joint name="f" type="free" damping="1"/><geom size="1"/></body></worldbody></mujoco>`,
      'damping of the free joint "f"',
    ],
    "a ball's limits": [
      `<mujoco><worldbody><body><joint name="s" type="ball" range="0 1"/><geom size="1"/></body></worldbody></mujoco>`,
      'limits of the ball joint "s"',
    ],
  };
  for (const [name, [text, message]] of Object.entries(cases))
    test(name, async () => {
      const error = await parseModel(text, "x.xml").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toContain(message);
      expect((error as InputError).message).not.toContain("\n");
    });
  test("no file", async () => {
    await expect(readModel("no/such.xml")).rejects.toThrow("no/such.xml: there is no such file.");
  });
});

test("a model that was read stands on the ground, and its steps are differentiable", async () => {
  const model = await readModel(packageFile("data/models/ant.xml"));
  const simulator = new Simulator(model, ({ q, qd }) => [...q, ...qd], 1, "f64x2");
  const standing = { q: [0, 0, 0.6, 0, 0, 0, 1, 0, 1, 0, -1, 0, -1, 0, 1], qd: Array<number>(14).fill(0) };
  simulator.setState(0, standing.q, standing.qd);
  for (let t = 0; t < 60; t++) simulator.step(new Float64Array(8));
  const settled = simulator.state();
  expect(settled.q[2]).toBeGreaterThan(0.2);
  expect(largest(settled.qd)).toBeLessThan(1);
  const height = (action: number[]) => {
    simulator.setState(0, settled.q, settled.qd);
    simulator.startTape(1);
    simulator.step(action);
    return simulator.observe()[2];
  };
  const action = Array.from({ length: 8 }, (_, i) => 0.5 * random(i));
  const shift = (i: number, h: number) => height(action.map((a, k) => (k === i ? a + h : a)));
  const central = action.map((_, i) => (shift(i, 1e-6) - shift(i, -1e-6)) / 2e-6);
  height(action);
  const gradient = simulator.back(
    0,
    Float64Array.from({ length: 29 }, (_, i) => Number(i === 2)),
    new Uint8Array(1),
  );
  expect(difference([...gradient], central)).toBeLessThan(1e-5);
});

test("dry friction has a derivative, also about rest", async () => {
  const text = `<mujoco><worldbody><body pos="0 0 1"><joint name="j" axis="0 1 0" frictionloss="0.4"/>
    <geom type="sphere" size=".1" mass="1" pos=".1 0 -.4" contype="0" conaffinity="0"/></body></worldbody>
    <actuator><motor joint="j" gear="2"/></actuator></mujoco>`;
  const model = await parseModel(text, "x.xml");
  const simulator = new Simulator(model, ({ q, qd }) => [...q, ...qd], 1, "f64x2");
  const speed = (action: number) => {
    simulator.setState(0, [0.1], [0.02]);
    simulator.startTape(1);
    simulator.step([action]);
    return simulator.observe()[1];
  };
  const central = (speed(0.3 + 1e-6) - speed(0.3 - 1e-6)) / 2e-6;
  speed(0.3);
  const [gradient] = simulator.back(0, Float64Array.of(0, 1), new Uint8Array(1));
  expect(gradient / central).toBeCloseTo(1, 6);
  const free = new Simulator({ ...model, links: model.links.map(withoutFriction) }, ({ qd }) => [...qd], 1, "f64x2");
  free.setState(0, [0.1], [0.02]);
  free.step([0.3]);
  expect(Math.abs(free.observe()[0])).toBeGreaterThan(1.1 * Math.abs(speed(0.3))); // it matters
});

const withoutFriction = <L extends { joint: object }>(link: L): L => ({
  ...link,
  joint: { ...link.joint, frictionloss: 0 },
});
