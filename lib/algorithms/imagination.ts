// Imagination: roll out the learned model and backpropagate through it. Everything else is DMO, so that the two differ
// in the forward alone; prediction errors compound along the rollout.
import { forwards, type Choices } from "./choices.js";
import { dmo } from "./dmo.js";

/** Imagination (as in Dreamer, arXiv 1912.01603): states and derivatives are both the learned model's. */
export const imagination: Choices = { ...dmo, forward: forwards.model };
