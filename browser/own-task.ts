/** The task that the page gives a robot of the visitor's: keep the pose of its file and, where it can, drive along x at 1 m/s. */
import { mul } from "@dmo-lab/physics/expression";
import type { Model } from "@dmo-lab/physics/model";
import { buildTree, type TreeLink } from "@dmo-lab/physics/tree";
import { tf } from "@dmo-lab/jit/tf";
import { defineTask } from "../lib/tasks/define-task.js";
import { sumOfSquares, type RewardTerm, type Task, uniforms } from "../lib/tasks/task.js";
import { OWN } from "./experiment.js";
import { componentsOf, type Component, type Role } from "./own-observation.js";

/** The robot of a file, and how high its freely moving root is there [m]. */
export type OwnRobot = { readonly model: Model; readonly height: number };

const SPEED = 1; // m/s
/** The root has fallen when it leans by more than this [rad]. */
const FALLEN = 1;

/** @throws InputError for a robot that the differentiable engine does not have */
export function ownTask({ model, height }: OwnRobot): Task {
  const { links, nqd } = buildTree(model);
  const components = componentsOf(links);
  const rest = links.flatMap((link) => restOf(link, height));
  const loose = links.flatMap(({ joint: { type } }) => {
    return type === "free" || type === "ball" ? Array<number>(type === "free" ? 7 : 4).fill(0) : [1];
  });
  return defineTask({
    name: OWN,
    model,
    episodeLength: 300,
    observation: components.map(({ name, unit }) => ({ name, unit, size: 1 })),
    observe: (state) => components.map(({ of, scale }) => mul(scale, of(state))),
    rewardTerms: rewardOf(components, height),
    ends: endsOf(components),
    start: () => ({ q: [...rest], qd: Array<number>(nqd).fill(0) }),
    reset: (random) => {
      const noise = uniforms(random, rest.length, 0.1);
      return { q: rest.map((q, i) => q + loose[i] * noise[i]), qd: uniforms(random, nqd, 0.1) };
    },
  });
}

/** Coordinates in the file's pose. */
const restOf = ({ joint: { type } }: TreeLink, height: number): number[] =>
  ({ free: [0, 0, height, 0, 0, 0, 1], ball: [0, 0, 0, 1], slide: [0], hinge: [0], fixed: [] })[type];

/** Components of a role, [env, component]; undefined where there is none. */
function reads(components: readonly Component[], role: Role): ((obs: tf.Tensor2D) => tf.Tensor2D) | undefined {
  const indices = components.flatMap((each, i) => (each.role === role ? [i] : []));
  if (indices.length > 0)
    return (obs) =>
      tf.concat(
        indices.map((i) => tf.slice2d(obs, [0, i], [-1, 1])),
        1,
      );
  return undefined;
}

/** 1 a step for going on, less what is off: joints, the lean of the root, its height, its speed. */
function rewardOf(components: readonly Component[], height: number): { [name: string]: RewardTerm } {
  const off = (role: Role, weight: number, wanted: number): { [name: string]: RewardTerm } => {
    const read = reads(components, role);
    return read ? { [role]: { weight: -weight, term: (obs) => sumOfSquares(tf.sub(read(obs), wanted)) } } : {};
  };
  return {
    going: { weight: 1, term: (obs) => tf.ones([obs.shape[0]]) },
    ...{ ...off("pose", 1, 0), ...off("lean", 1, 0), ...off("upright", 1, 1), ...off("height", 10, height) },
    ...off("speed", 0.5, SPEED),
    action: { weight: -0.01, term: (_, { action }) => sumOfSquares(action) },
  };
}

function endsOf(components: readonly Component[]): Task["ends"] {
  const [lean, upright] = [reads(components, "lean"), reads(components, "upright")];
  if (lean) return { fallen: (obs) => tf.any(tf.greater(tf.abs(lean(obs)), FALLEN), 1) };
  if (upright) return { fallen: (obs) => tf.any(tf.less(upright(obs), Math.cos(FALLEN)), 1) };
  return undefined;
}
