import { cos, sin } from "../physics/expression.js";
import { tf } from "../tensor/tf.js";
import { loadModel } from "./models.js";
import { type Task, column, defineTask, uniforms } from "./task.js";

/** Pole on a cart: swing it up and balance it. q: x, angle (0 is up). */
export const cartpole = (): Task =>
  defineTask({
    name: "cartpole",
    model: loadModel("cartpole"),
    episodeLength: 240,

    observation: [
      { name: "cart position", size: 1, unit: "m" },
      { name: "cart velocity", size: 1, unit: "m/s" },
      { name: "pole angle: sin, cos", size: 2, unit: "1" },
      { name: "pole velocity", size: 1, unit: "rad/s" },
    ],
    observe: ({ q: [x, angle], qd: [velocity, rate] }) => [x, velocity, sin(angle), cos(angle), rate],

    rewardTerms: {
      angle: { weight: -1, term: (obs) => tf.square(tf.atan2<tf.Tensor1D>(column(obs, 2), column(obs, 3))) },
      poleVelocity: { weight: -0.1, term: (obs) => tf.square(column(obs, 4)) },
      cartPosition: { weight: -0.05, term: (obs) => tf.square(column(obs, 0)) },
      cartVelocity: { weight: -0.1, term: (obs) => tf.square(column(obs, 1)) },
    },

    start: () => ({ q: [0, -Math.PI], qd: [0, 0] }),
    reset: (random) => {
      const [x, angle] = uniforms(random, 2, Math.PI / 2);
      return { q: [x, angle - Math.PI], qd: uniforms(random, 2, 0.25) };
    },
  });
