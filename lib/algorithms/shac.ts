// SHAC (Xu et al. 2022, arXiv 2204.07137) and BPTT: true gradients, through the differentiable simulator.
import { backwards, values, type Choices } from "./choices.js";
import { dmo } from "./dmo.js";

/** DMO with the simulator's derivatives; so there is no model to learn. */
export const shac: Choices = { ...dmo, backward: backwards.simulator };

/** Backpropagation through time (analytic policy gradient): rewards alone, over a long horizon. */
export const bptt: Choices = { ...shac, value: values.none };
