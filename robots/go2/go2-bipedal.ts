import { tf } from "@dmo-lab/jit/tf";
import { type CommandRange, type Conditions, conditions, drawStart, typicalContext } from "./go2-conditions.js";
import { measures } from "./go2-measures.js";
import * as rewards from "./go2-rewards.js";
import { baseBelow, go2Robot, MOTORS, type Motors, pressedBase } from "./go2-robot.js";
import { column } from "../../lib/tasks/read.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import { type Context, type State, type Task, sumOfSquares } from "../../lib/tasks/task.js";

// The paper gives the upright reward and the standing indicator; what else there is here was chosen.

/** Where the forward axis should point: (lean, 0, -1) in the base's heading. Nose down, a little ahead of the tail. */
const LEAN = 0.2;
const PITCH = Math.atan2(1, LEAN); // rad
const HEIGHT = 0.57; // m, of the base at the start: its front feet touch the ground
// Hip, thigh, calf of a left leg [rad]: the front feet are below the centre of mass, the rear legs folded.
const FRONT = [0.1, -0.68, -1.1];
const REAR = [0.1, 1.6, -2.6];
/** Of half of the weight on a front leg that stands like that, at its joints [N m]: targets have to be so far ahead. */
const LOAD = [-1.34, -3.42, 6.08];
/** Of the base [m]: kneeling on its shins, the robot is lower. */
const KNEELING = 0.42;
export const COMMANDS: CommandRange = { forward: 0.4, left: 0.4, turn: 0.6 }; // m/s, m/s, rad/s
/** Cosine beyond which the robot stands: the standing indicator. */
export const STANDING = 0.9;
const FALLEN = 0.5; // cosine
/** Of the reward for tracking: with the 0.25 of four legs, standing still earns most of it at commands this slow. */
const WIDTH = 0.1;
const FRONT_FEET = 2; // the first ones

const { part } = rewards;

/** Joint angles of all legs; right ones have mirrored hips. */
const pose = (front: number[], rear: number[]): number[] =>
  [front, front, rear, rear].flatMap(([hip, ...others], leg) => [leg % 2 ? -hip : hip, ...others]);

/** Weaker friction in the motors than on four legs: a policy that leans on it falls in motors without any. */
const training: Conditions = { ...conditions.training, push: 0.2, stiction: [0, 1], viscosity: [0, 0.1] };

/** The pose of action 0: under the weight, front legs of such motors sink from here to that of the start. */
const restOf = ({ stiffness }: Motors): number[] =>
  pose(
    FRONT.map((angle, joint) => angle + LOAD[joint] / stiffness),
    REAR,
  );

/**
 * Unitree Go2: balance on the front legs, and walk on them at commanded velocities.
 * @param met conditions that episodes are drawn from (default: those of training, with weaker friction in the motors)
 * @param motors how joints follow their targets (default: as on four legs)
 */
export const go2Bipedal = (met: Conditions = training, motors: Motors = MOTORS): Task =>
  defineTask({
    name: "go2-bipedal",
    ...go2Robot(met, restOf(motors), COMMANDS, motors),

    rewardTerms: {
      upright: { weight: 1, term: (obs) => tf.square(tf.add(tf.mul(0.5, uprightness(obs)), 0.5)) },
      "track velocity, standing": {
        weight: 1,
        term: (obs, _, context) => tf.mul(standing(obs), trackVelocity(obs, context)),
      },
      "track turning, standing": {
        weight: 0.5,
        term: (obs, _, context) => tf.mul(standing(obs), trackTurning(obs, context)),
      },
      "lifted feet press": { weight: -1, term: (obs) => tf.sum(part(rewards.pressed(obs), FRONT_FEET, 2), 1) },
      "action rate": { weight: -0.1, term: (_, actions) => rewards.actionRate(actions) },
      "vertical velocity": { weight: -0.02, term: (obs) => tf.square(column(rewards.headingVelocity(obs).along, 2)) },
      "tilting rate": { weight: -0.001, term: tiltingRate },
      "joint velocities": { weight: -1e-4, term: rewards.jointSpeed },
      "foot clearance": { weight: -30, term: (obs, _, context) => rewards.clearanceError(obs, context, FRONT_FEET) },
      "force in swing": { weight: -1, term: (obs, _, context) => rewards.swingForce(obs, context, FRONT_FEET) },
    },
    rewardFloor: 0,

    measures,

    ends: {
      ...pressedBase,
      "forward axis 60 degrees from where it should point": (obs) => tf.less(uprightness(obs), FALLEN),
      ...baseBelow(KNEELING),
    },

    start: () => ({ ...start(), context: typicalContext(met, [0, 0, 0]) }),
    reset: (random) => drawStart(random, met, COMMANDS, start()),
  });

const start = (): State => ({
  q: [0, 0, HEIGHT, 0, Math.sin(PITCH / 2), 0, Math.cos(PITCH / 2), ...pose(FRONT, REAR)],
  qd: Array<number>(18).fill(0),
});

/** Cosine of the angle between the forward axis and where it should point. */
export function uprightness(obs: tf.Tensor2D): tf.Tensor1D {
  const forward = rewards.level(tf.tensor2d([[1, 0, 0]]), obs);
  return tf.div(tf.sub(tf.mul(LEAN, column(forward, 0)), column(forward, 2)), Math.hypot(LEAN, 1));
}

/** 1 where the robot stands; constant. */
const standing = (obs: tf.Tensor2D): tf.Tensor1D => tf.step(tf.sub<tf.Tensor1D>(uprightness(obs), STANDING));

const trackVelocity = (obs: tf.Tensor2D, context: Context): tf.Tensor1D =>
  rewards.tracking(part(rewards.headingVelocity(obs).along, 0, 2), rewards.command(context).velocity, WIDTH);

const trackTurning = (obs: tf.Tensor2D, context: Context): tf.Tensor1D =>
  rewards.tracking(rewards.headingVelocity(obs).turning, rewards.command(context).turning, WIDTH);

/** Of the base about horizontal axes, squared [rad^2/s^2]. */
const tiltingRate = (obs: tf.Tensor2D): tf.Tensor1D =>
  tf.sub(sumOfSquares(rewards.spin(obs)), sumOfSquares(rewards.headingVelocity(obs).turning));
