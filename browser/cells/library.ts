/** What a notebook's cells import as dmo-lab where they run in a page: the library without what needs files and processes. */
export * as tensor from "../../api/tensor.js";
export * as physics from "../../api/physics.js";
export * as tasks from "../../api/tasks.js";
export * as dynamics from "../../api/dynamics.js";
export * as algorithms from "../../api/algorithms.js";
export * as training from "../../api/training.js";
/** Statistics alone: comparisons read results from files. */
export * as study from "../../tools/study/statistics.js";
export * as report from "../../api/report.js";
export * as notebook from "../../api/notebook.js";
export { packageFile } from "../../lib/project.js";
