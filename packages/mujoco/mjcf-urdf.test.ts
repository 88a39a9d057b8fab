import { beforeAll, expect, test } from "vitest";
import { build } from "../../tests/command-line.js";
import { parseModel } from "./mjcf.js";
import { MujocoEngine } from "./mujoco-engine.js";
import { isUrdf } from "./mjcf-urdf.js";

beforeAll(() => build()); // threads of MuJoCo run compiled code

const inertial = (mass: number) =>
  `<inertial><mass value="${mass}"/><inertia ixx="0.02" iyy="0.02" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>`;
const joint = (name: string, child: string, limit: string) =>
  `<joint name="${name}" type="revolute"><parent link="base"/><child link="${child}"/><axis xyz="0 1 0"/>${limit}</joint>`;
const arm = `<?xml version="1.0"?><!-- <mujoco> --><robot name="arm"><link name="base">${inertial(3)}</link>
  <link name="upper">${inertial(1)}</link><link name="lower">${inertial(1)}</link><link name="tail">${inertial(1)}</link>
  ${joint("shoulder", "upper", '<limit lower="-2" upper="2" effort="30" velocity="5"/>')}
  ${joint("elbow &amp; wrist", "lower", '<limit lower="-1" upper="1" effort="7" velocity="5"/>')}
  ${joint("tail", "tail", '<limit lower="-1" upper="1" effort="0" velocity="5"/>').replace("revolute", "continuous")}</robot>`;

test("every joint with an effort limit has a motor of that strength", async () => {
  const { links, actuators } = await parseModel(arm, "arm.urdf");
  expect(links.map(({ name, joint }) => [name, joint.type])).toEqual([
    ["upper", "hinge"],
    ["lower", "hinge"],
    ["tail", "hinge"],
  ]);
  expect(actuators).toEqual([
    { link: "upper", strength: 30 },
    { link: "lower", strength: 7 },
  ]);
});

test("motors are what the task says, in its order", async () => {
  const { actuators } = await parseModel(arm, "arm.urdf", { motors: { "elbow & wrist": 3, shoulder: 2 } });
  expect(actuators).toEqual([
    { link: "lower", strength: 3 },
    { link: "upper", strength: 2 },
  ]);
  await expect(parseModel(arm, "arm.urdf", { motors: { sholder: 2 } })).rejects.toThrow(
    'arm.urdf: motors: joint "sholder" is unknown. Did you mean "shoulder"?',
  );
});

test("the root moves freely where asked, in MuJoCo alone as well", async () => {
  const { links, actuators } = await parseModel(arm, "arm.urdf", { freeRoot: true });
  expect(links[0]).toMatchObject({ name: "base", joint: { type: "free" }, mass: 3 });
  expect(links[1]).toMatchObject({ name: "upper", parent: "base" });
  expect(actuators).toHaveLength(2);
  const model = await parseModel(arm, "arm.urdf", { freeRoot: true, mujocoOnly: true });
  const engine = new MujocoEngine(model, ({ q }) => [...q], 1);
  expect([engine.nq, engine.actionSize]).toEqual([10, 2]);
  engine.setState(0, [0, 0, 1, 0, 0, 0, 1, 0, 0, 0], Array(9).fill(0));
  for (let t = 0; t < 30; t++) engine.step(Float32Array.of(0.1, 0));
  const { q } = engine.state();
  engine.dispose();
  expect(q[2]).toBeLessThan(0.5); // it falls
  expect(q[7]).toBeGreaterThan(0.1); // and its shoulder turns
});

test("what MJCF says by itself is not asked for, and broken XML is one line", async () => {
  const mjcf = '<mujoco><worldbody><body><joint/><geom size="1"/></body></worldbody></mujoco>';
  await expect(parseModel(mjcf, "x.xml", { freeRoot: true })).rejects.toThrow("freeRoot and motors are for URDF");
  await expect(parseModel(arm.slice(0, -9), "x.urdf", { freeRoot: true })).rejects.toThrow("not well-formed XML");
  await expect(parseModel(arm, "x.urdf", { freeroot: true } as object)).rejects.toThrow(
    'x.urdf: options.freeroot is unknown. Did you mean "freeRoot"?',
  );
  expect([arm, mjcf, "<!-- <robot> --><mujoco/>"].map(isUrdf)).toEqual([true, false, false]);
});
