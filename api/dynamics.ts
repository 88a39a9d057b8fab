export * from "../lib/dynamics/model.js";
export * from "../lib/dynamics/learned-dynamics.js";
export * from "../lib/dynamics/dynamics-settings.js";
export * from "../lib/dynamics/normalizer.js";
export * from "../lib/dynamics/replay-buffer.js";
export * from "../lib/dynamics/recurrent.js";
export * from "../lib/dynamics/reward-model.js";
export * from "../lib/dynamics/sequence-buffer.js";
