/** What touches what in a compiled model. Here that is the ground alone; everything else is refused by name. */
import type { MjcfModel } from "./mjcf-compiled.js";
import { range } from "./mujoco.js";
import type { ContactPoint, Material, Point } from "@dmo-lab/physics/model";
import { type Mat3, type Vec3, apply3, plus, rotation, zero3 } from "@dmo-lab/physics/vector";

/** Contact points of a model by geom, and their materials. `place` gives the link of a body and a point in its frame. */
export function contactsOf(
  compiled: MjcfModel,
  spring: Omit<Material, "mu">,
  between: "refuse" | "ignore",
  place: (body: number, point: Vec3) => { link: string; position: Point },
): { contacts: ContactPoint[]; materials: { [name: string]: Material } } {
  const { m } = compiled;
  const materials: { [name: string]: Material } = {};
  if (compiled.mujocoOnly || !compiled.has("contact")) return { contacts: [], materials };
  const moving = range(0, m.ngeom).filter((geom) => m.body_weldid[m.geom_bodyid[geom]] !== 0);
  if (between === "refuse") refuseBetween(compiled, moving);
  const contacts = moving.flatMap((geom) => {
    const friction = groundFriction(compiled, geom);
    if (friction === undefined) return [];
    const material = `friction ${friction}`;
    materials[material] = { ...spring, mu: friction };
    const body = m.geom_bodyid[geom];
    return pointsOf(compiled, geom).map(({ at, radius }) => ({ ...place(body, at), radius, material }));
  });
  return { contacts, materials };
}

function refuseBetween(compiled: MjcfModel, moving: readonly number[]): void {
  const { m } = compiled;
  const pairs = new Set<string>();
  moving.forEach((a, i) => {
    for (const b of moving.slice(i + 1))
      if (touches(compiled, a, b))
        pairs.add([a, b].map((geom) => `"${compiled.bodyName(m.geom_bodyid[geom])}"`).join(" and "));
  });
  if (pairs.size === 0) return;
  const [first] = pairs;
  const more = pairs.size > 1 ? `${pairs.size - 1} more pairs; ` : "";
  compiled.refuse(
    `contact of the bodies ${first} (${more}contactBetweenBodies: "ignore" leaves it out, mujocoOnly: true simulates it)`,
  );
}

/** Whether MuJoCo looks for contact between two geoms: by their bits, their bodies, and what the file excludes. */
function touches(compiled: MjcfModel, a: number, b: number): boolean {
  const { m } = compiled;
  const bits = (m.geom_contype[a] & m.geom_conaffinity[b]) | (m.geom_contype[b] & m.geom_conaffinity[a]);
  if (!bits) return false;
  const bodies = [a, b].map((geom) => m.geom_bodyid[geom]).sort((x, y) => x - y);
  const [first, second] = bodies.map((body) => m.body_weldid[body]);
  if (first === second) return false;
  const [above, below] = [first, second].map((body) => m.body_weldid[m.body_parentid[body]]);
  // A parent that does not move, such as the world, touches its children all the same.
  const related = first !== 0 && second !== 0 && (first === below || second === above);
  if (related && compiled.has("filterparent")) return false;
  return !m.exclude_signature.includes(bodies[0] * 2 ** 16 + bodies[1]);
}

/** The coefficient of friction of a geom on the ground, as MuJoCo mixes it; undefined: the two do not touch. */
function groundFriction(compiled: MjcfModel, geom: number): number | undefined {
  const { m } = compiled;
  const own = { priority: m.geom_priority[geom], condim: m.geom_condim[geom], mu: m.geom_friction[3 * geom] };
  const immovable = range(0, m.ngeom).filter((other) => m.body_weldid[m.geom_bodyid[other]] === 0);
  const touched = immovable.filter((other) => touches(compiled, geom, other));
  for (const other of touched)
    if (!isGround(compiled, other))
      compiled.refuse(`contact with the immovable ${compiled.geomName(other)} (only the ground at height 0)`);
  // A file without a ground has one here, which touches whatever can touch anything.
  const drawn = immovable.some((other) => isGround(compiled, other));
  if (!drawn) return m.geom_contype[geom] || m.geom_conaffinity[geom] ? frictionOf([own]) : undefined;
  const [ground] = touched;
  if (ground === undefined) return undefined;
  return frictionOf([
    own,
    { priority: m.geom_priority[ground], condim: m.geom_condim[ground], mu: m.geom_friction[3 * ground] },
  ]);
}

type Surface = { priority: number; condim: number; mu: number };

/** The surfaces of the highest priority count, and of those the largest numbers; condim 1 is without friction. */
function frictionOf(surfaces: readonly Surface[]): number {
  const highest = Math.max(...surfaces.map(({ priority }) => priority));
  const counted = surfaces.filter(({ priority }) => priority === highest);
  const condim = Math.max(...counted.map((surface) => surface.condim));
  return condim === 1 ? 0 : Math.max(...counted.map(({ mu }) => mu));
}

/** The level plane at height 0. */
function isGround(compiled: MjcfModel, geom: number): boolean {
  const { m } = compiled;
  const axes = axesOf(compiled, geom);
  const level = Math.abs(m.geom_pos[3 * geom + 2]) < 1e-9 && Math.abs(1 - (axes[2][2] as number)) < 1e-9;
  return compiled.geomType(geom) === "plane" && m.geom_bodyid[geom] === 0 && level;
}

const axesOf = ({ m, quaternion }: MjcfModel, geom: number): Mat3 => rotation(quaternion(m.geom_quat, geom));

/** Where a geom touches the ground, in the frame of its body. */
function pointsOf(compiled: MjcfModel, geom: number): { at: Vec3; radius: number }[] {
  const { m } = compiled;
  const [position, axes] = [compiled.point(m.geom_pos, geom), axesOf(compiled, geom)];
  const [a, b, c] = compiled.point(m.geom_size, geom);
  const point = (offset: Vec3, radius: number) => ({ at: plus(position, apply3(axes, offset)), radius });
  const type = compiled.geomType(geom);
  const signs = [-1, 1];
  if (type === "sphere") return [point(zero3, a)];
  if (type === "capsule") return signs.map((z) => point([0, 0, z * b], a));
  if (type === "box")
    return signs.flatMap((x) => signs.flatMap((y) => signs.map((z) => point([x * a, y * b, z * c], 0))));
  compiled.refuse(`contact of the ${compiled.geomName(geom)} (only spheres, capsules and boxes)`);
  return [];
}
