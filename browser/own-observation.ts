/** What is observed of any robot: joints, and of a root that moves what does not depend on where it is along its course. */
import type { Scalar } from "@dmo-lab/physics/expression";
import type { SymbolicState } from "@dmo-lab/physics/routines";
import type { TreeLink } from "@dmo-lab/physics/tree";
import { cross, plus, type Quat, rotation, type Vec3 } from "@dmo-lab/physics/vector";

/** What a component is to the reward. */
export type Role = "pose" | "lean" | "upright" | "height" | "speed";

/** A number of the observation: `scale` times what it is in SI. */
export type Component = {
  readonly name: string;
  readonly unit: string;
  readonly scale: number;
  readonly role?: Role;
  of(state: SymbolicState): Scalar;
};

/** Rates are observed in tens. */
const RATE = { unit: "10 rad/s", scale: 0.1 };
const METRE = { unit: "m", scale: 1 };
const SPEED = { unit: "m/s", scale: 1 };
const NONE = { unit: "1", scale: 1 };

/** The components of links, of which the first slides from the world on, and the joint after them, are the root. */
export function componentsOf(links: readonly TreeLink[]): Component[] {
  const slides = links.findIndex(({ joint, parent }, i) => joint.type !== "slide" || parent !== i - 1);
  return links.flatMap((link, i) => {
    if (link.joint.type === "free") return ofFree(link);
    if (link.joint.type === "ball") return ofBall(link);
    return ofAxis(link, i < slides, i === slides && slides > 0);
  });
}

/** A slide or a hinge. What has limits has a pose; a root that slides freely along x or y has a speed in place of a position. */
function ofAxis({ name, joint, q, qd }: TreeLink, slidesRoot: boolean, turnsRoot: boolean): Component[] {
  const slide = joint.type === "slide";
  const [x, , z] = joint.axis as readonly number[];
  const course = slidesRoot && !joint.limits && Math.abs(z) < 0.5;
  const role = turnsRoot ? "lean" : joint.limits ? "pose" : undefined;
  const position = { name: `${name}: position`, ...(slide ? METRE : { unit: "rad", scale: 1 }), role } as const;
  const rate = { name: `${name}: rate`, ...(slide ? SPEED : RATE) };
  const forward = course && x > 0.5;
  return [
    ...(course ? [] : [{ ...position, of: (state: SymbolicState) => state.q[q] }]),
    { ...rate, ...(forward ? { role: "speed" } : {}), of: (state) => state.qd[qd] },
  ];
}

function ofFree({ name, q, qd }: TreeLink): Component[] {
  const quaternion = (state: SymbolicState) => state.q.slice(q + 3, q + 7) as unknown as Quat;
  const [angular, linear] = [0, 3].map(
    (at) => (state: SymbolicState) => state.qd.slice(qd + at, qd + at + 3) as unknown as Vec3,
  );
  const place = (state: SymbolicState) => state.q.slice(q, q + 3) as unknown as Vec3;
  const velocity = (state: SymbolicState) => plus(linear(state), cross(angular(state), place(state)));
  return [
    { name: `${name}: height`, ...METRE, role: "height", of: (state) => state.q[q + 2] },
    { name: `${name}: upright`, ...NONE, role: "upright", of: (state) => rotation(quaternion(state))[2][2] },
    ...["x", "y", "z", "w"].map((axis, i) => ({
      ...{ name: `${name}: quaternion ${axis}`, ...NONE },
      of: (state: SymbolicState) => state.q[q + 3 + i],
    })),
    ...["forward", "left", "up"].map((way, i) => ({
      ...{ name: `${name}: velocity ${way}`, ...SPEED, ...(i === 0 ? { role: "speed" as const } : {}) },
      of: (state: SymbolicState) => velocity(state)[i],
    })),
    ...["x", "y", "z"].map((axis, i) => ({
      ...{ name: `${name}: turning about ${axis}`, ...RATE },
      of: (state: SymbolicState) => angular(state)[i],
    })),
  ];
}

const ofBall = ({ name, q, qd }: TreeLink): Component[] => [
  ...["x", "y", "z", "w"].map((axis, i) => ({
    ...{ name: `${name}: quaternion ${axis}`, ...NONE },
    of: (state: SymbolicState) => state.q[q + i],
  })),
  ...["x", "y", "z"].map((axis, i) => ({
    ...{ name: `${name}: turning about ${axis}`, ...RATE },
    of: (state: SymbolicState) => state.qd[qd + i],
  })),
];
