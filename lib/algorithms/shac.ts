// SHAC (Xu et al. 2022, arXiv 2204.07137) and BPTT: true gradients, through the differentiable simulator.
import type { Choices } from "./first-order-settings.js";

export const shac: Choices = { forward: "simulator", backward: "simulator", value: "critic", reward: "given" };

/** Backpropagation through time (analytic policy gradient): rewards alone, over a long horizon. */
export const bptt: Choices = { ...shac, value: "none" };
