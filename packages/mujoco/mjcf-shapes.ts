/** What the geoms of a compiled model look like. */
import type { MjcfModel } from "./mjcf-compiled.js";
import { range } from "./mujoco.js";
import type { Form, Mesh, Meshes, Point, Quaternion, Shape } from "@dmo-lab/physics/model";
import { type Vec3, apply3, plus, rotation } from "@dmo-lab/physics/vector";

/** Groups from here on are hidden by MuJoCo's own viewer, as shapes for contact are beside those to look at. */
const HIDDEN = 3;

/** Shapes of all geoms but planes, the hidden ones where there are no others, and the meshes among them. */
export function shapesOf(
  compiled: MjcfModel,
  place: (body: number, point: Vec3) => { link: string; position: Point },
): { shapes: Shape[]; meshes?: Meshes } {
  const { m } = compiled;
  const solid = range(0, m.ngeom).filter((geom) => compiled.geomType(geom) !== "plane");
  const shown = solid.filter((geom) => m.geom_group[geom] < HIDDEN);
  const meshes: { [name: string]: Mesh } = {};
  const shapes = (shown.length > 0 ? shown : solid).flatMap((geom): Shape[] => {
    const { link, position } = place(m.geom_bodyid[geom], compiled.point(m.geom_pos, geom));
    const form = formOf(compiled, geom, { position, rotation: compiled.quaternion(m.geom_quat, geom) }, meshes);
    return form ? [{ link, ...form }] : [];
  });
  return Object.keys(meshes).length > 0 ? { shapes, meshes } : { shapes };
}

type Pose = { position: Point; rotation: Quaternion };

function formOf(compiled: MjcfModel, geom: number, pose: Pose, meshes: { [name: string]: Mesh }): Form | undefined {
  const { m } = compiled;
  const [a, b, c] = compiled.point(m.geom_size, geom);
  const type = compiled.geomType(geom);
  const { position, rotation: turn } = pose;
  const end = (z: number): Point => plus(position, apply3(rotation(turn), [0, 0, z])) as Point;
  switch (type) {
    case "sphere":
      return { type, radius: a, position };
    case "box":
      return { type, size: [2 * a, 2 * b, 2 * c], ...pose };
    case "ellipsoid":
      return { type, radii: [a, b, c], ...pose };
    case "capsule":
    case "cylinder":
      return { type, radius: a, from: end(-b), to: end(b) };
    case "mesh":
    case "sdf": {
      const name = `mesh ${m.geom_dataid[geom]}`;
      meshes[name] ??= meshOf(compiled, m.geom_dataid[geom]);
      return { type: "mesh", mesh: name, ...pose };
    }
    case "height field": {
      const name = `height field ${m.geom_dataid[geom]}`;
      meshes[name] ??= heightField(compiled, m.geom_dataid[geom]);
      return { type: "mesh", mesh: name, ...pose };
    }
    case "plane":
      return undefined;
  }
}

/** Units of a mesh's coordinates in a metre. */
const UNITS = 1e4;
const inUnits = (x: number): number => Math.round(UNITS * x);

function meshOf({ m }: MjcfModel, mesh: number): Mesh {
  const [vertex, face] = [3 * m.mesh_vertadr[mesh], 3 * m.mesh_faceadr[mesh]];
  return {
    vertices: Array.from(m.mesh_vert.subarray(vertex, vertex + 3 * m.mesh_vertnum[mesh]), inUnits),
    triangles: Array.from(m.mesh_face.subarray(face, face + 3 * m.mesh_facenum[mesh])),
  };
}

/** The surface of a height field: a grid of heights from 0 to 1, scaled to its half-lengths and height. */
function heightField({ m }: MjcfModel, field: number): Mesh {
  const [rows, columns, first] = [m.hfield_nrow[field], m.hfield_ncol[field], m.hfield_adr[field]];
  const [x, y, z] = Array.from(m.hfield_size.subarray(4 * field, 4 * field + 3));
  const vertices = range(0, rows * columns).flatMap((i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const across = (k: number, count: number, half: number): number => half * ((2 * k) / (count - 1) - 1);
    return [across(column, columns, x), across(row, rows, y), z * m.hfield_data[first + i]].map(inUnits);
  });
  const triangles = range(0, (rows - 1) * (columns - 1)).flatMap((i) => {
    const corner = Math.floor(i / (columns - 1)) * columns + (i % (columns - 1));
    return [corner, corner + 1, corner + columns, corner + 1, corner + columns + 1, corner + columns];
  });
  return { vertices, triangles };
}
