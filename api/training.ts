/** Runs: settings and presets, the training loop, the folder of a run, policies and their evaluation. */
import "../baselines/index.js";
import "../tools/study/gradient-quality.js";
import { allSettings } from "../lib/training/algorithms.js";
import { allColumns } from "../lib/training/columns.js";

/** Every setting of the algorithms here, by its path. */
export const settings = allSettings();
/** Every column of the algorithms here, with its meaning. */
export const COLUMNS = allColumns();

export { maacPreset } from "../baselines/baseline-presets.js";
export {
  algorithmNames,
  defineAlgorithm,
  findAlgorithm,
  registerAlgorithms,
  type Algorithm,
  type AlgorithmName,
  type ConfigOf,
  type MeasuredColumn,
} from "../lib/training/algorithms.js";
export { type Column } from "../lib/training/columns.js";
export { defaultsOf, resolveConfig, unofficial, type RunConfig } from "../lib/training/config.js";
export { evaluate, type Evaluation } from "../lib/training/evaluate.js";
export { laptopAlgorithms } from "../lib/training/laptop-preset.js";
export { describeMachine, type Machine } from "../lib/training/machine.js";
export { type Row, type Times } from "../lib/training/metrics.js";
export { Policy } from "../lib/training/policy.js";
export { dmoPreset, type PresetTask } from "../lib/training/presets.js";
export { RunFolder } from "../lib/training/run-folder.js";
export { TrainingFolder, type Resumption, type RowReader, type Subscribe } from "../lib/training/training-folder.js";
export { runInFolder, type RunOptions, type RunOutcome } from "../lib/training/run.js";
export { Training, evaluatePolicy, type EvaluationOptions } from "../lib/training/train.js";
export { policyToOnnx } from "../tools/export/onnx.js";
export { changes, settingsOf } from "@dmo-lab/input/configuration";
export {
  choice,
  count,
  fraction,
  optional,
  positive,
  weight,
  type Setting,
  type SettingTree,
  type Settings,
  type Values,
} from "@dmo-lab/input/setting";
export { makeFolder, writeAtomically } from "@dmo-lab/storage/files";
