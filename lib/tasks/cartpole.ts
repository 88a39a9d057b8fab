import { cos, sin } from "@dmo-lab/physics/expression";
import { tf } from "@dmo-lab/jit/tf";
import record from "../../data/models/cartpole.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { defineTask } from "./define-task.js";
import { type Task, uniforms } from "./task.js";

const observation = [
  { name: "cart position", size: 1, unit: "m" },
  { name: "cart velocity", size: 1, unit: "m/s" },
  { name: "pole angle: sin, cos", size: 2, unit: "1" },
  { name: "pole velocity", size: 1, unit: "rad/s" },
] as const;
const read = reader(observation);

/** Pole on a cart: swing it up and balance it. q: x, angle (0 is up). */
export const cartpole = (): Task =>
  defineTask({
    name: "cartpole",
    model: modelOf(record),
    episodeLength: 240,

    observation,
    observe: ({ q: [x, angle], qd: [velocity, rate] }) => [x, velocity, sin(angle), cos(angle), rate],

    rewardTerms: {
      angle: {
        weight: -1,
        term: (obs) => tf.square(tf.atan2<tf.Tensor1D>(read(obs, "pole angle: sin"), read(obs, "pole angle: cos"))),
      },
      poleVelocity: { weight: -0.1, term: (obs) => tf.square(read(obs, "pole velocity")) },
      cartPosition: { weight: -0.05, term: (obs) => tf.square(read(obs, "cart position")) },
      cartVelocity: { weight: -0.1, term: (obs) => tf.square(read(obs, "cart velocity")) },
    },

    start: () => ({ q: [0, -Math.PI], qd: [0, 0] }),
    reset: (random) => {
      const [x, angle] = uniforms(random, 2, Math.PI / 2);
      return { q: [x, angle - Math.PI], qd: uniforms(random, 2, 0.25) };
    },
  });
