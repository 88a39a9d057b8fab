import { expect, test } from "vitest";
import { parseModel } from "./mjcf.js";

const tetrahedron = "0 0 0  .1 0 0  0 .1 0  0 0 .1";
const read = (geoms: string, world = "") =>
  parseModel(
    `<mujoco><asset><mesh name="m" vertex="${tetrahedron}"/><hfield name="h" nrow="2" ncol="3" size="2 1 .5 .1" elevation="0 1 0 0 0 1"/></asset>
     <worldbody>${world}<body name="b" pos="0 0 1"><joint pos=".1 0 0"/>${geoms}</body></worldbody></mujoco>`,
    "x.xml",
    { mujocoOnly: true },
  );

test("every form is drawn, in the frame of its link", async () => {
  const { shapes } = await read(
    `<geom type="sphere" size=".2" pos="1 0 0"/><geom type="cylinder" size=".1 .3"/><geom type="capsule" size=".1 .3"/>
     <geom type="ellipsoid" size=".1 .2 .3"/><geom type="box" size=".1 .2 .3"/><geom type="mesh" mesh="m"/>`,
  );
  const at = { position: [-0.1, 0, 0], rotation: [0, 0, 0, 1] };
  const ends = { from: [-0.1, 0, -0.3], to: [-0.1, 0, 0.3] };
  expect(shapes!.slice(0, 5)).toEqual([
    { link: "b", type: "sphere", radius: 0.2, position: [0.9, 0, 0] },
    { link: "b", type: "cylinder", radius: 0.1, ...ends },
    { link: "b", type: "capsule", radius: 0.1, ...ends },
    { link: "b", type: "ellipsoid", radii: [0.1, 0.2, 0.3], ...at },
    { link: "b", type: "box", size: [0.2, 0.4, 0.6], ...at },
  ]);
  expect(shapes![5]).toMatchObject({ link: "b", type: "mesh", mesh: "mesh 0" });
});

test("a mesh is where the file has it: MuJoCo moves its centre of mass to 0 and back", async () => {
  const { shapes, meshes } = await read('<geom type="mesh" mesh="m" pos="0 0 2"/>');
  const { position, rotation } = shapes![0] as unknown as { position: number[]; rotation: number[] };
  const { vertices, triangles } = (meshes as { [name: string]: { vertices: number[]; triangles: number[] } })["mesh 0"];
  expect(triangles).toHaveLength(12);
  const [x, y, z, w] = rotation;
  const points = [0, 3, 6, 9].map((i) => {
    const v = vertices.slice(i, i + 3).map((c) => c / 1e4);
    const u = [x, y, z];
    const cross = (a: number[], b: number[]) =>
      [0, 1, 2].map((k) => a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3]);
    const t = cross(u, v);
    const s = cross(u, t);
    return v.map((c, k) => c + 2 * (w * t[k] + s[k]) + position[k]);
  });
  const expected = [[-0.1, 0, 2], [0, 0, 2], [-0.1, 0.1, 2], [-0.1, 0, 2.1]]; // prettier-ignore
  for (const corner of expected)
    expect(Math.min(...points.map((p) => Math.hypot(...p.map((c, k) => c - corner[k]))))).toBeLessThan(2e-4);
});

test("so is what stands in the world, height fields as surfaces", async () => {
  const { shapes, meshes, links } = await read(
    '<geom size=".1"/>',
    '<geom type="hfield" hfield="h" pos="0 0 3"/><geom type="box" size="1 1 1"/><geom type="plane" size="1 1 1"/>',
  );
  expect(links[0]).toEqual({ name: "world", joint: { type: "fixed" } });
  expect(shapes!.map(({ link, type }) => [link, type])).toEqual([
    ["world", "mesh"],
    ["world", "box"],
    ["b", "sphere"],
  ]);
  const { vertices, triangles } = (meshes as { [name: string]: object })["height field 0"] as {
    vertices: number[];
    triangles: number[];
  };
  const units = (...metres: number[]) => metres.map((x) => x * 1e4);
  expect(vertices.slice(0, 9)).toEqual([...units(-2, -1, 0), ...units(0, -1, 0), ...units(2, -1, 0.5)]); // the file's rows come from the far side
  expect(vertices.slice(9, 15)).toEqual([...units(-2, 1, 0), ...units(0, 1, 0.5)]);
  expect(vertices.slice(15)).toEqual(units(2, 1, 0));
  expect(triangles).toEqual([0, 1, 3, 1, 4, 3, 1, 2, 4, 2, 5, 4]);
});

test("shapes that MuJoCo's viewer hides, in groups from 3 on, are drawn only where a model has no others", async () => {
  const hidden = '<geom type="box" size="1 1 1" group="3"/>';
  expect((await read(`${hidden}<geom size=".1" group="2"/>`)).shapes!.map(({ type }) => type)).toEqual(["sphere"]);
  expect((await read(hidden)).shapes!.map(({ type }) => type)).toEqual(["box"]);
});
