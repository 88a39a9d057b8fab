import { tf } from "@dmo-lab/jit/tf";
import { type CommandRange, type Conditions, conditions, drawStart, typicalContext } from "./go2-conditions.js";
import { measures } from "./go2-measures.js";
import * as rewards from "./go2-rewards.js";
import { baseBelow, go2Robot, pressedBase, read } from "./go2-robot.js";
import { column } from "../../lib/tasks/read.js";
import { defineTask } from "../../lib/tasks/define-task.js";
import { type Context, type State, type Task, sumOfSquares } from "../../lib/tasks/task.js";

const HEIGHT = 0.34; // m, of the base at the start
const REST = [0.8, 0.8, 1, 1].flatMap((thigh, leg) => [leg % 2 ? -0.1 : 0.1, thigh, -1.5]); // rad, hip, thigh, calf
export const COMMANDS: CommandRange = { forward: 0.6, left: 0.6, turn: 1 }; // m/s, m/s, rad/s
const STANCE = { length: 0.45, width: 0.25 }; // m
const STANCE_TIME = 0.5 / 3; // s, half a period

const { part } = rewards;

/**
 * Unitree Go2: trot at commanded velocities.
 * @param met conditions that episodes are drawn from (default: those of training)
 */
export const go2 = (met: Conditions = conditions.training): Task =>
  defineTask({
    name: "go2",
    ...go2Robot(met, REST, COMMANDS),

    rewardTerms: {
      "track velocity": {
        weight: 1,
        term: (obs, _, context) =>
          rewards.tracking(part(rewards.velocity(obs), 0, 2), rewards.command(context).velocity),
      },
      "track turning": {
        weight: 0.5,
        term: (obs, _, context) => rewards.tracking(part(rewards.spin(obs), 2, 1), rewards.command(context).turning),
      },
      footholds: { weight: -10, term: (obs, _, context) => footholdError(obs, context) },
      "action rate": { weight: -0.1, term: (_, actions) => rewards.actionRate(actions) },
      orientation: { weight: -5, term: (obs) => sumOfSquares(part(rewards.gravity(obs), 0, 2)) },
      "vertical velocity": { weight: -0.02, term: (obs) => tf.square(column(rewards.velocity(obs), 2)) },
      "roll and pitch rate": { weight: -0.001, term: (obs) => sumOfSquares(part(rewards.spin(obs), 0, 2)) },
      "joint velocities": { weight: -1e-4, term: rewards.jointSpeed },
      "foot clearance": { weight: -30, term: (obs, _, context) => rewards.clearanceError(obs, context, 4) },
      "force in swing": { weight: -4, term: (obs, _, context) => rewards.swingForce(obs, context, 4) },
    },
    rewardFloor: 0,

    measures,

    ends: {
      ...pressedBase,
      "upside down": (obs) => tf.greater(column(rewards.gravity(obs), 2), 0),
      ...baseBelow(0.05),
    },

    start: () => ({ ...start(), context: typicalContext(met, [0.5, 0, 0]) }),
    reset: (random) => drawStart(random, met, COMMANDS, start()),
  });

const start = (): State => ({ q: [0, 0, HEIGHT, 0, 0, 0, 1, ...REST], qd: Array<number>(18).fill(0) });

/**
 * Squared distances of the feet from where Raibert's heuristic puts them [m^2]: ahead in proportion to the commanded
 * velocity at the beginning of the stance (forward), and turned about the base (left).
 */
function footholdError(obs: tf.Tensor2D, context: Context): tf.Tensor1D {
  const [forward, , turn] = tf.split(context["command"] as tf.Tensor2D, 3, 1);
  const course = tf.sub<tf.Tensor2D>(tf.abs(tf.sub(1, tf.mul(2, rewards.phases(context)))), 0.5);
  const signs = (values: number[]): tf.Tensor2D => tf.tensor2d([values]);
  const ahead = tf.add(signs([1, 1, -1, -1]).mul(STANCE.length / 2), tf.mul(tf.mul(course, forward), STANCE_TIME));
  const sweep = tf.mul(tf.mul(course, turn), (STANCE.length / 2) * STANCE_TIME);
  const aside = tf.add(signs([1, -1, 1, -1]).mul(STANCE.width / 2), tf.mul(signs([1, 1, -1, -1]), sweep));
  const feet = tf.reshape(read(obs, "feet from the base in its heading: forward, left"), [-1, 4, 2]);
  return tf.sum(tf.square(tf.sub(feet, tf.stack([ahead, aside], 2))), [1, 2]);
}
