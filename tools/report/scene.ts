/** What a task's robot looks like and where its bodies are, from the model and the forward kinematics of the physics. */
import type { Scalar } from "@dmo-lab/physics/expression";
import { poses } from "@dmo-lab/physics/kinematics";
import { actuatorName, isMuscle, type Link, type Meshes, type Model, type Shape } from "@dmo-lab/physics/model";
import { buildTree, type KinematicTree, type TreeLink } from "@dmo-lab/physics/tree";
import { apply3, identity3, type Mat3, plus, product, zero3 } from "@dmo-lab/physics/vector";
import { readText } from "@dmo-lab/input/json";
import type { Task } from "../../lib/tasks/task.js";
import type { DrawnMuscle, Scene, Signal } from "./recording.js";

/** The scene of a task, and functions that give a frame's poses and joint signals for coordinates q. */
export type Stage = {
  /** Bodies, shapes and signals, without what changes from frame to frame. */
  readonly scene: Scene;
  /** `[body][7]`: position and quaternion (x, y, z, w) in the world. */
  poses(q: ArrayLike<number>): number[];
  /** Of the joint signals. */
  joints(q: ArrayLike<number>): number[];
};

/**
 * What is needed to show a robot: its shapes, the signals beside it, and the poses of its links at coordinates.
 * @param task whose model and reward terms are shown @param title stands above the viewer
 */
export function stageOf(task: Task, title: string = task.name): Stage {
  const { model } = task;
  const tree = buildTree(model);
  const shapes = model.shapes?.length ? model.shapes : model.links.map(ball);
  const strings = model.actuators.flatMap((each) => (isMuscle(each) ? each.path : []));
  const bodies = [...new Set([...shapes, ...strings].map(({ link }) => link))];
  const fixed = [...bodies.keys()].filter((body) => tree.frames.get(bodies[body])!.index < 0);
  const joints = tree.links.flatMap(jointSignals);
  const focus = bodies.findIndex((_, body) => !fixed.includes(body));
  const told = [...joints.map(({ signal }) => signal), ...actionSignals(model), ...rewardSignals(task)];
  const scene: Scene = {
    title,
    task: task.name,
    up: model.up,
    dt: model.timeStep,
    bodies,
    fixed,
    shapes: shapes.map((shape) => ({
      color: colorOf(model, bodies, shape.link, fixed),
      ...shape,
      body: bodies.indexOf(shape.link),
    })),
    meshes: meshesOf(model),
    muscles: musclesOf(model, bodies, joints.length),
    focus: Math.max(0, focus),
    signals: [...told, ...measureSignals(task, told.length)],
  };
  return {
    scene,
    poses: (q) => posesOf(tree, bodies, Array.from(q)),
    joints: (q) => joints.map(({ of }) => of(q)),
  };
}

const meshesOf = ({ meshes = {} }: Model): Meshes =>
  typeof meshes === "string" ? (JSON.parse(readText(meshes)) as Meshes) : meshes;

/** The muscles; their signals come after those of `joints` joints. */
const musclesOf = (model: Model, bodies: readonly string[], joints: number): DrawnMuscle[] =>
  model.actuators.flatMap((each, i) => {
    if (!isMuscle(each)) return [];
    return [
      { signal: joints + i, path: each.path.map(({ link, position }) => ({ body: bodies.indexOf(link), position })) },
    ];
  });

/** What stands for a link whose looks are unknown. */
const ball = ({ name }: Link): Shape => ({ link: name, type: "sphere", radius: 0.05 });

/** Blue for what everything hangs on, then two shades of orange in turns; grey for what does not move; bones. */
const COLORS = { base: "#3d73ad", limbs: ["#d96f2e", "#ee8f45"], fixed: "#8a929c", bone: "#d8cdb8" };

