export * from "../physics/model.js";
export * from "../physics/tree.js";
export * from "../physics/mjcf.js";
export * from "../physics/engine.js";
export * from "../physics/simulator.js";
export * from "../physics/mujoco-engine.js";
export * from "../physics/expression.js";
export * from "../physics/autodiff.js";
