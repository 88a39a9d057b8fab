/** What a Go2 meets: physics, pushes, noise and commands, drawn for every episode. */
import type { RandomStream } from "../../lib/tensor/random.js";
import { type ContextRow, type State, type TaskDefinition, uniforms } from "../../lib/tasks/task.js";

export const GAIT_FREQUENCY = 3; // Hz
const STEP = 0.02; // s
const PUSH_CHANCE = STEP / (2 * 10); // in a step, of episodes of 10 s
const NEW_COMMAND = { moving: 0.002, standing: 0.01 }; // chance in a step

type Range = readonly [low: number, high: number];

/** What a robot meets; ranges are drawn from for every episode. */
export interface Conditions {
  readonly groundFriction: Range;
  /** At the base [kg]. */
  readonly addedMass: Range;
  /** Until an action acts, at most a control step [s]. */
  readonly latency: Range;
  /** Friction of every joint: stiction * tanh(qd / 0.1) + viscosity * qd [N m, N m s/rad]. */
  readonly stiction: Range;
  readonly viscosity: Range;
  /** Pushes give the base a horizontal velocity of at most this along either axis [m/s]. */
  readonly push: number;
  /** Uniform noise of the actor's angular velocity [rad/s], gravity, joint angles [rad] and velocities [rad/s], +-. */
  readonly noise: { readonly spin: number; readonly gravity: number; readonly angle: number; readonly speed: number };
}

const still: Range = [0, 0];
const silent: Conditions["noise"] = { spin: 0, gravity: 0, angle: 0, speed: 0 };

const nominal: Conditions = {
  ...{ groundFriction: [1, 1], addedMass: still, latency: still, stiction: still, viscosity: still, push: 0 },
  noise: silent,
};

/** Conditions by name: those of training, and those that a trained robot is tested in. */
export const conditions = {
  training: { ...nominal, groundFriction: [0.5, 1.25], stiction: [0, 2.5], viscosity: [0, 0.3], push: 0.5 },
  nominal,
  pushes: { ...nominal, push: 0.5 },
  "low friction": { ...nominal, groundFriction: [0.3, 0.3] },
  "3 kg more": { ...nominal, addedMass: [3, 3] },
  "20 ms latency": { ...nominal, latency: [0.02, 0.02] },
  "sensor noise": { ...nominal, noise: { spin: 0.2, gravity: 0.05, angle: 0.01, speed: 1.5 } },
} as const satisfies { [name: string]: Conditions };

/** Commanded velocity of the base, forward and to the left [m/s], and its turning to the left [rad/s]: at most these, +-. */
export type CommandRange = { readonly forward: number; readonly left: number; readonly turn: number };

/** What is drawn; observations and rewards read the first two. */
export const contextRows = (met: Conditions) =>
  [
    { name: "command", size: 3, unit: "m/s, m/s, rad/s" },
    { name: "phase", size: 1, unit: "1", rate: GAIT_FREQUENCY },
    { name: "ground friction", size: 1, unit: "1", range: met.groundFriction, varies: "ground friction" },
    { name: "added mass", size: 1, unit: "kg", range: met.addedMass, varies: "added mass" },
    { name: "latency", size: 1, unit: "s", range: met.latency, varies: "latency" },
    { name: "stiction", size: 12, unit: "N m", range: met.stiction, varies: "stiction" },
    { name: "viscosity", size: 12, unit: "N m s/rad", range: met.viscosity, varies: "viscosity" },
  ] satisfies ContextRow[];

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

/** A start with the base at rest, in conditions and with a command that are drawn. */
export const drawStart = (random: RandomStream, met: Conditions, commands: CommandRange, { q, qd }: State): State => ({
  q: q.map((x, i) => (i < 7 ? x : x * random.uniform(0.95, 1.05))),
  qd: qd.map((x, i) => (i < 6 ? x : random.uniform(-0.05, 0.05))),
  context: contextOf(met, drawCommand(random, commands), (range) => random.uniform(...range)),
});

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
    const pushed = met.push > 0 && random.uniform() < PUSH_CHANCE && uniforms(random, 2, met.push);
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
