/** Bodies of a model's links, as numbers, and what several that are fixed to each other are together. */
import { add, mul, sub } from "./expression.js";
import type { Link, Point } from "./model.js";
import { type Mat3, type Vec3, apply3, dot, minus, plus, product, scale, transpose, zero3 } from "./vector.js";

/** Rounding noise of a rotation is removed, so that zeros and ones fold. */
export const clean = (x: number): number => (Math.abs(x - Math.round(x)) < 1e-12 ? Math.round(x) : x);

export const cleanPoint = (v: Vec3): Vec3 => (v as Point).map(clean) as unknown as Vec3;

/** Mass, centre and inertia about it, in a link's axes. */
export type RigidBody = { mass: number; com: Vec3; inertia: Mat3 };

/** The link's body in the axes of the frame's moving link. */
export function bodyOf(
  { mass = 0, com = zero3 as Point, inertia = [0, 0, 0, 0, 0, 0] }: Link,
  frame: { rotation: Mat3; position: Vec3 },
): RigidBody {
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
export function joined(a: RigidBody, b: RigidBody): RigidBody {
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
