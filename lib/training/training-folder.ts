import * as fs from "node:fs";
import { InputError } from "@dmo-lab/input/errors";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import type { Checkpoints } from "@dmo-lab/storage/checkpoint";
import { takeLock } from "@dmo-lab/storage/lock";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { TableFile } from "@dmo-lab/storage/table-file";
import { columnsOf } from "./columns.js";
import type { RunConfig } from "./config.js";
import type { Evaluation } from "./evaluate.js";
import { describeMachine, type Machine } from "./machine.js";
import type { Row } from "./metrics.js";
import type { Policy } from "./policy.js";
import { RunFolder } from "./run-folder.js";
import { digestOf } from "./task-digest.js";

/** Reads the rows of a run as they come (`append`), and its score (`finish`), for another program; `close` ends it in any case. */
export type RowReader = { append(row: Row): void; finish(evaluation: Evaluation): void; close(): void };

/** Subscribes to a run: what it has done so far, and when it began [ISO 8601]. `undefined` where it can't be read here. */
export type Subscribe = (
  directory: string,
  run: { config: RunConfig; started: string; rows: readonly Row[] },
) => RowReader | undefined;
type Subscribers = readonly Subscribe[];

/** A run in its `folder` that goes on: `from` where, unless from its beginning, and `problems`, a line for each checkpoint of no use. */
export type Resumption = { folder: TrainingFolder; from?: { epochs: number; state: SavedState }; problems: string[] };

/** The folder of the run that this process trains, which no other one can meanwhile: `append` a row, `saveEvaluation` of its score. */
export class TrainingFolder extends RunFolder {
  private checkpoints?: Checkpoints;
  private metricsFile?: TableFile;
  private told: Subscribers = [];
  private readers: RowReader[] = [];
  private release?: () => void;

  /**
   * Makes the folder of a new run. Until {@link close}, no other process can train there.
   * @throws InputError for a folder that holds a run, is in use or can't be made
   */
  static create(directory: string, config: RunConfig, backend: BackendInfo, told: Subscribers = []): TrainingFolder {
    return TrainingFolder.locked(directory, told, (folder) => {
      if (folder.files.has("config") || folder.files.has("metrics"))
        throw new InputError(
          `--out "${directory}" already holds a run; --resume goes on with it, or name another folder.`,
        );
      folder.begin(config, describeMachine(backend));
      return folder;
    });
  }

  private static locked<R>(directory: string, told: Subscribers, work: (folder: TrainingFolder) => R): R {
    const folder = new TrainingFolder(directory);
    folder.told = told;
    try {
      fs.mkdirSync(directory, { recursive: true });
    } catch (error) {
      throw new InputError(`--out "${directory}" can't be written: ${(error as Error).message}.`);
    }
    folder.release = takeLock(folder.files.path("lock"), `run "${directory}"`);
    try {
      return work(folder);
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /**
   * Goes on with a run that was stopped or killed, to epoch `config.epochs`: from its newest whole checkpoint, or from
   * the beginning where there is none. metrics.csv then ends where the checkpoint was made.
   * Until {@link close}, no other process can train there.
   * @throws InputError where the folder holds another run, or one that was computed in another way, or is in use
   */
  static resume(directory: string, config: RunConfig, backend: BackendInfo, told: Subscribers = []): Resumption {
    return TrainingFolder.locked(directory, told, (folder) => {
      if (folder.files.has("config")) folder.requireSameRun(config);
      const machine = describeMachine(backend);
      const { found: from, problems } = (folder.checkpoints = folder.openCheckpoints(config, machine)).latest();
      if (!from) folder.begin(config, machine);
      else if (from.epochs > config.epochs)
        throw new InputError(
          `setting epochs is "${config.epochs}", but the run in "${directory}" has done ${from.epochs}.`,
        );
      else folder.goOn(config, from.epochs, machine.matmul_gflops);
      return { folder, from, problems };
    });
  }

  /** Lets other processes go on with the run. */
  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
    this.release?.();
  }

  private begin(config: RunConfig, machine: Machine): void {
    this.files.remove("policy", "best", "evaluation");
    this.files.write("machine", machine);
    this.files.write("task", digestOf(config.task));
    this.files.write("config", config);
    this.table(config).write();
    this.checkpoints = this.openCheckpoints(config, machine);
    this.subscribe(config, machine.started, []);
  }

  private goOn(config: RunConfig, epochs: number, matmul_gflops?: number): void {
    const machine = this.machine();
    const resumed = [...(machine.resumed ?? []), { at: new Date().toISOString(), epochs, matmul_gflops }];
    this.table(config).truncate(this.metrics, epochs);
    this.files.remove("evaluation");
    this.files.write("config", config);
    this.files.write("machine", { ...machine, resumed });
    this.subscribe(config, machine.started, this.rows());
  }

  private table(config?: RunConfig): TableFile {
    const columns = () => Object.keys(columnsOf((config ?? this.config()).algorithm));
    return (this.metricsFile ??= new TableFile(this.files.path("metrics"), columns()));
  }

  private subscribe(config: RunConfig, started: string, rows: readonly Row[]): void {
    this.readers = this.told.flatMap((open) => open(this.directory, { config, started, rows }) ?? []);
  }

  append(row: Row): void {
    this.table().append(row);
    for (const reader of this.readers) reader.append(row);
  }

  /** Writes a checkpoint, after making the rows durable that it counts on. @throws StorageError */
  saveCheckpoint(epochs: number, state: SavedState): void {
    this.table().sync();
    this.checkpoints?.save(epochs, state);
  }

  /** Epochs done at the newest checkpoint. */
  get savedEpochs(): number | undefined {
    return this.checkpoints?.newest;
  }

  /** Keeps the newest policy, or the best one. @throws StorageError */
  savePolicy(policy: Policy, which: "policy" | "best" = "policy"): void {
    policy.save(this.files.path(which));
  }

  saveEvaluation(evaluation: Evaluation): void {
    this.files.write("evaluation", evaluation);
    for (const reader of this.readers) reader.finish(evaluation);
  }
}
