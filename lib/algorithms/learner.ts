import type { Params } from "../tensor/layers.js";
import type { NormalizerState } from "../dynamics/normalizer.js";
import type { State } from "../tensor/state.js";

/** Measurements of one epoch by column name; see `training/metrics.ts` for the schema. */
export type Metrics = { [column: string]: number };

/** What the world needs to know of a trained actor: its parameters and the normaliser it sees through. */
export type PolicySnapshot = { actor: Params; normalizer: NormalizerState };

/** An algorithm at work on one task. Epochs are run in order from 0. */
export interface Learner {
  /** @throws NonFiniteError that names the value */
  epoch(epoch: number): Metrics;
  /** The current policy; its tensors belong to the learner. */
  policy(): PolicySnapshot;
  /** Everything that later epochs depend on. A row log in it reads the learner's own rows: use it before the next epoch. */
  save(): State;
  /** Into a learner of the same task and configuration: the next epochs equal those of the one that was saved. */
  load(state: State): void;
  dispose(): void;
}
