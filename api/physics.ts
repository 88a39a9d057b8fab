export * from "@dmo-lab/physics/model";
export * from "@dmo-lab/physics/tree";
export * from "@dmo-lab/mujoco/mjcf";
export * from "@dmo-lab/physics/engine";
export * from "@dmo-lab/physics/simulator";
export * from "@dmo-lab/mujoco/mujoco-engine";
export * from "@dmo-lab/physics/expression";
export * from "@dmo-lab/physics/autodiff";
