/**
 * Articulated rigid-body dynamics in reduced coordinates, M(q) qdd = tau - bias(q, qd) + J^T f_contact, integrated by
 * semi-implicit Euler steps; written once over {@link Scalar}.
 */
import { contactForce } from "./contact.js";
import { type Scalar, add, clip, div, max, mul, neg, sqrt, sub, sum } from "./expression.js";
import { type Motion, type Pose, height, motions, pointVelocity, poses } from "./kinematics.js";
import type { KinematicTree, TreeLink } from "./tree.js";
import { muscleForces } from "./muscle.js";
import {
  type Quat,
  type Vec3,
  apply3,
  cross,
  dot,
  minus,
  plus,
  quatProduct,
  scale,
  transpose,
  zero3,
} from "./vector.js";

/** A force [N] and its moment about a link's origin [N m]. */
type Wrench = { force: Vec3; moment: Vec3 };

/**
 * The generalised forces `[nqd]` [N, N m] at coordinates q `[nq]`, velocities qd `[nqd]` and actions `[action]`, by recursive
 * Newton-Euler: weight, what the motion itself takes, contact, springs, dampers, limits, motors and muscles. The mass matrix
 * turns them into accelerations.
 */
export function generalizedForces(
  tree: KinematicTree,
  q: readonly Scalar[],
  qd: readonly Scalar[],
  action: readonly Scalar[],
): Scalar[] {
  const at = poses(tree, q);
  const moving = motions(tree, at, qd);
  const forces: Scalar[] = [];
  const wrenches = tree.links.map((link, i) => {
    const { force, moment } = inertialWrench(link, at[i], moving[i]);
    const contact = contactWrench(tree, link, at[i], moving[i]);
    return { force: minus(contact.force, force), moment: minus(contact.moment, moment) };
  });
  for (const { link, arm, force } of muscleForces(tree, at, action)) {
    const { force: f, moment } = wrenches[link];
    wrenches[link] = { force: plus(f, force), moment: plus(moment, cross(arm, force)) };
  }
  for (let i = tree.links.length - 1; i >= 0; i--) {
    const link = tree.links[i];
    const { force, moment } = wrenches[i];
    const own = jointForces(link, q, qd, action);
    projections(link, at[i], wrenches[i]).forEach((x, k) => (forces[link.qd + k] = add(x, own[k])));
    if (link.parent < 0) continue;
    const base = wrenches[link.parent];
    wrenches[link.parent] = {
      force: plus(base.force, force),
      moment: plus(base.moment, plus(moment, cross(at[i].offset, force))),
    };
  }
  return forces;
}

/** Force and moment about the link's origin that its motion takes. */
function inertialWrench({ mass, com, inertia }: TreeLink, { rotation }: Pose, motion: Motion): Wrench {
  const centre = apply3(rotation, com);
  const { angular, angularRate, linearRate } = motion;
  const acceleration = plus(linearRate, plus(cross(angularRate, centre), cross(angular, cross(angular, centre))));
  const force = scale(mass, acceleration);
  const back = transpose(rotation);
  const [spin, spinRate] = [apply3(back, angular), apply3(back, angularRate)];
  const turning = plus(apply3(inertia, spinRate), cross(spin, apply3(inertia, spin)));
  return { force, moment: plus(apply3(rotation, turning), cross(centre, force)) };
}

function contactWrench(tree: KinematicTree, { contacts }: TreeLink, pose: Pose, motion: Motion): Wrench {
  let total: Wrench = { force: zero3, moment: zero3 };
  for (const { position, radius, material } of contacts) {
    const arm = plus(apply3(pose.rotation, position), scale(-radius, tree.up));
    const force = contactForce(material, tree.up, height(tree, pose, arm), pointVelocity(motion, arm));
    total = { force: plus(total.force, force), moment: plus(total.moment, cross(arm, force)) };
  }
  return total;
}

/** What a wrench at a link does to the degrees of freedom of its joint. */
function projections({ joint }: TreeLink, { axes, position }: Pose, { force, moment }: Wrench): Scalar[] {
  if (joint.type === "free") return [...plus(moment, cross(position, force)), ...force];
  return axes.map((axis) => dot(axis, joint.type === "slide" ? force : moment));
}

/** Speed below which dry friction gives way, so that it has a derivative [rad/s], [m/s]. */
const SLOW = { hinge: 0.1, slide: 0.01 };

/** Motors, springs, dampers, dry friction and limits of a joint. */
function jointForces(link: TreeLink, q: readonly Scalar[], qd: readonly Scalar[], action: readonly Scalar[]): Scalar[] {
  const { type, stiffness, damping, target, frictionloss, limits } = link.joint;
  if (type === "free") return [0, 0, 0, 0, 0, 0];
  if (type === "ball")
    return [0, 1, 2].map((k) => neg(add(mul(stiffness, q[link.q + k]), mul(damping, qd[link.qd + k]))));
  const position = q[link.q];
  const motors = link.motors.map((motor) => mul(clip(action[motor.action], -1, 1), motor.strength));
  const beyond = limits ? sub(max(sub(limits.lower, position), 0), max(sub(position, limits.upper), 0)) : 0;
  return [
    sum([
      ...motors,
      mul(-stiffness, sub(position, target)),
      mul(-damping, qd[link.qd]),
      frictionloss === 0 ? 0 : mul(-frictionloss, smoothSign(qd[link.qd], SLOW[type as "hinge" | "slide"])),
      mul(limits?.stiffness ?? 0, beyond),
    ]),
  ];
}

/** The sign of a speed, without the jump at 0. */
const smoothSign = (speed: Scalar, slow: number): Scalar => div(speed, sqrt(add(mul(speed, speed), slow * slow)));

/** Coordinates `[nq]` after a time dt [s] from q at velocities qd `[nqd]`; quaternions come out normalised. */
export function integrate(tree: KinematicTree, q: readonly Scalar[], qd: readonly Scalar[], dt: number): Scalar[] {
  return tree.links.flatMap(({ joint, q: a, qd: d }) => {
    if (joint.type === "slide" || joint.type === "hinge") return [add(q[a], mul(dt, qd[d]))];
    const angular = [qd[d], qd[d + 1], qd[d + 2]] as const;
    if (joint.type === "ball") return turned(q.slice(a, a + 4) as unknown as Quat, angular, dt);
    const position = [q[a], q[a + 1], q[a + 2]] as const;
    const velocity = plus([qd[d + 3], qd[d + 4], qd[d + 5]], cross(angular, position));
    return [...plus(position, scale(dt, velocity)), ...turned(q.slice(a + 3, a + 7) as unknown as Quat, angular, dt)];
  });
}

/** A quaternion turned for a time dt at an angular velocity, to first order. */
export function turned(q: Quat, angular: Vec3, dt: number): Scalar[] {
  const rate = quatProduct([...angular, 0], q);
  const moved = q.map((x, i) => add(x, mul(dt / 2, rate[i])));
  const inverseNorm = div(1, sqrt(dot(moved, moved)));
  return moved.map((x) => mul(x, inverseNorm));
}
