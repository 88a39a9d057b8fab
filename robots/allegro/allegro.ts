import { mul, neg, sub } from "@dmo-lab/physics/expression";
import { type Quat, type Vec3, cross, plus, quatProduct } from "@dmo-lab/physics/vector";
import { packageFile } from "../../lib/project.js";
import type { RandomStream } from "../../lib/tensor/random.js";
import { swap } from "../../lib/tensor/swap.js";
import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/allegro.json" with { type: "json" };
import { modelOf } from "../../lib/tasks/models.js";
import { column, reader } from "../../lib/tasks/read.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import { type State, type Task, sumOfSquares, uniforms } from "../../lib/tasks/task.js";

// q: 16 joints (index, middle, ring finger, thumb; four each from the palm on), then position and quaternion of the cube.
const JOINTS = 16;
const CUBE = [0, -0.1, 0.6] as const; // m, where it starts; z is up
const GOAL = [0, -0.1, 0.56] as const; // m
const FAR = 0.24; // m from the goal
const REACHED = 0.1; // rad
const SOFTNESS = 1e-3; // rad

const observation = [
  { name: "joint angles over their range: index, middle, ring finger, thumb", size: 16, unit: "1" },
  { name: "joint velocities", size: 16, unit: "5 rad/s" },
  { name: "cube position", size: 3, unit: "m" },
  { name: "cube quaternion (x, y, z, w)", size: 4, unit: "1" },
  { name: "cube velocity", size: 3, unit: "m/s" },
  { name: "cube angular velocity", size: 3, unit: "5 rad/s" },
  { name: "goal position", size: 3, unit: "m" },
  { name: "goal quaternion", size: 4, unit: "1" },
  { name: "rotation from goal to cube, quaternion", size: 4, unit: "1" },
  { name: "previous action", size: 16, unit: "1" },
] as const;
const read = reader(observation);

/** Right Allegro Hand: turn a cube in the palm to goal orientations, one after the other. */
export const allegro = (): Task => {
  const model = modelOf(record);
  const ranges = model.links.flatMap(({ joint: { limits } }) => (limits ? [limits] : []));
  return defineTask({
    name: "allegro",
    model,
    engines: ["mujoco"], // the cube is held by contact between bodies
    mujoco: { mjcf: packageFile("data/models/allegro.xml"), steps: 2 },
    episodeLength: 600,

    context: [{ name: "goal quaternion (x, y, z, w)", size: 4, unit: "1" }],
    observation,
    observe: ({ q, qd, action, context }) => {
      const angles = ranges.map(({ lower, upper }, i) => mul(sub(q[i], (lower + upper) / 2), 2 / (upper - lower)));
      const [position, cube] = [q.slice(JOINTS, JOINTS + 3) as unknown as Vec3, q.slice(JOINTS + 3)];
      const [spin, linear] = [qd.slice(JOINTS, JOINTS + 3), qd.slice(JOINTS + 3)] as unknown as [Vec3, Vec3];
      const [x, y, z, w] = context;
      const difference = quatProduct(cube as unknown as Quat, [neg(x), neg(y), neg(z), w]);
      const slow = (rates: typeof q) => rates.map((rate) => mul(0.2, rate));
      return [
        ...[...angles, ...slow(qd.slice(0, JOINTS))],
        ...[...position, ...cube, ...plus(linear, cross(spin, position)), ...slow(spin)],
        ...[...GOAL, ...context, ...difference, ...action],
      ];
    },

    rewardTerms: {
      position: { weight: -10, term: positionError },
      rotation: { weight: 1, term: (obs) => tf.reciprocal(tf.add<tf.Tensor1D>(rotationError(obs), 0.1)) },
      action: { weight: -0.0002, term: (_, { action }) => sumOfSquares(action) },
      success: { weight: 250, term: softSuccess },
    },

    ends: { [`cube ${FAR} m or more from the goal`]: (obs) => tf.greaterEqual(positionError(obs), FAR) },
    success: (obs) => tf.lessEqual(rotationError(obs), REACHED),

    start: () => ({
      q: [...Array<number>(JOINTS).fill(0), ...CUBE, 0, 0, 0, 1],
      qd: Array<number>(JOINTS + 6).fill(0),
      context: [0, 0, Math.SQRT1_2, Math.SQRT1_2],
    }),
    reset: (random): State => {
      const joints = ranges.map(({ lower, upper }) => 0.2 * random.uniform(lower, upper));
      const position = uniforms(random, 3, 0.01).map((x, i) => CUBE[i] + x);
      const q = [...joints, ...position, ...randomTurn(random)];
      return { q, qd: Array<number>(JOINTS + 6).fill(0), context: randomTurn(random) };
    },
    between: ({ q, context }, random) => {
      const dot = [0, 1, 2, 3].reduce((sum, i) => sum + q[JOINTS + 3 + i] * context[i], 0);
      return 2 * Math.acos(Math.min(Math.abs(dot), 1)) <= REACHED ? { context: randomTurn(random) } : undefined;
    },
  });
};

/** A random turn about x after one about y, as a quaternion. */
function randomTurn(random: RandomStream): number[] {
  const [a, b] = uniforms(random, 2, Math.PI / 2);
  return quatProduct([Math.sin(a), 0, 0, Math.cos(a)], [0, Math.sin(b), 0, Math.cos(b)]) as unknown as number[];
}

/** Distance of the cube from its goal [m]. */
function positionError(obs: tf.Tensor2D): tf.Tensor1D {
  const apart = tf.sub<tf.Tensor2D>(read(obs, "cube position"), read(obs, "goal position"));
  return length(apart);
}

/** Angle from the goal to the cube [rad]: 2 asin |vector part|, with a derivative that is finite at half a turn. */
function rotationError(obs: tf.Tensor2D): tf.Tensor1D {
  const turn = read(obs, "rotation from goal to cube, quaternion");
  const sine = length(tf.slice(turn, [0, 0], [-1, 3]));
  return tf.mul(2, tf.atan2<tf.Tensor1D>(sine, tf.abs(column(turn, 3))));
}

/** Of every row; its derivative is finite at 0. */
const length = (rows: tf.Tensor2D): tf.Tensor1D => tf.sqrt(tf.maximum<tf.Tensor1D>(sumOfSquares(rows), 1e-12));

/** 1 where the goal is reached, with the derivative of a sigmoid. */
function softSuccess(obs: tf.Tensor2D): tf.Tensor1D {
  const beyond = tf.sub<tf.Tensor1D>(rotationError(obs), REACHED);
  return swap(tf.sigmoid(tf.div<tf.Tensor1D>(beyond, -SOFTNESS)), tf.sub(1, tf.step(beyond)));
}
