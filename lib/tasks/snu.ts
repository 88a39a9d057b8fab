import { tf } from "../tensor/tf.js";
import { loadModel } from "./models.js";
import { noisyStart, observeRunner, runnerObservation } from "./runner.js";
import { type ObservationRow, type State, type Task, belowHeight, column, defineTask } from "./task.js";

// q: pelvis position and quaternion, then the right and the left leg.
const leg = (side: string): ObservationRow[] => [
  { name: `${side} hip quaternion (x, y, z, w)`, size: 4, unit: "1" },
  { name: `${side} knee angle`, size: 1, unit: "rad" },
  { name: `${side} ankle quaternion (x, y, z, w)`, size: 4, unit: "1" },
  { name: `${side} toe angles, two groups`, size: 2, unit: "rad" },
];
const COURSE = { up: [0, 1, 0], forward: [0, 0, 1], target: 10_000 } as const;
const END_HEIGHT = 0.46; // m

/** A human's pelvis and legs, moved by 152 muscles: run towards a distant point. */
export const snu = (): Task =>
  defineTask({
    name: "snu",
    model: loadModel("snu"),
    engines: ["differentiable"], // for its muscles
    episodeLength: 1000,

    observation: runnerObservation([...leg("right"), ...leg("left")], 18),
    observe: (state) => observeRunner(state, COURSE),

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => column(obs, 5) },
      up: { weight: 0.1, term: (obs) => column(obs, 51) },
      heading: { weight: 1, term: (obs) => column(obs, 52) },
      activation: { weight: -0.001, term: (_, { action }) => tf.sum(tf.mul(tf.add(action, 1), 0.5), 1) },
    },

    ends: belowHeight(END_HEIGHT),
    stateLimit: 1e6,

    start,
    reset: (random) =>
      noisyStart(random, start(), { position: 0.1, rotation: Math.PI / 24, joints: 0, velocity: 0.25 }),
  });

/** Upright at 1 m, turned by 90 degrees about the vertical to face along x. */
const start = (): State => {
  const joints = [0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]; // of a leg: quaternions 1, angles 0
  return { q: [0, 1, 0, 0, Math.SQRT1_2, 0, Math.SQRT1_2, ...joints, ...joints], qd: Array<number>(24).fill(0) };
};
