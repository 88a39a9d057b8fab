/**
 * A control step as kinematics know it, over expressions or numbers. Velocities u are qd with, for a free body, the velocity
 * of its own origin in place of its twist's; a displacement is what a velocity makes of a time.
 */
import { turned } from "./dynamics.js";
import { type Scalar, add, div, mul, sub } from "./expression.js";
import { jointSizes } from "./model.js";
import type { KinematicTree, TreeLink } from "./tree.js";
import {
  type Mat3,
  type Quat,
  type Vec3,
  apply3,
  cross,
  minus,
  plus,
  quatProduct,
  rotation,
  scale,
  transpose,
} from "./vector.js";

export type Scalars = readonly Scalar[];

/** How the parts of a change are measured. */
export type ChangeUnits = {
  /** Of every velocity: numbers of f for 1 of u. */
  readonly perVelocity: readonly number[];
  /** Free bodies whose f and r have the body's own axes, not the world's. */
  readonly ownAxes: ReadonlySet<TreeLink>;
};

/** The change (f, r) of a step, and where one leads; `integrationSteps` as in `engine.ts`. */
export function kinematicStep(tree: KinematicTree, integrationSteps: number, units: ChangeUnits) {
  const late = (integrationSteps + 1) / (2 * integrationSteps);
  const dt = tree.model.timeStep;
  /** The displacement at constant acceleration from u to u2. */
  const travel = (u: Scalars, u2: Scalars) => plusAll(u.map((x) => mul(dt * (1 - late), x)), u2.map((x) => mul(dt * late, x))); // prettier-ignore
  const perVelocity = (f: Scalars, power: 1 | -1) => f.map((x, i) => mul(x, units.perVelocity[i] ** power));
  return {
    change: (q: Scalars, qd: Scalars, q2: Scalars, qd2: Scalars): { f: Scalar[]; r: Scalar[] } => {
      const [u, u2] = [originVelocities(tree, q, qd), originVelocities(tree, q2, qd2)];
      const way = tree.links.flatMap((link) => displacement(link, q, q2));
      const f = intoOwnAxes(tree, units, q, minusAll(u2, u));
      return { f: perVelocity(f, 1), r: intoOwnAxes(tree, units, q, minusAll(way, travel(u, u2))) };
    },
    next: (q: Scalars, qd: Scalars, f: Scalars, r: Scalars): { q: Scalar[]; qd: Scalar[] } => {
      const u = originVelocities(tree, q, qd);
      const u2 = plusAll(u, outOfOwnAxes(tree, units, q, perVelocity(f, -1)));
      const way = plusAll(travel(u, u2), outOfOwnAxes(tree, units, q, r));
      const q2 = tree.links.flatMap((link) => moved(link, q, way));
      return { q: q2, qd: twistVelocities(tree, q2, u2) };
    },
  };
}

const plusAll = (a: Scalars, b: Scalars): Scalar[] => a.map((x, i) => add(x, b[i]));
const minusAll = (a: Scalars, b: Scalars): Scalar[] => a.map((x, i) => sub(x, b[i]));
const at = (values: Scalars, first: number): Vec3 => [values[first], values[first + 1], values[first + 2]];
const quatAt = (values: Scalars, first: number): Quat => [...at(values, first), values[first + 3]];

/** Numbers of all velocities, where those of free bodies, two vectors, are what `make` gives. */
function eachFree(
  tree: KinematicTree,
  values: Scalars,
  make: (link: TreeLink, angular: Vec3, linear: Vec3) => readonly [Vec3, Vec3],
): Scalar[] {
  return tree.links.flatMap((link) =>
    link.joint.type === "free"
      ? make(link, at(values, link.qd), at(values, link.qd + 3)).flat()
      : values.slice(link.qd, link.qd + jointSizes[link.joint.type][1]),
  );
}

/** u of qd: the origin p of a free body moves with v + w x p. */
export const originVelocities = (tree: KinematicTree, q: Scalars, qd: Scalars): Scalar[] =>
  eachFree(tree, qd, (link, w, v) => [w, plus(v, cross(w, at(q, link.q)))]);

/** qd of u. */
export const twistVelocities = (tree: KinematicTree, q: Scalars, u: Scalars): Scalar[] =>
  eachFree(tree, u, (link, w, v) => [w, minus(v, cross(w, at(q, link.q)))]);

const intoOwnAxes = (tree: KinematicTree, units: ChangeUnits, q: Scalars, values: Scalars): Scalar[] =>
  inOtherAxes(tree, units, q, values, transpose);

/** f or r as they change velocities or displacements. */
export const outOfOwnAxes = (
  tree: KinematicTree,
  units: Pick<ChangeUnits, "ownAxes">,
  q: Scalars,
  values: Scalars,
): Scalar[] => inOtherAxes(tree, units, q, values, (axes) => axes);

function inOtherAxes(
  tree: KinematicTree,
  { ownAxes }: Pick<ChangeUnits, "ownAxes">,
  q: Scalars,
  values: Scalars,
  matrix: (axes: Mat3) => Mat3,
): Scalar[] {
  return eachFree(tree, values, (link, w, v) => {
    if (!ownAxes.has(link)) return [w, v];
    const axes = matrix(rotation(quatAt(q, link.q + 3)));
    return [apply3(axes, w), apply3(axes, v)];
  });
}

/** Coordinates of a link's joint after a displacement. */
function moved({ joint, q: first, qd }: TreeLink, q: Scalars, way: Scalars): Scalar[] {
  if (joint.type === "free")
    return [...plus(at(q, first), at(way, qd + 3)), ...turned(quatAt(q, first + 3), at(way, qd), 1)];
  if (joint.type === "ball") return turned(quatAt(q, first), at(way, qd), 1);
  return [add(q[first], way[qd])];
}

/** The displacement that {@link moved} takes from q to q2. */
function displacement({ joint, q: first }: TreeLink, q: Scalars, q2: Scalars): Scalar[] {
  if (joint.type === "free")
    return [...turnBetween(quatAt(q, first + 3), quatAt(q2, first + 3)), ...minus(at(q2, first), at(q, first))];
  if (joint.type === "ball") return turnBetween(quatAt(q, first), quatAt(q2, first));
  return [sub(q2[first], q[first])];
}

/** The rotation vector 2 v / s of b a^-1 = (v, s). */
function turnBetween(a: Quat, b: Quat): Scalar[] {
  const [x, y, z, s] = quatProduct(b, [...scale(-1, at(a, 0)), a[3]]);
  return [x, y, z].map((v) => div(mul(2, v), s));
}
