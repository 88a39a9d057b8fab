/** What a Go2 meets: physics, pushes, noise and commands, drawn for every episode. */
import { type Quat, quatProduct } from "@dmo-lab/physics/vector";
import type { RandomStream } from "../../lib/tensor/random.js";
import { type ContextRow, type State, type TaskDefinition, uniforms } from "../../lib/tasks/task.js";

export const GAIT_FREQUENCY = 3; // Hz
const STEP = 0.02; // s
const NEW_COMMAND = { moving: 0.002, standing: 0.01 }; // chance in a step

type Range = readonly [low: number, high: number];

/** What a robot meets; ranges are drawn from for every episode. */
export interface Conditions {
  /** Coefficient of friction of whatever touches the ground. */
  readonly groundFriction: Range;
  /** At the base [kg]. */
  readonly addedMass: Range;
  /** Until an action acts, at most a control step [s]. */
  readonly latency: Range;
  /** Friction of every joint, stiction * tanh(qd / 0.1) + viscosity * qd: its first coefficient [N m]. */
  readonly stiction: Range;
  /** See `stiction` [N m s/rad]. */
  readonly viscosity: Range;
  /** Pushes give the base a horizontal velocity of at most this along either axis [m/s]. */
  readonly push: number;
  /** Mean time from push to push [s]. */
  readonly pushEvery: number;
  /** Uniform noise of the actor's angular velocity [rad/s], gravity, joint angles [rad] and velocities [rad/s], +-. */
  readonly noise: { readonly spin: number; readonly gravity: number; readonly angle: number; readonly speed: number };
  /** Of the body and the motors; absent: as the robot's description has them, and no rows of the context. */
  readonly build?: Build;
  /** Of the base at the start: its tilt in any direction [rad] and its horizontal velocity [m/s], at most; absent: 0. */
  readonly start?: { readonly tilt: number; readonly velocity: number };
}

/** How one robot differs from its description. */
export interface Build {
  /** Of the base, beside its own place, along each axis [m]. */
  readonly centreOfMass: Range;
  /** Factor of the strength of all motors. */
  readonly strength: Range;
  /** Factor of the stiffness of all motors' springs. */
  readonly stiffness: Range;
  /** Factor of their damping. */
  readonly damping: Range;
}

const still: Range = [0, 0];
const silent: Conditions["noise"] = { spin: 0, gravity: 0, angle: 0, speed: 0 };

const nominal: Conditions = {
  ...{ groundFriction: [1, 1], addedMass: still, latency: still, stiction: still, viscosity: still, push: 0 },
  ...{ pushEvery: 20, noise: silent },
};

const noisy: Conditions["noise"] = { spin: 0.2, gravity: 0.05, angle: 0.01, speed: 1.5 };

/** Conditions by name: those of training, and those that a trained robot is tested in. */
export const conditions = {
  training: { ...nominal, groundFriction: [0.5, 1.25], stiction: [0, 2.5], viscosity: [0, 0.3], push: 0.5 },
  nominal,
  pushes: { ...nominal, push: 0.5 },
  "low friction": { ...nominal, groundFriction: [0.3, 0.3] },
  "3 kg more": { ...nominal, addedMass: [3, 3] },
  "20 ms latency": { ...nominal, latency: [0.02, 0.02] },
  "sensor noise": { ...nominal, noise: noisy },
  /** Of training for a robot that leaves the lab. */
  randomized: {
    ...{ groundFriction: [0.2, 1.25], addedMass: [-1, 3], latency: [0, 0.02], stiction: [0, 2.5], viscosity: [0, 0.3] },
    ...{ push: 0.5, pushEvery: 5, noise: noisy, start: { tilt: 0.1, velocity: 0.3 } },
    build: { centreOfMass: [-0.03, 0.03], strength: [0.9, 1.1], stiffness: [0.9, 1.1], damping: [0.9, 1.1] },
  },
} as const satisfies { [name: string]: Conditions };

/** Commanded velocity of the base, forward and to the left [m/s], and its turning to the left [rad/s]: at most these, +-. */
export type CommandRange = { readonly forward: number; readonly left: number; readonly turn: number };

