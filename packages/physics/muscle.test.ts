import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageFile } from "../../lib/project.js";
import type { Scalar } from "./expression.js";
import { generalizedForces, integrate } from "./dynamics.js";
import { poses, world } from "./kinematics.js";
import { type Link, type Model, type Muscle } from "./model.js";
import { buildTree } from "./tree.js";
import { apply3, plus } from "./vector.js";

const { model: creature, state }: { model: Model; state: { q: number[]; qd: number[] } } = JSON.parse(
  readFileSync(packageFile("data/reference/creature.json"), "utf8"),
);
const ceiling: Link = { name: "ceiling", joint: { type: "fixed", position: [0.3, 0, 3] } };
const [first, ...others] = creature.links.map((link) => link.name);
/** From the world over every link, one of them twice. */
const muscle: Muscle = {
  name: "string",
  strength: 70,
  path: [ceiling.name, first, first, ...others].map((link, i) => ({ link, position: [0.1 * i, 0.2, -0.05 * i] })),
};
const tree = buildTree({ ...creature, links: [ceiling, ...creature.links], actuators: [muscle] });

/** Length of the string between different moving links. */
function length(q: readonly number[]): number {
  const at = poses(tree, q);
  const points = muscle.path.map(({ link, position }) => {
    const frame = tree.frames.get(link)!;
    const pose = at[frame.index] ?? world;
    const inLink = plus(frame.position, apply3(frame.rotation, position));
    const inWorld = plus(plus(pose.anchor, pose.position), apply3(pose.rotation, inLink));
    return { link: frame.index, at: inWorld as readonly Scalar[] as number[] };
  });
  return points.slice(1).reduce((sum, b, i) => {
    const a = points[i];
    return a.link === b.link ? sum : sum + Math.hypot(...b.at.map((x, k) => x - a.at[k]));
  }, 0);
}

test("generalised forces are minus the tension times the derivative of the string's length", () => {
  const forces = (action: number) => generalizedForces(tree, state.q, state.qd, [action]) as number[];
  const slack = forces(-1);
  const h = 1e-5;
  for (const [action, tension] of [
    [-1, 0],
    [0.2, 42],
    [1, 70],
    [3, 70],
  ]) {
    const pull = forces(action).map((x, i) => x - slack[i]);
    pull.forEach((force, i) => {
      const moved = (dt: number) => {
        const direction = state.qd.map((_, k) => (k === i ? 1 : 0));
        return length(integrate(tree, state.q, direction, dt) as number[]);
      };
      expect(force).toBeCloseTo((-tension * (moved(h) - moved(-h))) / (2 * h), 6);
    });
  }
  expect(tree.muscles).toHaveLength(4); // none within the torso, nor from the shoulder to the plate fixed to it
});
