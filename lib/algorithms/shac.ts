// SHAC (Xu et al. 2022, arXiv 2204.07137) and BPTT: true gradients, through the differentiable simulator.
import { InputError } from "../errors.js";
import { isDifferentiable } from "../physics/engine.js";
import { simulatorBackward } from "./backward.js";
import type { FirstOrderMethod } from "./first-order.js";
import { simulatorForward } from "./forward.js";
import { rewardAndValueObjective, rewardObjective } from "./policy-gradient.js";

export const shac: FirstOrderMethod = {
  forward: ({ collector }) => simulatorForward(collector),
  backward: ({ collector, task }) => {
    const { engine } = collector.environment;
    if (!isDifferentiable(engine))
      throw new InputError(`Task "${task.name}" has no differentiable engine, which SHAC and BPTT need. Use dmo.`);
    return simulatorBackward(engine, task);
  },
  objective: rewardAndValueObjective,
};

/** Backpropagation through time (analytic policy gradient): rewards alone, over a long horizon. */
export const bptt: FirstOrderMethod = { ...shac, objective: rewardObjective };
