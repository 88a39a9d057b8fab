/** What methods are made of: rollouts, forward and backward passes, objectives, actors, critics; and the methods. */
import "../baselines/index.js";

export { imaginedValue, maac, type Imagined, type MaacConfig, type ModelStep } from "../baselines/maac.js";
export { type FittedModels, type OffPolicyInputs, type OffPolicyMethod } from "../baselines/off-policy.js";
export {
  gae,
  initPpo,
  klDivergence,
  logProbability,
  meanAndValue,
  ppoLoss,
  standardized,
  type Gaussians,
  type PpoBatch,
  type PpoLossConfig,
} from "../baselines/ppo-loss.js";
export { ppo, type PpoConfig } from "../baselines/ppo.js";
export { softAction, softValue, type Soft, type Twin } from "../baselines/q-functions.js";
export { initSac, sac, type ActorObjective, type SacConfig, type SacState } from "../baselines/sac.js";
export { Actor, deterministicAction, initActor, sampleAction } from "../lib/algorithms/actor.js";
export { modelBackward, simulatorBackward, type Backward } from "../lib/algorithms/backward.js";
export { methodOf, type Choices, type FirstOrderMethod, type MethodInputs } from "../lib/algorithms/choices.js";
export { Collector, type Recall, type Replay } from "../lib/algorithms/collector.js";
export { type CriticRollout, type RecordedForward } from "../lib/algorithms/critic-rollouts.js";
export {
  Critic,
  criticInputs,
  criticUpdate,
  initCritic,
  moveTarget,
  tdLambda,
  value,
  type CriticReport,
  type RewardStep,
} from "../lib/algorithms/critic.js";
export { Critics, type CriticsPart, type Decay } from "../lib/algorithms/critics.js";
export { dmo, dmoBptt } from "../lib/algorithms/dmo.js";
export {
  type ActorConfig,
  type ActorPolicy,
  type CriticConfig,
  type CriticsConfig,
  type FirstOrderConfig,
  type TemperatureConfig,
} from "../lib/algorithms/first-order-settings.js";
export { FirstOrderLearner } from "../lib/algorithms/first-order.js";
export { modelForward, simulatorForward, type LearnedModel, type ModelReward } from "../lib/algorithms/forward.js";
export { imagination } from "../lib/algorithms/imagination.js";
export {
  type Columns,
  type CreateLearner,
  type Learner,
  type LearnerConfig,
  type Metrics,
  type PolicySnapshot,
} from "../lib/algorithms/learner.js";
export {
  rewardAndValueObjective,
  rewardObjective,
  rewardTerm,
  softObjective,
  valueTerm,
  type Bootstrap,
  type Constants,
  type Decision,
  type OutcomeTerm,
  type StepInputs,
  type StepObjective,
  type StepWeights,
} from "../lib/algorithms/objective.js";
export { FirstOrderParts, type ComparisonPoint, type GradientObserver } from "../lib/algorithms/parts.js";
export {
  policyNetworks,
  sampleWithLogProbability,
  type NetworkName,
  type PolicyNetwork,
} from "../lib/algorithms/policies.js";
export {
  policyGradient,
  segmentWeights,
  type PolicyGradient,
  type SegmentWeights,
} from "../lib/algorithms/policy-gradient.js";
export { ReturnMeter } from "../lib/algorithms/return-meter.js";
export {
  rollout,
  type Forward,
  type ForwardOutcome,
  type RobotState,
  type Sense,
  type Start,
  type Transition,
} from "../lib/algorithms/rollout.js";
export { dmoSapo, sapo } from "../lib/algorithms/sapo.js";
export { bptt, shac } from "../lib/algorithms/shac.js";
export { Temperature, temperatureLoss, type TemperaturePart } from "../lib/algorithms/temperature.js";
export {
  WorldModel,
  type CreateRewardModel,
  type FrozenWorldModel,
  type WorldModelPart,
} from "../lib/algorithms/world-model.js";
export { firstOrder } from "../lib/training/algorithms.js";
export {
  GradientProbe,
  comparison,
  gradientObserver,
  type Closeness,
  type GradientQuality,
  type Quality,
  type Quartiles,
  type Spread,
} from "../tools/study/gradient-quality.js";
