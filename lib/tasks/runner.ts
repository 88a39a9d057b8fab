/** What free-floating robots that run towards a distant point have in common: y is up, they run along x. */
import { type Scalar, add, div, mul, neg, sqrt, sub } from "@dmo-lab/physics/expression";
import type { SymbolicState } from "@dmo-lab/physics/routines";
import { type Quat, type Vec3, apply3, cross, dot, plus, quatProduct, rotation } from "@dmo-lab/physics/vector";
import type { RandomStream } from "../tensor/random.js";
import { type ObservationRow, type State, uniforms } from "./task.js";

/** The torso's axes that point up and forward at the start, and the distance of the target along x [m]. */
export type Course = { up: Vec3; forward: Vec3; target: number };

/** The table of {@link observeRunner}: rows that describe the joints' coordinates, and how many velocities there are. */
export const runnerObservation = <const R extends ObservationRow>(coordinates: readonly R[], velocities: number) =>
  [
    { name: "height", size: 1, unit: "m" },
    { name: "torso quaternion (x, y, z, w)", size: 4, unit: "1" },
    { name: "torso velocity: forward, up, right", size: 3, unit: "m/s" },
    { name: "torso angular velocity", size: 3, unit: "rad/s" },
    ...coordinates,
    { name: "joint velocities", size: velocities, unit: "10 rad/s" },
    { name: "vertical component of the torso's up axis", size: 1, unit: "1" },
    { name: "torso's forward axis along the target's direction", size: 1, unit: "1" },
  ] as const;

/** Height, quaternion, velocities of the torso, coordinates and 0.1 times velocities of the joints, uprightness, heading. */
export function observeRunner({ q, qd }: SymbolicState, { up, forward, target }: Course): Scalar[] {
  const position: Vec3 = [q[0], q[1], q[2]];
  const quaternion = q.slice(3, 7);
  const angular: Vec3 = [qd[0], qd[1], qd[2]];
  const velocity = plus([qd[3], qd[4], qd[5]], cross(angular, position));
  const axes = rotation(quaternion as unknown as Quat);
  const [x, z] = [sub(target, q[0]), neg(q[2])];
  const distance = sqrt(add(mul(x, x), mul(z, z)));
  const heading = div(dot(apply3(axes, forward), [x, 0, z]), distance);
  const joints = [...q.slice(7), ...qd.slice(6).map((rate) => mul(0.1, rate))];
  return [q[1], ...quaternion, ...velocity, ...angular, ...joints, apply3(axes, up)[1], heading];
}

/** A start with uniform noise: position, rotation about a random axis, joint angles and all velocities, +- these. */
export function noisyStart(
  random: RandomStream,
  { q, qd }: State,
  noise: { position: number; rotation: number; joints: number; velocity: number },
): State {
  const position = uniforms(random, 3, noise.position);
  const angle = random.uniform(-noise.rotation, noise.rotation);
  const axis = uniforms(random, 3, 0.5);
  const length = Math.hypot(...axis);
  const turn = [...axis.map((x) => (Math.sin(angle / 2) * x) / length), Math.cos(angle / 2)];
  const quaternion = quatProduct(q.slice(3, 7) as unknown as Quat, turn as unknown as Quat) as readonly number[];
  const joints = uniforms(random, q.length - 7, noise.joints);
  return {
    q: [...position, ...quaternion, ...joints].map((x, i) => (i >= 3 && i < 7 ? x : q[i] + x)),
    qd: uniforms(random, qd.length, noise.velocity),
  };
}
