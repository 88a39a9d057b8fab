/** A model made ready for the dynamics: defaults filled in, fixed joints merged, names resolved. */
import { InputError } from "@dmo-lab/input/errors";
import { checkModel } from "./model-check.js";
import {
  type Joint,
  type Link,
  type Material,
  type Model,
  type Muscle,
  type Point,
  type Quaternion,
  isControl,
  isMuscle,
  jointSizes,
} from "./model.js";
import { checkLink, checkMasses, checkRenewals, lookup } from "./tree-check.js";
import { bodyOf, clean, cleanPoint, joined, type RigidBody } from "./rigid-body.js";
import { type Mat3, type Quat, type Vec3, apply3, identity3, plus, product, rotation, zero3 } from "./vector.js";

/** A link as the dynamics reads it: defaults filled in, parents as indices, fixed joints merged, `q`, `qd` its offsets. */
export interface TreeLink {
  /** The link's own; of links merged into it, `frames` of the tree knows the names. */
  readonly name: string;
  /** Index, -1 for the world. */
  readonly parent: number;
  /** Its joint, defaults filled in; position [m] and rotation (a matrix) in the parent's frame. */
  readonly joint: Required<Omit<Joint, "position" | "rotation" | "limits">> &
    Pick<Joint, "limits"> & { position: Vec3; rotation: Mat3 };
  /** Index of its first coordinate. */
  readonly q: number;
  /** Index of its first velocity. */
  readonly qd: number;
  /** With what is fixed to it [kg]. */
  readonly mass: number;
  /** Centre of mass in its frame [m]. */
  readonly com: Vec3;
  /** About the centre of mass, in the link's axes. */
  readonly inertia: Mat3;
  /** Points that touch the ground, in its frame [m]. */
  readonly contacts: readonly { position: Vec3; radius: number; material: Material }[];
  /** Motor: component of the action, and strength. */
  readonly motors: readonly { action: number; strength: number }[];
}

/** A point fixed to a moving link (its index; -1: the world). */
export type Attachment = {
  /** Index of the moving link. */
  link: number;
  /** In its frame [m]. */
  position: Vec3;
};

/** A muscle between two neighbouring points on different links. */
export type MuscleSegment = {
  /** Component of the action that pulls it. */
  action: number;
  /** Tension at action 1 [N]. */
  strength: number;
  /** One end. */
  from: Attachment;
  /** The other end. */
  to: Attachment;
};

/** A robot as the dynamics reads it: its moving links, parents before children, with `nq` coordinates and `nqd` velocities. */
export interface KinematicTree {
  /** The record that it was made from. */
  readonly model: Model;
  /** Parents before their children. */
  readonly links: readonly TreeLink[];
  /** What each muscle pulls together, segment by segment. */
  readonly muscles: readonly MuscleSegment[];
  /** Coordinates of the whole robot. */
  readonly nq: number;
  /** Velocities of the whole robot. */
  readonly nqd: number;
  /** Unit vector against gravity, the vertical axis. */
  readonly up: Point;
  /** Where every link of the model is, by name; those that are fixed move with another link. */
  readonly frames: ReadonlyMap<string, LinkFrame>;
}

/** Rotation matrix of a quaternion that need not be normalised. */
export function matrixOf(q: Quaternion): Mat3 {
  const norm = Math.hypot(...q);
  const rows = rotation(q.map((x) => x / norm) as unknown as Quat) as readonly (readonly number[])[];
  return rows.map((row) => row.map(clean)) as unknown as Mat3;
}

/** A link, or what is fixed to one: the moving link's index (-1: the world) and the pose in its frame. */
export type LinkFrame = {
  /** Of the moving link that it moves with. */
  index: number;
  /** Matrix from its axes to those. */
  rotation: Mat3;
  /** Of its origin in that frame [m]. */
  position: Vec3;
};
const worldFrame: LinkFrame = { index: -1, rotation: identity3, position: zero3 };

/**
 * A model with its defaults filled in and its fixed joints merged.
 * @param model as written, read from a file or given by hand
 * @throws InputError that names link and field where it makes no sense
 */
export function buildTree(model: Model): KinematicTree {
  checkModel(model);
  checkRenewals(model);
  const { links, frames } = movingLinks(model);
  addContacts(links, model, frames);
  addMotors(links, model);
  checkMasses(links);
  const muscles = model.actuators.flatMap((actuator, action) =>
    isMuscle(actuator) ? segments(actuator, action, frames) : [],
  );
  const up: Point = model.up === "y" ? [0, 1, 0] : [0, 0, 1];
  return { model, links, muscles, ...sizeOf(links), up, frames };
}

