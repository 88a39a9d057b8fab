import "../robots/index.js";

export * from "../lib/tasks/index.js";
export { loadTask } from "../lib/training/task-file.js";
export { allegro } from "../robots/allegro/allegro.js";
export * from "../lib/tasks/engines.js";
export * from "../lib/tasks/define-task.js";
export * from "../lib/tasks/task.js";
export * from "../lib/tasks/read.js";
export { conditions as go2Conditions, type Conditions as Go2Conditions } from "../robots/go2/go2-conditions.js";
export { go2 } from "../robots/go2/go2.js";
export { go2Bipedal } from "../robots/go2/go2-bipedal.js";
export * from "../robots/go2/go2-demonstration.js";
export * from "../robots/go2/go2-trials.js";
export * from "../lib/tasks/environment.js";
export * from "../lib/tasks/episodes.js";
export * from "../tools/simulate/simulate.js";
