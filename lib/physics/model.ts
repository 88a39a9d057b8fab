/**
 * The model record: a tree of rigid links with contact points, as plain data (JSON), in SI units. A robot of the
 * benchmark, a robot read from MJCF and a robot typed by hand are all this record.
 */
import { InputError, oneOf } from "../errors.js";
import { add, mul, sub } from "./expression.js";
import { checkModel } from "./model-check.js";
import {
  type Mat3,
  type Quat,
  type Vec3,
  apply3,
  dot,
  identity3,
  minus,
  plus,
  product,
  rotation,
  scale,
  transpose,
  zero3,
} from "./vector.js";

export type Point = readonly [number, number, number];
export type Quaternion = readonly [number, number, number, number];

const jointTypes = ["free", "slide", "hinge", "ball", "fixed"] as const;
export type JointType = (typeof jointTypes)[number];

/** How a link moves in its parent. Forces of slide and hinge: -stiffness (q - target) - damping qd, and the limits. */
export interface Joint {
  readonly type: JointType;
  /** Pose of the joint's frame in the parent link's frame (default: the same); quaternion (x, y, z, w). */
  readonly position?: Point;
  readonly rotation?: Quaternion;
  /** Slide, hinge: unit vector in the joint's frame. */
  readonly axis?: Point;
  /** Added to the mass matrix's diagonal [kg or kg m^2]; slide, hinge, ball. */
  readonly armature?: number;
  /** [N s/m or N m s/rad]; slide, hinge, ball. */
  readonly damping?: number;
  /** [N/m or N m/rad]; slide, hinge, ball (there times the quaternion's vector part). */
  readonly stiffness?: number;
  /** Slide, hinge: rest position of the spring [m or rad]. */
  readonly target?: number;
  /** Slide, hinge: a spring beyond the limits [m or rad], with its stiffness [N/m or N m/rad]. */
  readonly limits?: { readonly lower: number; readonly upper: number; readonly stiffness: number };
}

export interface Link {
  readonly name: string;
  /** Name of a link before this one; absent: the world. */
  readonly parent?: string;
  readonly joint: Joint;
  /** [kg], default 0. */
  readonly mass?: number;
  /** Centre of mass in the link's frame [m], which is the joint's frame moved by the joint. */
  readonly com?: Point;
  /** About the centre of mass in the link's axes: xx, yy, zz, xy, xz, yz [kg m^2]. */
  readonly inertia?: readonly [number, number, number, number, number, number];
}

/** Penalty contact with the ground at depth e: normal force (ke + kd max(-v_n, 0)) e, friction up to mu ke e. */
export interface Material {
  /** Stiffness [N/m], damping [N s/m^2], slope of the friction at rest [N s/m], coefficient of friction. */
  readonly ke: number;
  readonly kd: number;
  readonly kf: number;
  readonly mu: number;
}

/** A sphere of the link that touches the ground: a sphere's or a capsule end's centre, or (radius 0) a box's corner. */
export interface ContactPoint {
  readonly link: string;
  readonly position: Point;
  readonly radius: number;
  readonly material: string;
}

/** What a component of the action, in [-1, 1], drives. */
export type Actuator = Motor | Muscle;

/** A motor on a slide or hinge joint: force = strength * action. */
export interface Motor {
  readonly link: string;
  /** [N or N m]. */
  readonly strength: number;
}

/** A string through points fixed to links. Its tension strength * (action + 1) / 2 pulls neighbouring points together. */
export interface Muscle {
  readonly name: string;
  /** [N]. */
  readonly strength: number;
  readonly path: readonly { readonly link: string; readonly position: Point }[];
}

export const isMuscle = (actuator: Actuator): actuator is Muscle => "path" in actuator;

/** A muscle's name, or that of the link that a motor moves. */
export const actuatorName = (actuator: Actuator): string => (isMuscle(actuator) ? actuator.name : actuator.link);

