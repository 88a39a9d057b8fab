export * from "../tasks/index.js";
export * from "../tasks/task.js";
export { conditions as go2Conditions, type Conditions as Go2Conditions } from "../tasks/go2-conditions.js";
export { go2 } from "../tasks/go2.js";
export { go2Bipedal } from "../tasks/go2-bipedal.js";
export * from "../tasks/go2-demonstration.js";
export * from "../tasks/go2-trials.js";
export * from "../tasks/environment.js";
export * from "../tasks/simulate.js";
