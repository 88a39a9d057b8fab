export * from "../dynamics/model.js";
export * from "../dynamics/learned-dynamics.js";
export * from "../dynamics/dynamics-settings.js";
export * from "../dynamics/normalizer.js";
export * from "../dynamics/replay-buffer.js";
export * from "../dynamics/recurrent.js";
export * from "../dynamics/reward-model.js";
export * from "../dynamics/sequence-buffer.js";
