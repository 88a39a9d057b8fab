import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/humanoid.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { noisyStart, observeRunner, runnerObservation } from "./runner.js";
import { defineTask } from "./define-task.js";
import { type State, type Task, aboveFloor, sumOfSquares } from "./task.js";

// q: torso position and quaternion, then the joints.
const JOINTS =
  "abdomen z, y, x; hip x, z, y, knee, ankle y, x of right, left leg; shoulder 1, 2, elbow of right, left arm";
const COURSE = { up: [0, 0, 1], forward: [1, 0, 0], target: 200 } as const;
const END_HEIGHT = 0.74; // m
const HEIGHT = { floor: END_HEIGHT + 0.1, range: 0.1, slope: 10 }; // m, m, 1/m

const observation = [
  ...runnerObservation([{ name: `joint angles: ${JOINTS}`, size: 21, unit: "rad" }], 21),
  { name: "previous action", size: 21, unit: "1" },
] as const;
const read = reader(observation);

/** Two-legged robot with arms: run towards a point. */
export const humanoid = (): Task =>
  defineTask({
    name: "humanoid",
    model: modelOf(record),
    episodeLength: 1000,

    observation,
    observe: (state) => [...observeRunner(state, COURSE), ...state.action],

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => read(obs, "torso velocity: forward") },
      up: { weight: 0.1, term: (obs) => read(obs, "vertical component of the torso's up axis") },
      heading: { weight: 1, term: (obs) => read(obs, "torso's forward axis along the target's direction") },
      height: { weight: 1, term: (obs) => aboveFloor(read(obs, "height"), HEIGHT) },
      action: { weight: -0.002, term: (_, { action }) => sumOfSquares(action) },
    },

    ends: { [`height below ${END_HEIGHT} m`]: (obs) => tf.less(read(obs, "height"), END_HEIGHT) },
    stateLimit: 1e6,

    start,
    reset: (random) =>
      noisyStart(random, start(), { position: 0.1, rotation: Math.PI / 24, joints: 0.2, velocity: 0.25 }),
  });

/** The robot's z axis is up: turned by -90 degrees about x, at 1.35 m. */
const start = (): State => ({
  q: [0, 1.35, 0, -Math.SQRT1_2, 0, 0, Math.SQRT1_2, ...Array<number>(21).fill(0)],
  qd: Array<number>(27).fill(0),
});
