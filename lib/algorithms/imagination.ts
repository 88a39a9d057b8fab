// Imagination: roll out the learned model and backpropagate through it. Everything else is DMO, so that the two differ
// in the forward alone; prediction errors compound along the rollout.
import type { Choices } from "./first-order-settings.js";
import { dmo } from "./dmo.js";

export const imagination: Choices = { ...dmo, forward: "model" };
