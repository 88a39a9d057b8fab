/** The learned model of the dynamics: its network, its fit, the buffers and the normaliser that it learns from. */
export { type DynamicsConfig } from "../lib/dynamics/dynamics-settings.js";
export {
  LearnedDynamics,
  createDynamics,
  type BatchLoss,
  type DynamicsSizes,
} from "../lib/dynamics/learned-dynamics.js";
export {
  clampLogVariance,
  distribution,
  dynamicsLoss,
  initDynamics,
  predict,
  predictNextObs,
  predictions,
  type Distribution,
  type DynamicsLoss,
  type FitBatch,
  type Memory,
  type ModelState,
  type ObservationPrediction,
  type Prediction,
} from "../lib/dynamics/model.js";
export {
  RunningNormalizer,
  normalize,
  type NormalizerState,
  type NormalizerTensors,
} from "../lib/dynamics/normalizer.js";
export {
  ReplayBuffer,
  transitionColumns,
  type Batch,
  type ChangeBatch,
  type ColumnSizes,
  type ColumnValues,
  type OutcomeBatch,
  type OutcomeColumns,
  type TransitionBatch,
  type TransitionColumns,
} from "../lib/dynamics/replay-buffer.js";
export { SequenceBuffer, type SequenceBatch, type SequenceSizes } from "../lib/dynamics/sequence-buffer.js";
