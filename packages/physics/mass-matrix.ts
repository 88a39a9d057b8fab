/** The mass matrix M(q) of a tree, and the solution of M x = b. */
import { type Scalar, add, div, mul, sub } from "./expression.js";
import { type Pose, type Twist, poses, twists } from "./kinematics.js";
import type { KinematicTree, TreeLink } from "./tree.js";
import { type Mat3, type Vec3, apply3, cross, dot, plus, product, scale, transpose } from "./vector.js";

type Matrix = Scalar[][];

/** A rigid body's inertia about the anchor: mass [kg], mass times centre [kg m], rotational inertia [kg m^2]. */
type Inertia = { mass: Scalar; moment: Vec3; rotational: Mat3 };

const addInertia = (a: Inertia, b: Inertia): Inertia => ({
  mass: add(a.mass, b.mass),
  moment: plus(a.moment, b.moment),
  rotational: a.rotational.map((row, i) => plus(row, b.rotational[i])) as unknown as Mat3,
});

function inertiaOf({ mass, com, inertia }: TreeLink, { rotation, position }: Pose): Inertia {
  const turned = product(product(rotation, inertia), transpose(rotation));
  const centre = plus(position, apply3(rotation, com));
  const square = dot(centre, centre);
  const parallel = (i: number, j: number) => sub(i === j ? square : 0, mul(centre[i], centre[j]));
  const rotational = turned.map((row, i) => row.map((x, j) => add(x, mul(mass, parallel(i, j)))));
  return { mass, moment: scale(mass, centre), rotational: rotational as unknown as Mat3 };
}

/**
 * The mass matrix at coordinates q `[nq]`, with armature, as rows of its lower triangle: row i has i + 1 entries. By the
 * composite-rigid-body algorithm (Featherstone, Rigid Body Dynamics Algorithms, 2008, chapter 6).
 */
export function massMatrix(tree: KinematicTree, q: readonly Scalar[]): Matrix {
  const at = poses(tree, q);
  const composite = tree.links.map((link, i) => inertiaOf(link, at[i]));
  const matrix: Matrix = Array.from({ length: tree.nqd }, (_, i) => Array<Scalar>(i + 1).fill(0));
  for (let i = tree.links.length - 1; i >= 0; i--) {
    const { parent, joint } = tree.links[i];
    if (parent >= 0) composite[parent] = addInertia(composite[parent], composite[i]);
    const { mass, moment, rotational } = composite[i];
    twists(tree.links[i], at[i]).forEach((twist, k) => {
      const row = tree.links[i].qd + k;
      const momentum: Twist = {
        angular: plus(apply3(rotational, twist.angular), cross(moment, twist.linear)),
        linear: plus(scale(mass, twist.linear), cross(twist.angular, moment)),
      };
      for (let j = i; j >= 0; j = tree.links[j].parent)
        twists(tree.links[j], at[j]).forEach((other, l) => {
          const column = tree.links[j].qd + l;
          if (column > row) return;
          const entry = add(dot(other.angular, momentum.angular), dot(other.linear, momentum.linear));
          matrix[row][column] = row === column ? add(entry, joint.armature) : entry;
        });
    });
  }
  return matrix;
}

/** The factors of a mass matrix L^T D L: `lower` is L without its unit diagonal, `inverse` is 1/D. Leaves come first, so L is as sparse as the tree. */
type Factor = { lower: Matrix; inverse: Scalar[] };

/** Factors a mass matrix, given as rows of its lower triangle. */
export function factorize(matrix: Matrix): Factor {
  const m = matrix.map((row) => [...row]);
  const inverse: Scalar[] = [];
  for (let k = m.length - 1; k >= 0; k--) {
    inverse[k] = div(1, m[k][k]);
    const row = m[k].slice(0, k).map((x) => mul(x, inverse[k]));
    row.forEach((a, i) => {
      for (let j = 0; j <= i; j++) m[i][j] = sub(m[i][j], mul(a, m[k][j]));
    });
    m[k] = row;
  }
  return { lower: m, inverse };
}

/** The solution x `[nqd]` of M x = b. */
export function solve({ lower, inverse }: Factor, b: readonly Scalar[]): Scalar[] {
  const x = [...b];
  for (let k = x.length - 1; k >= 0; k--) lower[k].forEach((l, j) => (x[j] = sub(x[j], mul(l, x[k]))));
  for (let k = 0; k < x.length; k++) x[k] = sub(mul(x[k], inverse[k]), dot(lower[k], x));
  return x;
}
