import "../baselines/index.js";
import "../tools/study/gradient-quality.js";
import { allSettings } from "../lib/training/algorithms.js";
import { allColumns } from "../lib/training/columns.js";

/** Every setting of the algorithms here, by its path. */
export const settings = allSettings();
/** Every column of the algorithms here, with its meaning. */
export const COLUMNS = allColumns();

export { loadAlgorithm } from "../lib/training/algorithm-file.js";
export * from "../lib/training/algorithms.js";
export * from "../lib/training/config.js";
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
} from "../lib/training/presets.js";
export * from "../baselines/baseline-presets.js";
export * from "../lib/training/laptop-preset.js";
export * from "@dmo-lab/input/setting";
export * from "../lib/tensor/network-settings.js";
export * from "../lib/training/settings.js";
export * from "@dmo-lab/input/configuration";
export * from "../lib/training/config-check.js";
export * from "../lib/training/train.js";
export * from "../lib/training/run.js";
export * from "../lib/training/machine.js";
export * from "../lib/training/run-folder.js";
export * from "../lib/training/metrics.js";
export * from "../lib/training/columns.js";
export * from "../lib/training/evaluate.js";
export * from "../lib/training/policy.js";
export * from "@dmo-lab/storage/checkpoint";
export * from "../tools/export/onnx.js";
export { makeFolder, writeAtomically } from "@dmo-lab/storage/files";