/** Something to see, in a link's frame; the physics ignores it. */
export type Shape = {
  readonly link: string;
  /** As in CSS; absent: the viewer chooses. */
  readonly color?: string;
} & Form;

/** Lengths in m. A capsule has its half-spheres' centres at `from` and `to`; a box is given by the lengths of its edges. */
export type Form =
  | { readonly type: "sphere"; readonly radius: number; readonly position?: Point }
  | { readonly type: "capsule"; readonly radius: number; readonly from: Point; readonly to: Point }
  | { readonly type: "box"; readonly size: Point; readonly position?: Point; readonly rotation?: Quaternion }
  | { readonly type: "mesh"; readonly mesh: string; readonly position?: Point; readonly rotation?: Quaternion };

/** A surface: coordinates x, y, z of its vertices [0.1 mm], and three indices of vertices for every triangle. */
export type Mesh = { readonly vertices: readonly number[]; readonly triangles: readonly number[] };
export type Meshes = { readonly [name: string]: Mesh };

export interface Model {
  readonly name: string;
  /** The vertical axis; the ground is the plane through the origin. */
  readonly up: "y" | "z";
  /** [m/s^2]. */
  readonly gravity: Point;
  /** Control step [s], split into substeps; the mass matrix is renewed every `massMatrixEvery` (default: all) substeps. */
  readonly timeStep: number;
  readonly substeps: number;
  readonly massMatrixEvery?: number;
  readonly links: readonly Link[];
  readonly materials: { readonly [name: string]: Material };
  readonly contacts: readonly ContactPoint[];
  readonly actuators: readonly Actuator[];
  readonly shapes?: readonly Shape[];
  /** JSON file of the {@link Meshes} that shapes name. */
  readonly meshes?: string;
}

/** A link as the dynamics reads it: defaults filled in, parents as indices, fixed joints merged, `q`, `qd` its offsets. */
export interface TreeLink {
  readonly name: string;
  /** Index, -1 for the world. */
  readonly parent: number;
  readonly joint: Required<Omit<Joint, "position" | "rotation" | "limits">> &
    Pick<Joint, "limits"> & { position: Vec3; rotation: Mat3 };
  readonly q: number;
  readonly qd: number;
  readonly mass: number;
  readonly com: Vec3;
  /** About the centre of mass, in the link's axes. */
  readonly inertia: Mat3;
  readonly contacts: readonly { position: Vec3; radius: number; material: Material }[];
  /** Motor: component of the action, and strength. */
  readonly motors: readonly { action: number; strength: number }[];
}

/** A point fixed to a moving link (its index; -1: the world). */
export type Attachment = { link: number; position: Vec3 };

/** A muscle between two neighbouring points on different links. */
export type MuscleSegment = { action: number; strength: number; from: Attachment; to: Attachment };

/** A model ready for the dynamics. */
export interface Tree {
  readonly model: Model;
  readonly links: readonly TreeLink[];
  readonly muscles: readonly MuscleSegment[];
  readonly nq: number;
  readonly nqd: number;
  readonly up: Point;
  /** Where every link of the model is, by name; those that are fixed move with another link. */
  readonly frames: ReadonlyMap<string, Frame>;
}

/** Numbers of a joint in q and in qd. */
export const jointSizes: Record<JointType, readonly [q: number, qd: number]> = {
  free: [7, 6],
  ball: [4, 3],
  slide: [1, 1],
  hinge: [1, 1],
  fixed: [0, 0],
};

/** Rounding noise of a rotation is removed, so that zeros and ones fold. */
const clean = (x: number): number => (Math.abs(x - Math.round(x)) < 1e-12 ? Math.round(x) : x);

const cleanPoint = (v: Vec3): Vec3 => (v as Point).map(clean) as unknown as Vec3;

