import type { DynamicsConfig } from "../dynamics/dynamics-settings.js";
import { createDynamics, type DynamicsSizes } from "../dynamics/learned-dynamics.js";
import type { NormalizerTensors, RunningNormalizer } from "../dynamics/normalizer.js";
import { memoryAfter } from "../dynamics/recurrent.js";
import { createReward } from "../dynamics/reward-model.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Composite, NOTHING, type Part } from "../tensor/state.js";
import { NO_MEMORY, NO_REPLAY, type Recall, type Replay } from "./collector.js";
import type { LearnedModel } from "./forward.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import { OutlierFilter } from "./outliers.js";

/** A world model as an epoch uses it: the dynamics model, and the parameters of the learned reward ({} without). */
export type FrozenWorldModel = LearnedModel & { reward: Params };

/** A model of the reward, and the replay that it is fitted to. */
type RewardModel = Part & {
  readonly params: Params;
  readonly replay: Pick<Replay, "add">;
  fit(normalizer: NormalizerTensors, updates: number): Metrics;
};

/** Makes a model of the reward, or none. */
export type CreateRewardModel = (
  config: DynamicsConfig,
  sizes: DynamicsSizes,
  stream: (name: string) => RandomStream,
) => RewardModel;

/** The task's reward is used: no model of it is learned. */
export const noRewardModel: CreateRewardModel = () => ({ ...NOTHING, params: {}, replay: NO_REPLAY, fit: () => ({}) });

class LearnedReward extends Composite<ReturnType<typeof createReward>> implements RewardModel {
  get params(): Params {
    return this.parts.model.params;
  }

  get replay(): Pick<Replay, "add"> {
    return this.parts.replay;
  }

  fit(normalizer: NormalizerTensors, updates: number): Metrics {
    return { reward_loss: requireFinite(this.parts.model.fit(normalizer, updates), "the reward model's loss") };
  }
}

/** A reward that is learned with the dynamics. */
export const learnedReward: CreateRewardModel = (...from) => new LearnedReward(createReward(...from));

type WorldModelParts = { dynamics: ReturnType<typeof createDynamics>["dynamics"]; reward: RewardModel };

/**
 * What a method learns of the world by `config`: dynamics, the reward if wanted, and the replay that they are fitted
 * to. The dynamics model's replay is saved by the collector that fills it.
 */
export class WorldModel extends Composite<WorldModelParts> {
  /** Where transitions go. */
  readonly replay: Replay;
  /** Numbers in the model's memory. */
  readonly memory: number;
  /** How many transitions were held back since the last call, where outliers are. */
  readonly heldBack: () => Metrics;

  constructor(
    readonly config: DynamicsConfig,
    createRewardModel: CreateRewardModel,
    sizes: DynamicsSizes,
    normalizer: RunningNormalizer,
    stream: (name: string) => RandomStream,
  ) {
    const { dynamics, replay } = createDynamics(config, sizes, stream);
    const reward = createRewardModel(config, sizes, stream);
    super({ dynamics, reward });
    this.memory = config.recurrent?.width ?? 0;
    const both = inBoth(replay, reward.replay);
    const filter = config.outlierSigmas ? new OutlierFilter(both, normalizer, config.outlierSigmas) : undefined;
    this.replay = filter ?? both;
    this.heldBack = filter ? () => ({ outliers: filter.take() }) : () => ({});
  }

  /** Transitions that are collected before the first fit. */
  get minReplay(): number {
    return this.config.minReplay;
  }

  /** Of the learned reward; {} without. */
  get rewardParams(): Params {
    return this.parts.reward.params;
  }

  /** With the normaliser that it sees through. */
  frozen(normalizer: NormalizerTensors): FrozenWorldModel {
    return { params: this.parts.dynamics.params, normalizer, reward: this.rewardParams };
  }

  /** How the memory of the model in use goes on while the simulator steps. */
  recall(model: () => LearnedModel): Recall {
    if (this.memory === 0) return NO_MEMORY;
    return { width: this.memory, after: (...step) => memoryAfter(model(), ...step) };
  }

  /** An epoch's updates on the replay as it is; reports the mean losses. @throws NonFiniteError */
  fit(epoch: number, normalizer: NormalizerTensors): Metrics {
    const { initialUpdates, updates } = this.config;
    const count = epoch === 0 ? initialUpdates : updates;
    const loss = requireFinite(this.parts.dynamics.fit(normalizer, count), "the dynamics model's loss");
    return { model_loss: loss, ...this.parts.reward.fit(normalizer, count) };
  }
}

/** What an epoch needs of a model. */
export type WorldModelPart = Part & Omit<WorldModel, keyof Part | "parts" | "config">;

/** A method that learns nothing of the world has this. */
export const NO_WORLD_MODEL: WorldModelPart = {
  ...NOTHING,
  replay: NO_REPLAY,
  memory: 0,
  minReplay: 0,
  rewardParams: {},
  frozen: () => {
    throw new Error("This method has no dynamics section: it cannot use a learned model.");
  },
  recall: () => NO_MEMORY,
  fit: () => ({}),
  heldBack: () => ({}),
};

/** What is added to both, and saved by the first. */
const inBoth = (first: Replay, second: Pick<Replay, "add">): Replay => ({
  add: (rows, skip) => [first, second].forEach((replay) => replay.add(rows, skip)),
  save: () => first.save(),
  load: (log) => first.load(log),
});
