/** DMO Lab as a library: one namespace a folder, from tensors and physics up to training and reports. */
export * as tensor from "./api/tensor.js";
export * as physics from "./api/physics.js";
export * as tasks from "./api/tasks.js";
export * as dynamics from "./api/dynamics.js";
export * as algorithms from "./api/algorithms.js";
export * as training from "./api/training.js";
export * as study from "./api/study.js";
export * as report from "./api/report.js";
export * as notebook from "./api/notebook.js";
export { InputError, NonFiniteError, StorageError } from "./errors.js";
export { packageFile } from "./project.js";