/** Rotation matrix of a quaternion that need not be normalised. */
export function matrixOf(q: Quaternion): Mat3 {
  const norm = Math.hypot(...q);
  const rows = rotation(q.map((x) => x / norm) as unknown as Quat) as readonly (readonly number[])[];
  return rows.map((row) => row.map(clean)) as unknown as Mat3;
}

/** A link, or what is fixed to one: the moving link's index (-1: the world) and the pose in its frame. */
export type Frame = { index: number; rotation: Mat3; position: Vec3 };
const worldFrame: Frame = { index: -1, rotation: identity3, position: zero3 };

/** Mass, centre and inertia about it, in a link's axes. */
type Body = { mass: number; com: Vec3; inertia: Mat3 };

/** A model with its defaults filled in and its fixed joints merged; an {@link InputError} where it makes no sense. */
export function buildTree(model: Model): Tree {
  checkModel(model);
  checkSteps(model);
  const frames = new Map<string, Frame>();
  const links: { -readonly [K in keyof TreeLink]: TreeLink[K] }[] = [];
  let [nq, nqd] = [0, 0];
  for (const link of model.links) {
    checkLink(link, frames);
    const base = (link.parent !== undefined && frames.get(link.parent)) || worldFrame;
    const rotation = product(base.rotation, matrixOf(link.joint.rotation ?? [0, 0, 0, 1]));
    const position = cleanPoint(plus(base.position, apply3(base.rotation, link.joint.position ?? zero3)));
    const fixed = link.joint.type === "fixed";
    const frame = fixed ? { index: base.index, rotation, position } : { ...worldFrame, index: links.length };
    frames.set(link.name, frame);
    const body = bodyOf(link, frame);
    if (!fixed) {
      const joint = { ...jointDefaults, ...link.joint, position, rotation };
      links.push({ name: link.name, parent: base.index, joint, q: nq, qd: nqd, ...body, contacts: [], motors: [] });
      nq += jointSizes[joint.type][0];
      nqd += jointSizes[joint.type][1];
    } else if (base.index >= 0) Object.assign(links[base.index], joined(links[base.index], body));
  }
  const materials = new Map(Object.entries(model.materials));
  for (const { link, position, radius, material } of model.contacts) {
    const at = attachment("contacts", link, position, frames);
    const contact = { position: at.position, radius, material: lookup("materials", material, materials) };
    if (at.link >= 0) links[at.link].contacts = [...links[at.link].contacts, contact];
  }
  const named = new Map(links.map((link) => [link.name, link]));
  const muscles: MuscleSegment[] = [];
  model.actuators.forEach((actuator, action) => {
    if (isMuscle(actuator)) return muscles.push(...segments(actuator, action, frames));
    const { link: name, strength } = actuator;
    const link = lookup("actuators", name, named);
    if (link.joint.type !== "slide" && link.joint.type !== "hinge")
      throw new InputError(`actuators: "${name}" moves by a ${link.joint.type} joint; allowed: slide, hinge.`);
    link.motors = [...link.motors, { action, strength }];
  });
  checkMasses(links);
  return { model, links, muscles, nq, nqd, up: model.up === "y" ? [0, 1, 0] : [0, 0, 1], frames };
}

const jointDefaults = {
  axis: [0, 0, 0] as Point,
  armature: 0,
  damping: 0,
  stiffness: 0,
  target: 0,
};

function checkSteps({ timeStep, substeps, massMatrixEvery = substeps }: Model): void {
  if (!(timeStep > 0)) throw new InputError(`timeStep is ${timeStep}; allowed: more than 0 seconds.`);
  if (!Number.isInteger(substeps) || substeps < 1 || substeps > 1000)
    throw new InputError(`substeps is ${substeps}; allowed: 1, 2, 3, ... 1000.`);
  if (!Number.isInteger(substeps / massMatrixEvery))
    throw new InputError(`massMatrixEvery is ${massMatrixEvery}; allowed: a divisor of substeps, ${substeps}.`);
}