type Growing = { -readonly [K in keyof TreeLink]: TreeLink[K] };

/** The links that move, with what is fixed to them, and where every link of the model is. */
function movingLinks(model: Model): { links: Growing[]; frames: Map<string, LinkFrame> } {
  const frames = new Map<string, LinkFrame>();
  const links: Growing[] = [];
  for (const link of model.links) {
    checkLink(link, frames);
    const base = (link.parent !== undefined && frames.get(link.parent)) || worldFrame;
    const pose = poseIn(base, link.joint);
    const fixed = link.joint.type === "fixed";
    const frame = fixed ? { index: base.index, ...pose } : { ...worldFrame, index: links.length };
    frames.set(link.name, frame);
    const body = bodyOf(link, frame);
    if (!fixed) links.push(linkOf(link, base, pose, body, sizeOf(links)));
    else if (base.index >= 0) Object.assign(links[base.index], joined(links[base.index], body));
  }
  return { links, frames };
}

/** A joint's pose in the frame of the moving link below it. */
const poseIn = (base: LinkFrame, joint: Joint): Pick<LinkFrame, "rotation" | "position"> => ({
  rotation: product(base.rotation, matrixOf(joint.rotation ?? [0, 0, 0, 1])),
  position: cleanPoint(plus(base.position, apply3(base.rotation, joint.position ?? zero3))),
});

const linkOf = (
  { name, joint }: Link,
  { index: parent }: LinkFrame,
  pose: Pick<LinkFrame, "rotation" | "position">,
  body: RigidBody,
  { nq: q, nqd: qd }: Pick<KinematicTree, "nq" | "nqd">,
): Growing => ({
  name,
  parent,
  joint: { ...jointDefaults, ...joint, ...pose },
  q,
  qd,
  ...body,
  contacts: [],
  motors: [],
});

/** Coordinates and velocities of links. */
const sizeOf = (links: readonly TreeLink[]): Pick<KinematicTree, "nq" | "nqd"> => {
  const sum = (k: 0 | 1): number => links.reduce((total, { joint }) => total + jointSizes[joint.type][k], 0);
  return { nq: sum(0), nqd: sum(1) };
};

/** Points of the world's touch nothing that moves. */
function addContacts(links: Growing[], { contacts, materials }: Model, frames: ReadonlyMap<string, LinkFrame>): void {
  const known = new Map(Object.entries(materials));
  for (const { link, position, radius, material } of contacts) {
    const at = attachment("contacts", link, position, frames);
    const contact = { position: at.position, radius, material: lookup("materials", material, known) };
    if (at.link >= 0) links[at.link].contacts = [...links[at.link].contacts, contact];
  }
}

function addMotors(links: Growing[], { actuators }: Model): void {
  const named = new Map(links.map((link) => [link.name, link]));
  actuators.forEach((actuator, action) => {
    if (isMuscle(actuator) || isControl(actuator)) return;
    const { link: name, strength } = actuator;
    const link = lookup("actuators", name, named);
    if (link.joint.type !== "slide" && link.joint.type !== "hinge")
      throw new InputError(`actuators: "${name}" moves by a ${link.joint.type} joint; allowed: slide, hinge.`);
    link.motors = [...link.motors, { action, strength }];
  });
}

const jointDefaults = {
  axis: [0, 0, 0] as Point,
  armature: 0,
  damping: 0,
  stiffness: 0,
  target: 0,
  frictionloss: 0,
};

/** Where a point of a link of the model is. */
function attachment(field: string, link: string, position: Point, frames: ReadonlyMap<string, LinkFrame>): Attachment {
  const frame = lookup(field, link, frames);
  return { link: frame.index, position: cleanPoint(plus(frame.position, apply3(frame.rotation, position))) };
}

/** What a muscle pulls together. */
function segments({ name, strength, path }: Muscle, action: number, frames: ReadonlyMap<string, LinkFrame>) {
  const points = path.map(({ link, position }) => attachment(`path of muscle "${name}"`, link, position, frames));
  const pairs = points.slice(1).map((to, k) => ({ action, strength, from: points[k], to }));
  return pairs.filter(({ from, to }) => from.link !== to.link);
}
