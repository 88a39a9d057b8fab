import type { Learner, Metrics } from "../algorithms/learner.js";
import { NonFiniteError } from "@dmo-lab/input/errors";
import { kernel } from "../kernel.js";
import type { EngineName } from "../tasks/engines.js";
import type { Environment } from "../tasks/environment.js";
import { createEnvironment, findTask } from "../tasks/index.js";
import { defineTask } from "../tasks/define-task.js";
import { streams } from "../tensor/random.js";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { findAlgorithm } from "./algorithms.js";
import { checkMetrics } from "./columns.js";
import type { RunConfig } from "./config.js";
import { evaluate, type Evaluation } from "./evaluate.js";
import { completeRow, type Row, timesBetween, timesNow } from "./metrics.js";
import { Policy } from "./policy.js";

/** A run in memory: a generator of rows, by its `config`, and at any moment the current policy. Who prints, plots or saves reads from it. */
export class Training {
  /** What an epoch is run by. */
  readonly learner: Learner;
  private readonly environment: Environment;
  /** Epochs done. */
  private epochs = 0;
  private began = timesNow();

  constructor(readonly config: RunConfig) {
    const stream = streams(config.seed);
    const { task, algorithm, envs, engine, rewardBonus, randomization } = config;
    const met = (randomization === "off" && findTask(task).unrandomized?.()) || findTask(task);
    const trained = rewardBonus === undefined ? met : defineTask({ ...met, rewardBonus });
    this.environment = createEnvironment(trained, envs, stream("environment"), engine);
    this.learner = findAlgorithm(algorithm).create(config, this.environment, stream);
  }

  /**
   * Trains epoch by epoch to the last one, one row each; gives way to the event loop in between. In a notebook,
   * Interrupt ends it after the epoch at work; called again, it goes on from there. @throws NonFiniteError
   */
  async *rows(): AsyncGenerator<Row> {
    const { epochs, envs, horizon, evaluateEvery } = this.config;
    const interruption = kernel()?.interruption;
    while (this.epochs < epochs) {
      const epochBegan = timesNow();
      const metrics = this.epoch(this.epochs);
      const row = completeRow(this.epochs++, metrics, this.began, epochBegan, envs * horizon);
      if (evaluateEvery && row.epoch! % evaluateEvery === 0) row.deterministic_return = this.deterministicReturn();
      await new Promise((resume) => setTimeout(resume)); // before the row is seen, so that its readers know of a Ctrl-C during the epoch
      yield row;
      interruption?.throwIfAborted();
    }
  }

  private epoch(epoch: number): Metrics {
    try {
      return checkMetrics(this.learner.epoch(epoch), this.config.algorithm);
    } catch (error) {
      if (error instanceof NonFiniteError) throw new NonFiniteError(`Stopped in epoch ${epoch}: ${error.message}.`);
      throw error;
    }
  }

  /** In episodes that neither training nor the final score sees; the run's clock stands still meanwhile. */
  private deterministicReturn(): number {
    const { evaluationEpisodes, seed, engine } = this.config;
    const [before, policy] = [timesNow(), this.policy()];
    const { mean } = evaluatePolicy(policy, evaluationEpisodes, seed, { engine, starts: "starts while training" });
    policy.dispose();
    this.began = timesBetween(timesBetween(timesNow(), before), this.began);
    return mean;
  }

  /** The current policy; the caller disposes it. */
  policy(): Policy {
    return new Policy(this.config.task, this.learner.policy());
  }

  /** Everything that the epochs to come depend on, and the time spent so far. */
  save() {
    return { epochs: this.epochs, spent: timesBetween(this.began, timesNow()), learner: this.learner.save() };
  }

  /** Into a run of the same configuration: its rows go on where those of the saved one stopped. */
  load(state: SavedState): void {
    const { epochs, spent, learner } = state as ReturnType<Training["save"]>;
    this.learner.load(learner);
    this.epochs = epochs;
    this.began = timesBetween(spent, timesNow());
  }

  /** Frees its environments and all tensors. */
  dispose(): void {
    this.learner.dispose();
    this.environment.dispose();
  }
}

/** Whether it is `stochastic`, on which `engine`; `starts` names the random stream of the episodes' starts. */
export type EvaluationOptions = { stochastic?: boolean; engine?: EngineName; starts?: string };

/** Evaluates a `policy` on its task over `episodes` episodes, by default on its first `engine`, not `stochastic`; `starts` follow from `seed`. */
export function evaluatePolicy(
  policy: Policy,
  episodes: number,
  seed: number,
  { stochastic = false, engine, starts = "evaluation starts" }: EvaluationOptions = {},
): Evaluation {
  const stream = streams(seed);
  policy.requireFit(findTask(policy.task));
  const environment = createEnvironment(findTask(policy.task), episodes, stream(starts), engine);
  try {
    return evaluate(policy, environment, stochastic ? stream("evaluation noise") : undefined);
  } finally {
    environment.dispose();
  }
}
