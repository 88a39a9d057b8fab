import { tf } from "../tensor/tf.js";
import { loadModel } from "./models.js";
import { type Task, column, defineTask, sumOfSquares, uniforms } from "./task.js";

// q: x, height, pitch, thigh, leg, foot. Heights are relative to the start.
const END_HEIGHT = -0.45; // m
const HEIGHT_TOLERANCE = 0.15; // m
const MAX_PITCH = Math.PI / 6; // rad

/** One-legged robot in the plane: hop forwards as fast as possible. */
export const hopper = (): Task =>
  defineTask({
    name: "hopper",
    model: loadModel("hopper"),
    episodeLength: 1000,

    observation: [
      { name: "height", size: 1, unit: "m" },
      { name: "pitch", size: 1, unit: "rad" },
      { name: "joint angles: thigh, leg, foot", size: 3, unit: "rad" },
      { name: "velocity: forward, up", size: 2, unit: "m/s" },
      { name: "pitch rate", size: 1, unit: "rad/s" },
      { name: "joint velocities: thigh, leg, foot", size: 3, unit: "rad/s" },
    ],
    observe: ({ q, qd }) => [...q.slice(1), ...qd],

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => column(obs, 5) },
      height: { weight: 1, term: (obs) => heightTerm(column(obs, 0)) },
      pitch: { weight: 1, term: (obs) => tf.sub(1, tf.square(tf.div(column(obs, 1), MAX_PITCH))) },
      action: { weight: -0.1, term: (_, { action }) => sumOfSquares(action) },
    },

    terminated: (obs) => tf.less(column(obs, 0), END_HEIGHT),

    start: () => ({ q: [0, 0, 0, 0, 0, 0], qd: [0, 0, 0, 0, 0, 0] }),
    reset: (random) => ({ q: uniforms(random, 6, 0.05), qd: uniforms(random, 6, 0.05) }),
  });

/** -200 h^2 below the tolerated height, h above it, h the height beyond it, at most 0.3 m. */
function heightTerm(height: tf.Tensor1D): tf.Tensor1D {
  const h = tf.clipByValue(tf.sub(height, END_HEIGHT + HEIGHT_TOLERANCE), -1, 0.3);
  return tf.sub(tf.relu(h), tf.mul(200, tf.square(tf.relu(tf.neg(h)))));
}
