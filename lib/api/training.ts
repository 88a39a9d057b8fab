export * from "../training/algorithms.js";
export * from "../training/config.js";
export {
  bpttPreset,
  dmoBpttPreset,
  dmoPreset,
  dmoSapoPreset,
  imaginationPreset,
  presetOf,
  presetTasks,
  sapoPreset,
  shacPreset,
  type PresetTask,
} from "../training/presets.js";
export * from "../training/baseline-presets.js";
export * from "../training/laptop-settings.js";
export * from "../setting.js";
export * from "../training/settings.js";
export * from "../training/config-settings.js";
export * from "../training/train.js";
export * from "../training/run.js";
export * from "../training/machine.js";
export * from "../training/run-folder.js";
export * from "../training/metrics.js";
export * from "../training/columns.js";
export * from "../training/evaluate.js";
export * from "../training/policy.js";
export * from "../training/checkpoint.js";
export * from "../training/onnx.js";
export { makeFolder, writeAtomically } from "../training/files.js";
