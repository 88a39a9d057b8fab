import { tf } from "@dmo-lab/jit/tf";
import * as rewards from "./go2-rewards.js";
import { LEGS, read } from "./go2-robot.js";
import type { Measure } from "../../lib/tasks/task.js";

/** What one looks at in a Go2's episode: velocities in the heading beside their commands, and how hard the feet press. */
export const measures: readonly Measure[] = [
  ...["forward", "left"].map((name, k): Measure => ({
    ...{ name, unit: "m/s" },
    of: (obs) => rewards.part(rewards.headingVelocity(obs).along, k, 1),
    target: (context) => rewards.part(rewards.command(context).velocity, k, 1),
  })),
  {
    ...{ name: "turning left", unit: "rad/s" },
    of: (obs) => rewards.headingVelocity(obs).turning,
    target: (context) => rewards.command(context).turning,
  },
  ...LEGS.map((leg, k): Measure => ({
    ...{ name: `foot ${leg}`, unit: "N" },
    of: (obs) => tf.mul(100, rewards.part(read(obs, "contact forces of the feet"), k, 1)),
  })),
];
