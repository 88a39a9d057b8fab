import { InputError, NonFiniteError, StorageError } from "@dmo-lab/input/errors";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import type { RunConfig } from "./config.js";
import type { Evaluation } from "./evaluate.js";
import type { Row } from "./metrics.js";
import { Policy } from "./policy.js";
import type { TrainingFolder } from "./training-folder.js";
import { evaluatePolicy, Training } from "./train.js";

/** How a run ended; a stopped run keeps its rows and its last good policy. */
export type RunOutcome = { ended: "finished"; evaluation: Evaluation } | { ended: "interrupted" };

/** Epochs between two checkpoints; measured to cost less than 1 % of a run. */
export const CHECKPOINT_EVERY = 10;

/** Who is told (`onRow`, with a row that is on disk by then), when it is kept (`checkpointEvery` epochs, default 10), and how it can be stopped. */
export type RunOptions = {
  onRow?: (row: Row) => void;
  /** Aborted, it ends the run after the epoch at work. */
  signal?: AbortSignal;
  checkpointEvery?: number;
  /** The state of a checkpoint to go on from. */
  from?: SavedState;
};

/**
 * Trains as `config` says into `folder`: every row is on disk when `onRow` sees it, state and policy at every
 * checkpoint and when training ends, the policy with the best evaluation so far, and the score of the deterministic
 * policy when it ran to the end. Closes the folder.
 * @throws NonFiniteError when training met a value that is not finite, after the last good policy was saved
 * @throws StorageError when the disk is full, for example; the run can go on from its last checkpoint
 */
export async function runInFolder(
  config: RunConfig,
  folder: TrainingFolder,
  { onRow, signal, checkpointEvery = CHECKPOINT_EVERY, from }: RunOptions = {},
): Promise<RunOutcome> {
  const run = new Run(config, from);
  let best = folder.rows().reduce((best, { deterministic_return: each = best }) => Math.max(best, each), -Infinity);
  try {
    for await (const row of run.rows()) {
      folder.append(row);
      if (row.deterministic_return! > best) folder.savePolicy(run.latest, "best");
      best = Math.max(best, row.deterministic_return ?? best);
      onRow?.(row);
      const done = row.epoch! + 1;
      const last = signal?.aborted || done === config.epochs;
      if (last || done % checkpointEvery === 0) run.save(folder, done);
      if (signal?.aborted) return { ended: "interrupted" };
    }
    const evaluation = evaluatePolicy(run.latest, config.evaluationEpisodes, config.seed, config);
    folder.saveEvaluation(evaluation);
    return { ended: "finished", evaluation };
  } catch (error) {
    if (error instanceof NonFiniteError) folder.savePolicy(run.proven);
    throw error instanceof StorageError ? withRemedy(error, folder) : error;
  } finally {
    run.dispose();
    folder.close();
  }
}

/** What a checkpoint holds. */
export type RunState = { training: ReturnType<Training["save"]>; proven: string };

/** A training, its policy, and the one before it, which is known to roll out a whole epoch without non-finite values. */
class Run {
  proven: Policy;
  latest: Policy;
  private readonly training: Training;

  constructor(config: RunConfig, from?: SavedState) {
    this.training = new Training(config);
    const saved = from as RunState | undefined;
    if (saved) this.load(saved.training);
    this.latest = this.training.policy();
    this.proven = saved ? Policy.parse(saved.proven) : this.training.policy();
  }

  /** Checkpoints are checked when they are read: what fails here was made by hand. */
  private load(state: SavedState): void {
    try {
      this.training.load(state);
    } catch (error) {
      throw new InputError(`The checkpoint is whole, but does not fit the run: ${(error as Error).message}.`);
    }
  }

  async *rows(): AsyncGenerator<Row> {
    for await (const row of this.training.rows()) {
      this.proven.dispose();
      [this.proven, this.latest] = [this.latest, this.training.policy()];
      yield row;
    }
  }

  /** Policy first: with the checkpoint, the run can do without it. */
  save(folder: TrainingFolder, epochs: number): void {
    folder.savePolicy(this.latest);
    folder.saveCheckpoint(epochs, this.state());
  }

  private state(): RunState {
    return { training: this.training.save(), proven: this.proven.text() };
  }

  dispose(): void {
    for (const part of [this.proven, this.latest, this.training]) part.dispose();
  }
}

function withRemedy(error: StorageError, { savedEpochs }: TrainingFolder): StorageError {
  const safe = savedEpochs ? `The run up to epoch ${savedEpochs} is safe` : "Nothing of the run is saved yet";
  const remedy = `${safe}: make room, then give the same command with --resume.`;
  return new StorageError(`${error.message} ${remedy}`, { cause: error });
}
