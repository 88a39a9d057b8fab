import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/snu.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { noisyStart, observeRunner, runnerObservation } from "./runner.js";
import { defineTask } from "./define-task.js";
import { type State, type Task } from "./task.js";

// q: pelvis position and quaternion, then the right and the left leg.
const leg = <const Side extends string>(side: Side) =>
  [
    { name: `${side} hip quaternion (x, y, z, w)`, size: 4, unit: "1" },
    { name: `${side} knee angle`, size: 1, unit: "rad" },
    { name: `${side} ankle quaternion (x, y, z, w)`, size: 4, unit: "1" },
    { name: `${side} toe angles, two groups`, size: 2, unit: "rad" },
  ] as const;
const observation = runnerObservation([...leg("right"), ...leg("left")], 18);
const read = reader(observation);

const COURSE = { up: [0, 1, 0], forward: [0, 0, 1], target: 10_000 } as const;
const END_HEIGHT = 0.46; // m

/** A human's pelvis and legs, moved by 152 muscles: run towards a distant point. */
export const snu = (): Task =>
  defineTask({
    name: "snu",
    model: modelOf(record),
    engines: ["differentiable"], // for its muscles
    episodeLength: 1000,

    observation,
    observe: (state) => observeRunner(state, COURSE),

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => read(obs, "torso velocity: forward") },
      up: { weight: 0.1, term: (obs) => read(obs, "vertical component of the torso's up axis") },
      heading: { weight: 1, term: (obs) => read(obs, "torso's forward axis along the target's direction") },
      activation: { weight: -0.001, term: (_, { action }) => tf.sum(tf.mul(tf.add(action, 1), 0.5), 1) },
    },

    ends: { [`height below ${END_HEIGHT} m`]: (obs) => tf.less(read(obs, "height"), END_HEIGHT) },
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
