/** Muscles as strings through points of links, which pull these together. */
import { type Scalar, add, clip, div, mul, sqrt } from "./expression.js";
import { type Pose, world } from "./kinematics.js";
import type { Attachment, KinematicTree } from "./tree.js";
import { type Vec3, apply3, dot, minus, plus, scale } from "./vector.js";

/** A force on a link, at `arm` from its origin. */
export type PointForce = { link: number; arm: Vec3; force: Vec3 };

/** Forces of all muscles on the moving links: along each segment, tension = strength * (clip(action, -1, 1) + 1) / 2. */
export function muscleForces({ muscles }: KinematicTree, at: readonly Pose[], action: readonly Scalar[]): PointForce[] {
  return muscles.flatMap(({ action: component, strength, from, to }) => {
    const [start, end] = [locate(from, at), locate(to, at)];
    const apart = plus(minus(end.anchor, start.anchor), minus(end.position, start.position));
    const tension = mul(strength / 2, add(clip(action[component], -1, 1), 1));
    const force = scale(div(tension, sqrt(dot(apart, apart))), apart);
    const pulls = [
      { link: from.link, arm: start.arm, force },
      { link: to.link, arm: end.arm, force: scale(-1, force) },
    ];
    return pulls.filter(({ link }) => link >= 0);
  });
}

/** A point in the world (anchor + position), and from its link's origin. */
function locate({ link, position }: Attachment, at: readonly Pose[]) {
  const pose = at[link] ?? world;
  const arm = apply3(pose.rotation, position);
  return { anchor: pose.anchor, position: plus(pose.position, arm), arm };
}
