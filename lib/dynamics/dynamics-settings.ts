import { choice, count, keysOf, optional, positive, type Values } from "@dmo-lab/input/setting";
import { twoWidths, width } from "../tensor/network-settings.js";
import { precisions } from "@dmo-lab/jit/tracing";
import { dynamicsLosses, predictionNames } from "./model.js";
import { SEQUENCE } from "./sequence-buffer.js";

/** Settings of a learned dynamics model and of its fit. */
export const dynamicsSettings = {
  hidden: twoWidths("the two hidden layers of the dynamics model"),
  learningRate: positive("dynamics model's learning rate"),
  updates: count("Adam updates of the dynamics model an epoch"),
  batch: count("transitions in an update; sequences, if the model is recurrent"),
  initialUpdates: count("updates in the first epoch"),
  minReplay: count("transitions collected before the first epoch"),
  replayCapacity: count("transitions that the replay buffer holds", 100_000_000),
  prediction: choice(
    "what the model predicts: the change of the observation, the next one, or the change of velocities that known kinematics leave open",
    predictionNames,
  ),
  targets: optional(
    choice(
      "units of what the model predicts: raw, or standard: standard deviations over the transitions of its first fit (default: raw)",
      ["raw", "standard"],
    ),
  ),
  loss: choice("what the model is trained on", keysOf(dynamicsLosses)),
  precision: optional(
    choice(
      "of large matrix products while the model is fitted: bfloat16 is faster on processors that have it (default: float32)",
      precisions,
    ),
  ),
  recurrent: {
    width: optional(
      width("numbers in the dynamics model's memory, the state of a GRU; 0 (the default): a feed-forward model"),
    ),
    sequence: optional(
      count(`steps of the sequences that a recurrent model is trained on (default: ${SEQUENCE})`, 10_000),
    ),
  },
  outlierSigmas: optional(
    positive(
      "transitions to a state this many standard deviations from the mean are not learned from (default: all are)",
    ),
  ),
  gradientEvery: optional(
    count(
      "epochs between two comparisons of the gradient through the model with the true one, which needs the differentiable engine (default: none)",
    ),
  ),
};

/** Settings of a learned model. */
export type DynamicsConfig = Values<typeof dynamicsSettings>;
