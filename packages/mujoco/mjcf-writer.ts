/** MJCF of a model record, for MuJoCo: the way back from `mjcf.ts`. */
import { InputError } from "@dmo-lab/input/errors";
import type { Scalar } from "@dmo-lab/physics/expression";
import { isControl } from "@dmo-lab/physics/model";
import type { KinematicTree, TreeLink } from "@dmo-lab/physics/tree";
import { type Mat3, transpose } from "@dmo-lab/physics/vector";

/** A model as MuJoCo reads it, and what it would refuse to read. */
export interface MjcfSource {
  readonly text: string;
  /** Names of the joints in the order of the model's coordinates; absent: MuJoCo's order. */
  readonly joints?: readonly string[];
  /**
   * By joint: what was added to the three principal moments of inertia of its body [kg m^2] and is to be subtracted after
   * reading. MuJoCo simulates any inertia but reads only those that a solid body can have.
   */
  readonly inertiaExcess?: readonly number[];
}

/** Mass and moments of links that have none [kg, kg m^2]: MuJoCo wants some in every body that moves. */
const NOTHING = 1e-12;
/** Radius of a contact point that has none [m]. */
const POINT = 1e-6;

/**
 * MuJoCo's version of a model: masses, inertias, joints, springs, dampers, armature, limits, motors, and the ground's
 * friction are the model's. Contact and limits are MuJoCo's constraints, with its default parameters, in place of the
 * model's springs; links touch the ground but not each other, as in the model.
 * @throws InputError for what MuJoCo does otherwise: muscles, springs on ball joints
 */
export function writeMjcf(tree: KinematicTree): MjcfSource {
  const { model, links } = tree;
  if (tree.muscles.length > 0) throw new InputError(`${model.name}: its muscles can't be simulated by MuJoCo here.`);
  const excess = links.map(({ inertia }) => 2 * Math.hypot(...(inertia.flat() as number[])) + NOTHING);
  if (model.actuators.some(isControl))
    throw new InputError(`${model.name}: it was read for MuJoCo alone, which runs its file (mujocoOnly).`);
  const bodies = (parent: number): string[] =>
    links.flatMap((link, i) => (link.parent === parent ? [body(link, excess[i], bodies(i))] : []));
  const root = element("mujoco", { model: model.name }, [
    element("compiler", { angle: "radian", autolimits: "true", boundmass: NOTHING, inertiafromgeom: "false" }),
    element("option", { gravity: model.gravity }),
    element("default", {}, [element("geom", { contype: 1, conaffinity: 0, condim: 3 })]),
    element("worldbody", {}, [
      element("geom", { type: "plane", size: [0, 0, 1], zaxis: tree.up, contype: 0, conaffinity: 1, friction: 0 }),
      ...bodies(-1),
    ]),
    element("actuator", {}, actuators(links)),
  ]);
  return { text: root, joints: links.map(({ name }) => name), inertiaExcess: excess };
}

/** Lists hold numbers alone: a model's constants. */
type Value = string | number | readonly Scalar[];

function element(tag: string, attributes: { [name: string]: Value }, children: readonly string[] = []): string {
  const text = (value: Value): string => (typeof value === "object" ? value.map(Number).join(" ") : String(value));
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(text(value))}"`);
  const inner = children.map((child) => `\n${child}`).join("");
  return `<${tag}${written.join("")}${inner ? `>${inner}\n</${tag}>` : "/>"}`;
}

/** A text as an attribute's value. */
export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function body(link: TreeLink, excess: number, children: readonly string[]): string {
  const { name, joint, mass, com, contacts } = link;
  const [x, y] = transpose(joint.rotation);
  const points = contacts.map(({ position, radius, material }) =>
    element("geom", { type: "sphere", size: Math.max(radius, POINT), pos: position, friction: material.mu }),
  );
  return element("body", { name, pos: joint.position, xyaxes: [...x, ...y] }, [
    element("inertial", { mass, pos: com, fullinertia: moments(link.inertia, excess) }),
    jointElement(link),
    ...points,
    ...children,
  ]);
}

function moments(inertia: Mat3, excess: number): number[] {
  const m = inertia as readonly (readonly number[])[];
  return [m[0][0] + excess, m[1][1] + excess, m[2][2] + excess, m[0][1], m[0][2], m[1][2]];
}

function jointElement({ name, joint }: TreeLink): string {
  const { type, armature, damping, stiffness, target, frictionloss, limits } = joint;
  if (type === "free") return element("freejoint", { name });
  if (type === "ball") {
    if (stiffness !== 0) throw new InputError(`joint of link "${name}": MuJoCo's springs on ball joints are others.`);
    return element("joint", { name, type, armature, damping });
  }
  const own = { name, type, axis: joint.axis, armature, damping, stiffness, springref: target, frictionloss };
  return element("joint", limits ? { ...own, range: [limits.lower, limits.upper] } : own);
}

/** In the order of the action's components. */
function actuators(links: readonly TreeLink[]): string[] {
  const motors = links.flatMap(({ name, motors }) => motors.map((motor) => ({ name, ...motor })));
  return motors
    .sort((a, b) => a.action - b.action)
    .map(({ name, strength }) => element("motor", { joint: name, gear: strength, ctrlrange: [-1, 1] }));
}