function colorOf(
  { links, actuators }: Model,
  bodies: readonly string[],
  name: string,
  fixed: readonly number[],
): string {
  if (fixed.includes(bodies.indexOf(name))) return COLORS.fixed;
  if (actuators.some(isMuscle)) return COLORS.bone;
  const above = (link: string): number => {
    const { parent } = links.find((each) => each.name === link)!;
    return parent === undefined ? 0 : above(parent) + Number(isMoving(parent));
  };
  const isMoving = (link: string): boolean => bodies.includes(link) && !fixed.includes(bodies.indexOf(link));
  const depth = above(name);
  return depth === 0 ? COLORS.base : COLORS.limbs[(depth - 1) % COLORS.limbs.length];
}

function posesOf(tree: KinematicTree, bodies: readonly string[], q: readonly number[]): number[] {
  const links = poses(tree, q);
  return bodies.flatMap((name) => {
    const { index, rotation, position } = tree.frames.get(name)!;
    const base = links[index] ?? { rotation: identity3, anchor: zero3, position: zero3 };
    const origin = plus(plus(base.anchor, base.position), apply3(base.rotation, position));
    return [...origin, ...quaternionOf(product(base.rotation, rotation))] as number[];
  });
}

/** Quaternion (x, y, z, w) of a rotation matrix, from its largest component (Shepperd). */
function quaternionOf(matrix: Mat3): readonly Scalar[] {
  const m = matrix as unknown as readonly (readonly number[])[];
  const w = m[0][0] + m[1][1] + m[2][2];
  const largest = [m[0][0], m[1][1], m[2][2], w].reduce((best, x, i, all) => (x > all[best] ? i : best), 3);
  const sums = (i: number, j: number): number => m[i][j] + m[j][i];
  const differences = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]];
  const component = (i: number): number => {
    if (i === largest) return 1 + (i === 3 ? w : 2 * m[i][i] - w);
    return i === 3 ? differences[largest] : largest === 3 ? differences[i] : sums(i, largest);
  };
  const q = [0, 1, 2, 3].map(component);
  const norm = Math.hypot(...q);
  return q.map((x) => x / norm);
}

type JointSignal = { signal: Signal; of: (q: ArrayLike<number>) => number };

function jointSignals({ name, joint, q: at }: TreeLink): JointSignal[] {
  const signal = (unit: string, suffix = ""): Signal => ({ group: "joint", name: name + suffix, unit });
  if (joint.type === "free")
    return ["x", "y", "z"].map((axis, i) => ({ signal: signal("m", ` ${axis}`), of: (q) => q[at + i] }));
  if (joint.type === "ball")
    return ["x", "y", "z"].map((axis, i) => ({
      signal: signal("rad", ` ${axis}`),
      of: (q) => rotationVector([q[at], q[at + 1], q[at + 2], q[at + 3]])[i],
    }));
  const { limits } = joint;
  const range = limits && { range: [limits.lower, limits.upper] as const };
  return [{ signal: { ...signal(joint.type === "slide" ? "m" : "rad"), ...range }, of: (q) => q[at] }];
}

/** Axis times angle of a unit quaternion, the shorter way round. */
function rotationVector([x, y, z, w]: readonly number[]): number[] {
  const sine = Math.hypot(x, y, z);
  const scale = sine < 1e-9 ? 2 : (2 * Math.atan2(Math.sign(w || 1) * sine, Math.abs(w))) / sine;
  return [x * scale, y * scale, z * scale];
}

const actionSignals = (model: Model): Signal[] =>
  model.actuators.map((each) => ({ group: "action", name: actuatorName(each), unit: "", range: [-1, 1] }));

const rewardSignals = (task: Task): Signal[] =>
  ["reward", ...Object.keys(task.rewardTerms)].map((name) => ({ group: "reward", name, unit: "" }));

/** Measures, then the targets of those that have one; they come after `before` other signals. */
function measureSignals({ measures = [] }: Task, before: number): Signal[] {
  const followed = measures.filter(({ target }) => target);
  const first = before + measures.length;
  return [
    ...measures.map((measure): Signal => {
      const { name, unit } = measure;
      return { group: "measure", name, unit, ...(measure.target && { target: first + followed.indexOf(measure) }) };
    }),
    ...followed.map(({ name, unit }): Signal => ({ group: "target", name, unit })),
  ];
}
