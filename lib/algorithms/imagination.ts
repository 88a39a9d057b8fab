// Imagination: roll out the learned model and backpropagate through it. Everything else is DMO, so that the two differ
// in the forward alone; prediction errors compound along the rollout.
import { dmo } from "./dmo.js";
import type { FirstOrderMethod } from "./first-order.js";
import { modelForward } from "./forward.js";

export const imagination: FirstOrderMethod = {
  ...dmo,
  forward: (bench) => modelForward(dmo.forward(bench), bench.task, bench.config.dynamics!.prediction, bench.model),
};
