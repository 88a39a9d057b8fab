/** A push: what it changes of a robot's velocities. */
import type { KinematicTree } from "@dmo-lab/physics/tree";
import { apply3, dot, identity3, product, type Vec3 } from "@dmo-lab/physics/vector";

/** Velocities `[nqd]` of a robot whose base, and all that hangs on it, is suddenly faster by `change`, in the world [m/s]. */
export function pushed({ links }: KinematicTree, qd: ArrayLike<number>, change: Vec3): number[] {
  const next = Array.from(qd);
  let [base, axes] = [-1, identity3];
  for (const [index, { parent, joint, qd: at }] of links.entries()) {
    if (parent !== base) continue;
    axes = product(axes, joint.rotation);
    if (joint.type === "free") change.forEach((speed, axis) => (next[at + 3 + axis] += Number(speed)));
    if (joint.type !== "slide") break;
    next[at] += dot(apply3(axes, joint.axis as Vec3), change) as number;
    base = index;
  }
  return next;
}
