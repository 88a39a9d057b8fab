import type { DynamicsConfig } from "../dynamics/dynamics-settings.js";
import { createDynamics, type DynamicsSizes } from "../dynamics/learned-dynamics.js";
import type { NormalizerTensors, RunningNormalizer } from "../dynamics/normalizer.js";
import { createReward } from "../dynamics/reward-model.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import type { Replay } from "./collector.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import { OutlierFilter } from "./outliers.js";

/** What a method learns of the world: a dynamics model, a model of the reward if wanted, and the replay that they are fitted to. */
export class LearnedWorld {
  /** Where transitions go. */
  readonly replay: Replay;
  private readonly dynamics: ReturnType<typeof createDynamics>["dynamics"];
  private readonly reward?: ReturnType<typeof createReward>;
  private readonly outliers?: OutlierFilter;

  constructor(
    readonly config: DynamicsConfig,
    learnsReward: boolean,
    sizes: DynamicsSizes,
    normalizer: RunningNormalizer,
    stream: (name: string) => RandomStream,
  ) {
    const { dynamics, replay } = createDynamics(config, sizes, stream);
    this.dynamics = dynamics;
    this.reward = learnsReward ? createReward(config, sizes, stream) : undefined;
    const all = this.reward ? bothOf(replay, this.reward.replay) : replay;
    this.outliers = config.outlierSigmas ? new OutlierFilter(all, normalizer, config.outlierSigmas) : undefined;
    this.replay = this.outliers ?? all;
  }

  get params(): Params {
    return this.dynamics.params;
  }

  /** Empty where the reward is not learned. */
  get rewardParams(): Params {
    return this.reward?.model.params ?? {};
  }

  /** An epoch's updates on the replay as it is; reports the mean losses. */
  fit(epoch: number, normalizer: NormalizerTensors): Metrics {
    const { initialUpdates, updates } = this.config;
    const count = epoch === 0 ? initialUpdates : updates;
    const loss = this.dynamics.fit(normalizer, count);
    requireFinite(loss, "the dynamics model's loss");
    if (!this.reward) return { model_loss: loss };
    const rewardLoss = this.reward.model.fit(normalizer, count);
    requireFinite(rewardLoss, "the reward model's loss");
    return { model_loss: loss, reward_loss: rewardLoss };
  }

  /** How many transitions were held back since the last call, where outliers are. */
  heldBack(): Metrics {
    return this.outliers ? { outliers: this.outliers.take() } : {};
  }

  /** The dynamics model's replay is saved by the collector that fills it. */
  save() {
    const { dynamics, reward } = this;
    return {
      dynamics: dynamics.save(),
      reward: reward ? { model: reward.model.save(), replay: reward.replay.save() } : null,
    };
  }

  load({ dynamics, reward }: ReturnType<LearnedWorld["save"]>): void {
    this.dynamics.load(dynamics);
    if (!reward) return;
    this.reward?.model.load(reward.model);
    this.reward?.replay.load(reward.replay);
  }

  dispose(): void {
    this.dynamics.dispose();
    this.reward?.model.dispose();
  }
}

/** What is added to both, and saved by the first. */
const bothOf = (first: Replay, second: Pick<Replay, "add">): Replay => ({
  add: (rows, skip) => [first, second].forEach((replay) => replay.add(rows, skip)),
  save: () => first.save(),
  load: (log) => first.load(log),
});
