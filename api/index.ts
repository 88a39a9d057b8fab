/** DMO Lab as a library: one namespace a folder, from tensors and physics up to training and reports. */
export * as tensor from "./tensor.js";
export * as physics from "./physics.js";
export * as tasks from "./tasks.js";
export * as dynamics from "./dynamics.js";
export * as algorithms from "./algorithms.js";
export * as training from "./training.js";
export * as study from "./study.js";
export * as report from "./report.js";
export * as notebook from "./notebook.js";
export { InputError, NonFiniteError, StorageError } from "@dmo-lab/input/errors";
export { packageFile } from "../lib/project.js";