/** Every joint has something to move, or the mass matrix is singular. */
function checkMasses(links: readonly TreeLink[]): void {
  const carried = links.map((link) => link.mass);
  for (let i = links.length - 1; i >= 0; i--) {
    const { name, parent, joint } = links[i];
    if (carried[i] === 0 && joint.armature === 0)
      throw new InputError(`link "${name}" carries no mass and has no armature; allowed: one of them.`);
    if (parent >= 0) carried[parent] += carried[i];
  }
}

/** The entry of that name; an {@link InputError} that names the field and the choices where there is none. */
const lookup = <T>(field: string, name: string, known: ReadonlyMap<string, T>): T =>
  known.get(oneOf(field, name, [...known.keys()])) as T;

function checkLink({ name, parent, joint, mass = 0 }: Link, frames: ReadonlyMap<string, Frame>): void {
  oneOf(`joint of link "${name}"`, joint.type, jointTypes);
  if (frames.has(name)) throw new InputError(`links: the name "${name}" is used twice.`);
  if (parent !== undefined) lookup(`parent of link "${name}"`, parent, frames);
  if (!(mass >= 0 && mass < Infinity)) throw new InputError(`mass of link "${name}" is ${mass}; allowed: 0 or more.`);
  const length = Math.hypot(...(joint.axis ?? [0, 0, 0]));
  if ((joint.type === "slide" || joint.type === "hinge") && !(Math.abs(length - 1) < 1e-6))
    throw new InputError(`axis of link "${name}" has length ${length}; allowed: 1.`);
  const turned = joint.position?.some((x) => x !== 0) || joint.rotation?.some((x, i) => x !== (i === 3 ? 1 : 0));
  if (joint.type === "free" && (parent !== undefined || turned))
    throw new InputError(`joint of link "${name}": a free joint moves in the world, without a pose of its own.`);
  if (joint.type === "free" && (joint.armature || joint.damping || joint.stiffness))
    throw new InputError(`joint of link "${name}": a free joint has no armature, damping or stiffness.`);
}

/** Where a point of a link of the model is. */
function attachment(field: string, link: string, position: Point, frames: ReadonlyMap<string, Frame>): Attachment {
  const frame = lookup(field, link, frames);
  return { link: frame.index, position: cleanPoint(plus(frame.position, apply3(frame.rotation, position))) };
}

/** What a muscle pulls together. */
function segments({ name, strength, path }: Muscle, action: number, frames: ReadonlyMap<string, Frame>) {
  const points = path.map(({ link, position }) => attachment(`path of muscle "${name}"`, link, position, frames));
  const pairs = points.slice(1).map((to, k) => ({ action, strength, from: points[k], to }));
  return pairs.filter(({ from, to }) => from.link !== to.link);
}

/** The link's body in the axes of the frame's moving link. */
function bodyOf({ mass = 0, com = zero3 as Point, inertia = [0, 0, 0, 0, 0, 0] }: Link, frame: Frame): Body {
  const [xx, yy, zz, xy, xz, yz] = inertia;
  const own: Mat3 = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const turned = product(product(frame.rotation, own), transpose(frame.rotation));
  return { mass, com: cleanPoint(plus(frame.position, apply3(frame.rotation, com))), inertia: turned };
}

/** Two bodies as one (parallel-axis theorem). */
function joined(a: Body, b: Body): Body {
  const mass = a.mass + b.mass;
  if (mass === 0) return a;
  const com = plus(scale(a.mass / mass, a.com), scale(b.mass / mass, b.com));
  const apart = minus(a.com, b.com);
  const reduced = (a.mass * b.mass) / mass;
  const square = dot(apart, apart);
  const parallel = (i: number, j: number) => mul(reduced, sub(i === j ? square : 0, mul(apart[i], apart[j])));
  const inertia = a.inertia.map((row, i) => row.map((x, j) => add(add(x, b.inertia[i][j]), parallel(i, j))));
  return { mass, com, inertia: inertia as unknown as Mat3 };
}