/** What is drawn; observations and rewards read the first two. */
export const contextRows = (met: Conditions): ContextRow[] => [
  { name: "command", size: 3, unit: "m/s, m/s, rad/s" },
  { name: "phase", size: 1, unit: "1", rate: GAIT_FREQUENCY },
  { name: "ground friction", size: 1, unit: "1", range: met.groundFriction, varies: "ground friction" },
  { name: "added mass", size: 1, unit: "kg", range: met.addedMass, varies: "added mass" },
  { name: "latency", size: 1, unit: "s", range: met.latency, varies: "latency" },
  { name: "stiction", size: 12, unit: "N m", range: met.stiction, varies: "stiction" },
  { name: "viscosity", size: 12, unit: "N m s/rad", range: met.viscosity, varies: "viscosity" },
  ...(met.build ? buildRows(met.build) : []),
];

const buildRows = ({ centreOfMass, ...factors }: Build): ContextRow[] => [
  { name: "centre of mass", size: 3, unit: "m", range: centreOfMass, varies: "centre of mass" },
  ...(["strength", "stiffness", "damping"] as const).map((name): ContextRow => {
    return { name, size: 1, unit: "1", range: factors[name], varies: name };
  }),
];

/** A context in phase 0 with this command; `choose` gives the conditions of their ranges. */
const contextOf = (met: Conditions, command: readonly number[], choose: (range: Range) => number): number[] => {
  const chosen = contextRows(met).flatMap(({ range, size }) =>
    range ? Array.from({ length: size }, () => choose(range)) : [],
  );
  return [...command, 0, ...chosen];
};

/** Context of the deterministic start: this command, and of every condition the middle. */
export const typicalContext = (met: Conditions, command: readonly number[]): number[] =>
  contextOf(met, command, ([low, high]) => (low + high) / 2);

/** A start, the base at rest where none is asked for, in conditions and with a command that are drawn. */
export const drawStart = (random: RandomStream, met: Conditions, commands: CommandRange, { q, qd }: State): State => {
  const joints = q.map((x, i) => (i < 7 ? x : x * random.uniform(0.95, 1.05)));
  const speeds = qd.map((x, i) => (i < 6 ? x : random.uniform(-0.05, 0.05)));
  const context = contextOf(met, drawCommand(random, commands), (range) => random.uniform(...range));
  if (!met.start) return { q: joints, qd: speeds, context };
  const tilted = tilt(joints, uniforms(random, 2, met.start.tilt));
  return { q: tilted, qd: withVelocity(tilted, speeds, uniforms(random, 2, met.start.velocity)), context };
};

/** Coordinates with the base turned about horizontal axes through its origin, by angles that are small [rad]. */
function tilt(q: readonly number[], [roll, pitch]: readonly number[]): number[] {
  const turn: Quat = [roll / 2, pitch / 2, 0, Math.sqrt(1 - (roll ** 2 + pitch ** 2) / 4)];
  const turned = quatProduct(turn, q.slice(3, 7) as unknown as Quat).map(Number);
  return [...q.slice(0, 3), ...turned, ...q.slice(7)];
}

/** Velocities of at most 0.2 m/s and turns of at most 0.2 rad/s become 0. */
function drawCommand(random: RandomStream, { forward, left, turn }: CommandRange): number[] {
  const [x, y, w] = [forward, left, turn].map((range) => random.uniform(-range, range));
  return [...(Math.hypot(x, y) > 0.2 ? [x, y] : [0, 0]), Math.abs(w) > 0.2 ? w : 0];
}

/** Now and then a new command or a push. */
export const between =
  (met: Conditions, commands: CommandRange): TaskDefinition["between"] =>
  ({ q, qd, context }, random) => {
    const standing = [0, 1, 2].every((i) => context[i] === 0);
    const chance = standing ? NEW_COMMAND.standing : NEW_COMMAND.moving;
    const command = random.uniform() < chance && drawCommand(random, commands);
    const pushed = met.push > 0 && random.uniform() < STEP / met.pushEvery && uniforms(random, 2, met.push);
    if (!command && !pushed) return undefined;
    return {
      ...(command && { context: [...command, ...Array.from(context).slice(3)] }),
      ...(pushed && { qd: withVelocity(q, qd, pushed) }),
    };
  };

/** Velocities of a state in which the base moves horizontally at this velocity; the twist counts at the world's origin. */
function withVelocity(q: ArrayLike<number>, qd: ArrayLike<number>, [x, y]: readonly number[]): number[] {
  const [, , z] = Array.from(q);
  const result = Array.from(qd);
  result[3] = x - (qd[1] * z - qd[2] * q[1]);
  result[4] = y - (qd[2] * q[0] - qd[0] * z);
  return result;
}
