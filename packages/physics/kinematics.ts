/** Where the links of a tree are and how they move. Vectors have world axes. */
import { type Scalar, sum } from "./expression.js";
import type { KinematicTree, TreeLink } from "./tree.js";
import {
  type Mat3,
  type Quat,
  type Vec3,
  apply3,
  cross,
  identity3,
  plus,
  product,
  rotation,
  rotationAbout,
  scale,
  transpose,
  zero3,
} from "./vector.js";

/** Where a link is: the rotation into the world's axes, and its origin [m]. */
export interface Pose {
  readonly rotation: Mat3;
  /**
   * Origin = anchor + position. The anchor collects the slides from the world on; what turns is measured from there, so
   * that precision does not depend on how far a robot has travelled.
   */
  readonly anchor: Vec3;
  readonly position: Vec3;
  /** From the parent's origin to this one's. */
  readonly offset: Vec3;
  /** Axes of the joint: one for slide and hinge, the three of the joint's frame for ball, none for free. */
  readonly axes: readonly Vec3[];
}

/** The pose of what is fixed to the world. */
export const world: Pose = { rotation: identity3, anchor: zero3, position: zero3, offset: zero3, axes: [] };

/** The poses of all moving links at coordinates q `[nq]`, in the order of `tree.links`. */
export function poses(tree: KinematicTree, q: readonly Scalar[]): Pose[] {
  const result: Pose[] = [];
  for (const link of tree.links) result.push(pose(tree, link, result, q));
  return result;
}

function pose(
  tree: KinematicTree,
  { joint, parent, q: at }: TreeLink,
  done: readonly Pose[],
  q: readonly Scalar[],
): Pose {
  const base = done[parent] ?? world;
  const frame = product(base.rotation, joint.rotation);
  const arm = apply3(base.rotation, joint.position);
  const { anchor } = base;
  if (joint.type === "free") {
    const position = [q[at], q[at + 1], q[at + 2]] as const;
    return {
      rotation: rotation(q.slice(at + 3, at + 7) as unknown as Quat),
      anchor,
      position,
      offset: position,
      axes: [],
    };
  }
  if (joint.type === "ball") {
    const turn = rotation(q.slice(at, at + 4) as unknown as Quat);
    const position = plus(base.position, arm);
    return { rotation: product(frame, turn), anchor, position, offset: arm, axes: transpose(frame) };
  }
  const axis = apply3(frame, joint.axis);
  if (joint.type === "hinge") {
    const turned = product(frame, rotationAbout(joint.axis, q[at]));
    return { rotation: turned, anchor, position: plus(base.position, arm), offset: arm, axes: [axis] };
  }
  const offset = plus(arm, scale(q[at], axis));
  const slides = (i: number): boolean =>
    i < 0 || (tree.links[i].joint.type === "slide" && slides(tree.links[i].parent));
  const moved = slides(parent)
    ? { anchor: plus(anchor, offset), position: zero3 }
    : { anchor, position: plus(base.position, offset) };
  return { rotation: frame, ...moved, offset, axes: [axis] };
}

/** How a link moves: angular velocity [rad/s], velocity of its origin [m/s], and their rates of change where qdd = 0. */
export interface Motion {
  readonly angular: Vec3;
  readonly linear: Vec3;
  readonly angularRate: Vec3;
  readonly linearRate: Vec3;
}

/** The motions of all moving links at velocities qd `[nqd]`; the world accelerates by `-gravity`, which stands for the weight. */
export function motions(tree: KinematicTree, at: readonly Pose[], qd: readonly Scalar[]): Motion[] {
  const rest = { angular: zero3, linear: zero3, angularRate: zero3, linearRate: scale(-1, tree.model.gravity) };
  const result: Motion[] = [];
  tree.links.forEach((link, i) => result.push(motion(link, at[i], result[link.parent] ?? rest, qd)));
  return result;
}

function motion({ joint, qd: first }: TreeLink, at: Pose, base: Motion, qd: readonly Scalar[]): Motion {
  if (joint.type === "free") {
    // The velocity is a twist at the origin, whose rate is 0: the link's own origin is a moving point of it.
    const angular = [qd[first], qd[first + 1], qd[first + 2]] as const;
    const linear = plus([qd[first + 3], qd[first + 4], qd[first + 5]], cross(angular, at.position));
    return { angular, linear, angularRate: zero3, linearRate: plus(base.linearRate, cross(angular, linear)) };
  }
  const swing = cross(base.angular, at.offset);
  const carried = plus(base.linearRate, plus(cross(base.angularRate, at.offset), cross(base.angular, swing)));
  const own = at.axes.map((axis, k) => scale(qd[first + k], axis)).reduce(plus);
  const coriolis = cross(base.angular, own);
  if (joint.type === "slide") {
    const linear = plus(plus(base.linear, swing), own);
    return { ...base, linear, linearRate: plus(carried, scale(2, coriolis)) };
  }
  return {
    angular: plus(base.angular, own),
    linear: plus(base.linear, swing),
    angularRate: plus(base.angularRate, coriolis),
    linearRate: carried,
  };
}

/** Joint motion of a degree of freedom as a twist at the anchor: angular and linear part per unit of qd. */
export interface Twist {
  readonly angular: Vec3;
  readonly linear: Vec3;
}

/** The twists of the degrees of freedom of a link's joint, in the order of qd. */
export function twists({ joint }: TreeLink, { axes, position }: Pose): Twist[] {
  if (joint.type === "free")
    return [
      ...identity3.map((axis) => ({ angular: axis, linear: zero3 })),
      ...identity3.map((axis) => ({ angular: zero3, linear: axis })),
    ];
  if (joint.type === "slide") return [{ angular: zero3, linear: axes[0] }];
  return axes.map((axis) => ({ angular: axis, linear: cross(position, axis) }));
}

/** The velocity [m/s] of a point that is fixed to a link, at `arm` [m] from its origin. */
export const pointVelocity = ({ angular, linear }: Motion, arm: Vec3): Vec3 => plus(linear, cross(angular, arm));

/** The height [m] over the ground of a point at `arm` [m] from a link's origin. */
export function height({ up }: KinematicTree, { anchor, position }: Pose, arm: Vec3): Scalar {
  const axis = up.indexOf(1);
  return sum([anchor[axis], position[axis], arm[axis]]);
}
