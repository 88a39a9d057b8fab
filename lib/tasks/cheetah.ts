import record from "../../data/models/cheetah.json" with { type: "json" };
import { modelOf } from "./models.js";
import { reader } from "./read.js";
import { defineTask } from "./define-task.js";
import { type State, type Task, sumOfSquares, uniforms } from "./task.js";

// q: x, height, pitch, then thigh, shin, foot of the back and of the front leg. Heights are relative to a torso at 1 m.
const START_HEIGHT = -0.2; // m

const observation = [
  { name: "height", size: 1, unit: "m" },
  { name: "pitch", size: 1, unit: "rad" },
  { name: "joint angles: thigh, shin, foot of back, front", size: 6, unit: "rad" },
  { name: "velocity: forward, up", size: 2, unit: "m/s" },
  { name: "pitch rate", size: 1, unit: "rad/s" },
  { name: "joint velocities", size: 6, unit: "rad/s" },
] as const;
const read = reader(observation);

/** Two-legged robot in the plane: run as fast as possible. */
export const cheetah = (): Task =>
  defineTask({
    name: "cheetah",
    model: modelOf(record),
    episodeLength: 1000,

    observation,
    observe: ({ q, qd }) => [...q.slice(1), ...qd],

    rewardTerms: {
      velocity: { weight: 1, term: (obs) => read(obs, "velocity: forward") },
      action: { weight: -0.1, term: (_, { action }) => sumOfSquares(action) },
    },

    start,
    reset: (random) => {
      const noise = uniforms(random, 9, 0.1);
      return { q: start().q.map((x, i) => x + noise[i]), qd: uniforms(random, 9, 0.25) };
    },
  });

const start = (): State => ({ q: [0, START_HEIGHT, 0, 0, 0, 0, 0, 0, 0], qd: Array<number>(9).fill(0) });
