import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/ant.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { noisyStart, observeRunner, runnerObservation } from "./runner.js";
import { defineTask } from "./define-task.js";
import { type State, type Task } from "./task.js";

// q: torso position and quaternion, then hip and ankle of every leg.
const COURSE = { up: [0, 0, 1], forward: [1, 0, 0], target: 10_000 } as const;
const JOINTS = "hip and ankle of front left, front right, back left, back right";
const END_HEIGHT = 0.27; // m

const observation = [
  ...runnerObservation([{ name: `joint angles: ${JOINTS}`, size: 8, unit: "rad" }], 8),
  { name: "previous action", size: 8, unit: "1" },
] as const;
const read = reader(observation);

/** Four-legged robot: run towards a distant point. */
export const ant = (): Task =>
  defineTask({
    name: "ant",
    model: modelOf(record),
    episodeLength: 1000,

    observation,
    observe: (state) => [...observeRunner(state, COURSE), ...state.action],

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => read(obs, "torso velocity: forward") },
      up: { weight: 0.1, term: (obs) => read(obs, "vertical component of the torso's up axis") },
      heading: { weight: 1, term: (obs) => read(obs, "torso's forward axis along the target's direction") },
      height: { weight: 1, term: (obs) => tf.sub(read(obs, "height"), END_HEIGHT) },
    },

    ends: { [`height below ${END_HEIGHT} m`]: (obs) => tf.less(read(obs, "height"), END_HEIGHT) },

    start,
    reset: (random) =>
      noisyStart(random, start(), { position: 0.1, rotation: Math.PI / 24, joints: 0.2, velocity: 0.25 }),
  });

/** The robot's z axis is up: turned by -90 degrees about x, at 0.75 m, ankles bent. */
const start = (): State => ({
  q: [0, 0.75, 0, -Math.SQRT1_2, 0, 0, Math.SQRT1_2, 0, 1, 0, -1, 0, -1, 0, 1],
  qd: Array<number>(14).fill(0),
});
