import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/hopper.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { defineTask } from "./define-task.js";
import { type Task, aboveFloor, sumOfSquares, uniforms } from "./task.js";

// q: x, height, pitch, thigh, leg, foot. Heights are relative to the start.
const END_HEIGHT = -0.45; // m
const HEIGHT = { floor: END_HEIGHT + 0.15, range: 0.3, slope: 1 }; // m, m, 1/m
const MAX_PITCH = Math.PI / 6; // rad

const observation = [
  { name: "height", size: 1, unit: "m" },
  { name: "pitch", size: 1, unit: "rad" },
  { name: "joint angles: thigh, leg, foot", size: 3, unit: "rad" },
  { name: "velocity: forward, up", size: 2, unit: "m/s" },
  { name: "pitch rate", size: 1, unit: "rad/s" },
  { name: "joint velocities: thigh, leg, foot", size: 3, unit: "rad/s" },
] as const;
const read = reader(observation);

/** One-legged robot in the plane: hop forwards as fast as possible. */
export const hopper = (): Task =>
  defineTask({
    name: "hopper",
    model: modelOf(record),
    episodeLength: 1000,

    observation,
    observe: ({ q, qd }) => [...q.slice(1), ...qd],

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => read(obs, "velocity: forward") },
      height: { weight: 1, term: (obs) => aboveFloor(read(obs, "height"), HEIGHT) },
      pitch: { weight: 1, term: (obs) => tf.sub(1, tf.square(tf.div(read(obs, "pitch"), MAX_PITCH))) },
      action: { weight: -0.1, term: (_, { action }) => sumOfSquares(action) },
    },

    ends: { [`height below ${END_HEIGHT} m`]: (obs) => tf.less(read(obs, "height"), END_HEIGHT) },

    start: () => ({ q: [0, 0, 0, 0, 0, 0], qd: [0, 0, 0, 0, 0, 0] }),
    reset: (random) => ({ q: uniforms(random, 6, 0.05), qd: uniforms(random, 6, 0.05) }),
  });
