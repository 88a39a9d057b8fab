/** What a task's observation tells of its robot's velocities and heading, looked up at its start. */
import { type ChangeUnits, type Scalars, originVelocities, outOfOwnAxes, twistVelocities } from "./kinematic-step.js";
import { type Scalar, add } from "./expression.js";
import type { Model } from "./model.js";
import type { SymbolicState } from "./routines.js";
import type { KinematicTree, TreeLink } from "./tree.js";
import { type Quat, apply3, quatProduct, rotation, scale } from "./vector.js";

/** A task, as far as its observation goes. */
export type Observable = {
  /** The robot. */
  readonly model: Model;
  /** Numbers of an environment's context. */
  readonly contextSize: number;
  /** Numbers that its sensors read. */
  readonly sensorSize: number;
  /** The last numbers of a context are these components of the observation before; absent: none. */
  readonly memory?: readonly number[];
  /** The observation of a symbolic state. */
  observe(state: SymbolicState): Scalar[];
  /** The deterministic start, where velocities and heading are looked for. */
  start(): { q: readonly number[]; qd: readonly number[]; context?: readonly number[] };
};

/** Differences of an observation below this are rounding. */
const NOTHING = 1e-6;
/** A velocity that changes every component by less than this is not shown. */
const HIDDEN = 1e-3;

/** Units in which a model that sees the observation can predict a change. */
export function changeUnits(task: Observable, tree: KinematicTree): ChangeUnits {
  const free = tree.links.filter(({ joint }) => joint.type === "free");
  const ownAxes = new Set(free.filter((link) => !tellsHeading(task, tree, link)));
  return { ownAxes, perVelocity: shownVelocities(task, tree, ownAxes) };
}

/** Whether the observation changes when a body is turned about the vertical with its velocity. */
function tellsHeading(task: Observable, tree: KinematicTree, { q: first, qd: rate }: TreeLink): boolean {
  const { q, qd } = task.start();
  const u = qd.map((x, i) => (i >= rate && i < rate + 6 ? 1 + i - rate : x));
  const turn: Quat = [...scale(Math.sin(0.5), tree.up), Math.cos(0.5)];
  const turnedQ = replaced(q, first + 3, quatProduct(turn, q.slice(first + 3, first + 7) as unknown as Quat));
  const turnedU = [rate, rate + 3].reduce<Scalars>((u, k) => replaced(u, k, apply3(rotation(turn), [u[k], u[k + 1], u[k + 2]])), u); // prettier-ignore
  return difference(observed(task, tree, q, u), observed(task, tree, turnedQ, turnedU)) > NOTHING;
}

/** The most that a component of the observation changes with each velocity; 1 where none does. */
function shownVelocities(task: Observable, tree: KinematicTree, ownAxes: ChangeUnits["ownAxes"]): number[] {
  const { q, qd } = task.start();
  const u = originVelocities(tree, q, qd);
  const seen = observed(task, tree, q, u);
  return qd.map((_, j) => {
    const one = outOfOwnAxes(tree, { ownAxes }, q, u.map((_, i) => Number(i === j))); // prettier-ignore
    const most = difference(seen, observed(task, tree, q, u.map((x, i) => add(x, one[i])))); // prettier-ignore
    return most > HIDDEN ? most : 1;
  });
}

/** The observation of numbers, of action and sensors 0. */
function observed(
  { model, sensorSize, observe, start }: Observable,
  tree: KinematicTree,
  q: Scalars,
  u: Scalars,
): number[] {
  const [action, sensors] = [model.actuators.length, sensorSize].map((n) => Array<number>(n).fill(0));
  const { context = [] } = start();
  return observe({ q, qd: twistVelocities(tree, q, u), action, context, sensors }) as number[];
}

const difference = (a: number[], b: number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

const replaced = (values: Scalars, first: number, by: Scalars): Scalars => values.map((x, i) => by[i - first] ?? x);
