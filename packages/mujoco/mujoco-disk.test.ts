import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { packageFile } from "../../lib/project.js";
import { readModel } from "./mjcf.js";
import { compileModel } from "./mujoco.js";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A folder with such files. */
function folderOf(files: { readonly [name: string]: string | Uint8Array }): (name: string) => string {
  const folder = mkdtempSync(path.join(tmpdir(), "dmo-lab-model-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return (name) => path.join(folder, name);
}

const tetrahedron = (edge: number) =>
  `v 0 0 0\nv ${edge} 0 0\nv 0 ${edge} 0\nv 0 0 ${edge}\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n`;
const mesh = tetrahedron(0.1);
/** [kg] with the density below. */
const MASS = (500 * 0.1 ** 3) / 6;

const asset = (file: string) => `<asset><mesh name="m" file=${file}/></asset>`;
const body = `<worldbody><body name="rod" pos="0 0 1"><joint name="hinge" axis="0 1 0"/>
  <geom type="mesh" mesh="m" contype="0" conaffinity="0" density="500"/></body></worldbody>`;
const mujoco = (...content: string[]) => `<mujoco>${content.join("")}</mujoco>`;

// Each is read by native MuJoCo 3.3.7 as well.
test.each<[string, { [name: string]: string }]>([
  ["beside the model", { "robot.xml": mujoco(asset('"p.obj"'), body), "p.obj": mesh }],
  [
    "meshdir in an included file",
    {
      "robot.xml": mujoco('<include file="common.xml"/>', asset('"p.obj"'), body),
      "common.xml": mujoco('<compiler meshdir="m"/>'),
      "m/p.obj": mesh,
    },
  ],
  [
    "meshdir in the file that includes, the mesh in an include of an include",
    {
      "robot.xml": mujoco('<compiler assetdir="m"/>', '<include file="sub/a.mjcf"/>'),
      "sub/a.mjcf": `<mujocoinclude>${asset('"p.obj"')}<include file="sub/b.inc"/></mujocoinclude>`,
      "sub/b.inc": `<mujocoinclude>${body}</mujocoinclude>`,
      "m/p.obj": mesh,
    },
  ],
  ["single quotes", { "robot.xml": mujoco("<compiler meshdir='m'/>", asset("'p.obj'"), body), "m/p.obj": mesh }],
  ["spaces", { "robot.xml": mujoco('<compiler meshdir = "m"/>', asset(' "p.obj"'), body), "m/p.obj": mesh }],
  ["entities", { "robot.xml": mujoco(asset('"nut &amp; bolt.obj"'), body), "nut & bolt.obj": mesh }],
  ["strippath", { "robot.xml": mujoco('<compiler strippath="true"/>', asset('"../else/p.obj"'), body), "p.obj": mesh }],
  [
    "a folder above",
    { "robots/robot.xml": mujoco('<compiler meshdir="../m"/>', asset('"p.obj"'), body), "m/p.obj": mesh },
  ],
  [
    "an attached model with a meshdir of its own",
    {
      "robot.xml": mujoco(
        '<asset><model name="arm" file="arm/arm.xml"/></asset>',
        '<worldbody><frame pos="0 0 1"><attach model="arm" body="rod" prefix="left_"/></frame></worldbody>',
      ),
      "arm/arm.xml": mujoco('<compiler meshdir="m"/>', asset('"p.obj"'), body),
      "arm/m/p.obj": mesh,
    },
  ],
  [
    "a robot called model.xml",
    { "robot.xml": mujoco('<include file="model.xml"/>'), "model.xml": mujoco(asset('"p.obj"'), body), "p.obj": mesh },
  ],
])("what a model names is found: %s", async (_, files) => {
  const at = folderOf(files);
  const model = await readModel(at(Object.keys(files)[0]));
  expect(model.links[0].mass).toBeCloseTo(MASS, 6);
});

test("textures are found, faces of a cube as well", async () => {
  const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const faces = ["right", "left", "up", "down", "front", "back"].map((face) => `file${face}="a.png"`).join(" ");
  const at = folderOf({
    "robot.xml": mujoco(
      '<compiler texturedir="tex"/>',
      `<asset><texture name="t" type="cube" ${faces}/><material name="t" texture="t"/></asset>`,
      '<worldbody><body><joint/><geom size=".1" material="t"/></body></worldbody>',
    ),
    "tex/a.png": Buffer.from(pixel, "base64"),
  });
  expect((await readModel(at("robot.xml"))).links).toHaveLength(1);
});

test("a URDF's package:// is left out with the path, as in MuJoCo", async () => {
  const urdf = `<robot name="a"><link name="base"/><link name="upper"><inertial><mass value="1"/>
    <inertia ixx="0.02" iyy="0.02" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><mesh filename="package://arm/p.obj"/></geometry></visual></link>
    <joint name="s" type="continuous"><parent link="base"/><child link="upper"/><axis xyz="0 1 0"/></joint></robot>`;
  const at = folderOf({ "arm.urdf": urdf, "p.obj": mesh });
  expect((await readModel(at("arm.urdf"), { mujocoOnly: true })).links).toHaveLength(1);
});

test("no model sees another one's files, and a file that has changed is read anew", async () => {
  const robot = mujoco(asset('"p.obj"'), body);
  const at = folderOf({ "first/robot.xml": robot, "first/p.obj": mesh, "second/robot.xml": robot });
  await readModel(at("first/robot.xml"));
  await expect(readModel(at("second/robot.xml"))).rejects.toThrow(`Error opening file '${at("second/p.obj")}'`);
  writeFileSync(at("second/p.obj"), tetrahedron(0.2));
  expect((await readModel(at("second/robot.xml"))).links[0].mass).toBeCloseTo(8 * MASS, 6);
  writeFileSync(at("second/p.obj"), tetrahedron(0.3));
  expect((await readModel(at("second/robot.xml"))).links[0].mass).toBeCloseTo(27 * MASS, 6);
});

test("a text needs no file, nor even a folder", async () => {
  const text = '<mujoco><worldbody><body><joint/><geom size=".1"/></body></worldbody></mujoco>';
  const model = await compileModel(text, path.join(packageFile("no-such-folder"), "robot.xml"));
  expect(model.nbody).toBe(2);
  model.delete();
});
