/**
 * A task for a robot of your own: a body on one wheel keeps its balance and drives at 1 m/s.
 *
 *   npx dmo-lab tasks examples/balancer.js
 *   npx dmo-lab train --task examples/balancer.js --algorithm dmo --epochs 200 --set dynamics.hidden=64,64 --set dynamics.updates=32
 *
 * docs/your-own-robot.md explains it line by line.
 */
import { fileURLToPath } from "node:url";
import { physics, tasks, tensor } from "dmo-lab";

const { tf } = tensor;
const { defineTask, reader, sumOfSquares, uniforms } = tasks;

// The model of both engines; the stiffness of the ground is the differentiable one's, for a robot of 4 kg.
const model = await physics.readModel(fileURLToPath(new URL("balancer.xml", import.meta.url)), {
  timeStep: 1 / 60, // s, a control step
  substeps: 16,
  contact: { ke: 1e4, kd: 1e3, kf: 300 },
});

const SPEED = 1; // m/s
const FALLEN = 1; // rad

const observation = /** @type {const} */ ([
  { name: "pitch", size: 1, unit: "rad" },
  { name: "velocity: forward, up", size: 2, unit: "m/s" },
  { name: "pitch rate", size: 1, unit: "rad/s" },
  { name: "wheel velocity", size: 1, unit: "10 rad/s" },
]);
const read = reader(observation);

// q, qd: x, z, pitch, wheel; 0 is the pose of the file.
export default defineTask({
  name: "balancer",
  model,
  episodeLength: 300,

  observation,
  observe: ({ q, qd }) => [q[2], ...qd.slice(0, 3), physics.mul(0.1, qd[3])],

  rewardTerms: {
    standing: { weight: 1, term: (obs) => tf.onesLike(read(obs, "pitch")) },
    pitch: { weight: -1, term: (obs) => tf.square(read(obs, "pitch")) },
    speed: { weight: -0.5, term: (obs) => tf.square(tf.sub(read(obs, "velocity: forward"), SPEED)) },
    action: { weight: -0.01, term: (_, { action }) => sumOfSquares(action) },
  },

  ends: { [`pitch beyond ${FALLEN} rad`]: (obs) => tf.greater(tf.abs(read(obs, "pitch")), FALLEN) },

  start: () => ({ q: [0, 0, 0, 0], qd: [0, 0, 0, 0] }),
  reset: (random) => ({ q: uniforms(random, 4, 0.1).map((x, i) => (i === 1 ? 0 : x)), qd: uniforms(random, 4, 0.1) }),
});
