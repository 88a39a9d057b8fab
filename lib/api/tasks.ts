export * from "../tasks/index.js";
export * from "../tasks/task.js";
export * from "../tasks/environment.js";
export * from "../tasks/simulate.js";
