import { count, fraction, type Values } from "@dmo-lab/input/setting";
import type { NormalizerState } from "../dynamics/normalizer.js";
import type { Environment } from "../tasks/environment.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import type { NetworkName } from "./policies.js";

/** What every algorithm's settings hold. An epoch is `horizon` steps in each of `envs` parallel environments. */
export const learnerSettings = {
  envs: count("parallel environments", 100_000),
  horizon: count("steps of a rollout", 10_000),
  gamma: fraction("discount factor"),
  epochs: count("epochs to run", 1_000_000_000),
};

/** Settings of every algorithm. */
export type LearnerConfig = Values<typeof learnerSettings>;

/** Columns of metrics.csv by name: what each means. */
export type Columns = { readonly [column: string]: string };

/** Columns that learners have in common. */
export const learnerColumns = {
  samples: "environment steps so far, all environments together, the initial collection not counted",
  return: "moving mean of the undiscounted returns of the stochastic policy over about the last 100 finished episodes",
  floored_rewards:
    "fraction of the rollout's rewards that count as the task's floor, where their gradient is 0 (tasks with a floor)",
  lost_states: "environments whose state left the task's limit in the epoch's rollout, and started anew",
  fit_seconds: "seconds of fitting the dynamics model",
  rollout_seconds: "seconds of the rollout: policy, simulation, reward",
};

/** Measurements of one epoch, by the columns that the algorithm declares. */
export type Metrics = { [column: string]: number };

/** What the world needs to know of a trained actor: its `network`, the parameters of the `actor`, and the `normalizer` of what it sees. */
export type PolicySnapshot = { network: NetworkName; actor: Params; normalizer: NormalizerState };

/** An algorithm at work on one task. Epochs are run in order from 0; `dispose` frees its tensors. */
export interface Learner {
  /** @throws NonFiniteError that names the value */
  epoch(epoch: number): Metrics;
  /** The current policy; its tensors belong to the learner. */
  policy(): PolicySnapshot;
  /** Everything that later epochs depend on. A row log in it reads the learner's own rows: use it before the next epoch. */
  save(): SavedState;
  /** Into a learner of the same task and configuration: the next epochs equal those of the one that was saved. */
  load(state: SavedState): void;
  dispose(): void;
}

/** Makes a learner; every random number it draws comes from a stream of its own name. */
export type CreateLearner<C extends LearnerConfig = LearnerConfig> = (
  config: C,
  environment: Environment,
  stream: (name: string) => RandomStream,
) => Learner;
