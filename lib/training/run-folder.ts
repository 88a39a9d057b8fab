import * as fs from "node:fs";
import { InputError } from "@dmo-lab/input/errors";
import { digestOf, taskChanges, taskDigestSchema, type TaskDigest } from "./task-digest.js";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { Checkpoints } from "@dmo-lab/storage/checkpoint";
import { readConfig, type RunConfig } from "./config.js";
import { evaluationSchema, type Evaluation } from "./evaluate.js";
import { Folder } from "@dmo-lab/storage/folder";
import { isLocked, takeLock } from "@dmo-lab/storage/lock";
import { TableFile } from "@dmo-lab/storage/table-file";
import { describeMachine, machineSchema, type Machine } from "./machine.js";
import { columnsOf } from "./columns.js";
import { parseCsv, type Row } from "./metrics.js";
import { Policy } from "./policy.js";
import { differences } from "@dmo-lab/input/configuration";

/** What a run's folder holds, beside what its readers write. */
const FILES = {
  /** The resolved configuration. */
  config: "config.json",
  /** Versions of what computed, and the machine. */
  machine: "machine.json",
  /** What the task was; absent in older runs. */
  task: "task.json",
  /** One row an epoch; columns in `metrics.ts`. */
  metrics: "metrics.csv",
  policy: "policy.json",
  /** The policy whose evaluation while training was the best, if there was one. */
  best: "policy-best.json",
  /** The final evaluation of the deterministic policy. */
  evaluation: "evaluation.json",
  /** What a killed run goes on from; a finished one only needs it to be extended. */
  checkpoints: "checkpoints",
  /** Made by the process that trains. */
  lock: "run.lock",
} as const;

/** Reads the rows of a run as they come (`append`), and its score (`finish`), for another program; `close` ends it in any case. */
export type RowReader = { append(row: Row): void; finish(evaluation: Evaluation): void; close(): void };

/** Subscribes to a run: what it has done so far, and when it began [ISO 8601]. `undefined` where it can't be read here. */
export type Subscribe = (
  directory: string,
  run: { config: RunConfig; started: string; rows: readonly Row[] },
) => RowReader | undefined;

/** A run in its `folder` that goes on: `from` where, unless from its beginning, and `problems`, a line for each checkpoint of no use. */
export type Resumption = { folder: RunFolder; from?: { epochs: number; state: SavedState }; problems: string[] };

/** A run on disk, in a `directory`: `append` a row, `saveEvaluation` of its score; `config`, `machine` and `rows` are what its files say. */
export class RunFolder {
  private readonly files: Folder<keyof typeof FILES>;
  private checkpoints?: Checkpoints;
  private metricsFile?: TableFile;
  private readers: RowReader[] = [];
  private release?: () => void;

  private constructor(
    readonly directory: string,
    private readonly subscribers: readonly Subscribe[] = [],
  ) {
    this.files = new Folder(directory, FILES);
  }

  /**
   * Makes the folder of a new run. Until {@link close}, no other process can train there.
   * @throws InputError for a folder that holds a run, is in use or can't be made
   */
  static create(
    directory: string,
    config: RunConfig,
    backend: BackendInfo,
    subscribers: readonly Subscribe[] = [],
  ): RunFolder {
    return RunFolder.locked(directory, subscribers, (folder) => {
      if (folder.files.has("config") || folder.files.has("metrics"))
        throw new InputError(
          `--out "${directory}" already holds a run; --resume goes on with it, or name another folder.`,
        );
      folder.begin(config, describeMachine(backend));
      return folder;
    });
  }

  private static locked<R>(directory: string, subscribers: readonly Subscribe[], work: (folder: RunFolder) => R): R {
    const folder = new RunFolder(directory, subscribers);
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

  /** Whether another process is training in a folder. */
  static inUse(directory: string): boolean {
    return isLocked(new RunFolder(directory).files.path("lock"));
  }

  /** Lets other processes go on with the run. */
  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
    this.release?.();
  }

  /** Whether there is a run in a folder. */
  static holdsRun(directory: string): boolean {
    return new RunFolder(directory).files.has("config");
  }

  /** Opens the folder of a run that exists. @throws InputError for a folder without a run */
  static open(directory: string): RunFolder {
    if (!RunFolder.holdsRun(directory))
      throw new InputError(`"${directory}" holds no run: there is no ${FILES.config} in it.`);
    return new RunFolder(directory);
  }

  /** The score of this very run, if it is finished. @throws InputError where the folder holds another run */
  static finished(directory: string, config: RunConfig): Evaluation | undefined {
    const folder = new RunFolder(directory);
    if (!folder.files.has("config")) return undefined;
    return folder.requireSameRun(config).epochs === config.epochs ? folder.evaluation() : undefined;
  }

  /**
   * Goes on with a run that was stopped or killed, to epoch `config.epochs`: from its newest whole checkpoint, or from
   * the beginning where there is none. metrics.csv then ends where the checkpoint was made.
   * Until {@link close}, no other process can train there.
   * @throws InputError where the folder holds another run, or one that was computed in another way, or is in use
   */
  static resume(
    directory: string,
    config: RunConfig,
    backend: BackendInfo,
    subscribers: readonly Subscribe[] = [],
  ): Resumption {
    return RunFolder.locked(directory, subscribers, (folder) => {
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
    this.readers = this.subscribers.flatMap((open) => open(this.directory, { config, started, rows }) ?? []);
  }

  /**
   * The configuration here.
   * @throws InputError where it differs from `config` in more than how far training goes, or the task is another by now
   */
  private requireSameRun(config: RunConfig): RunConfig {
    const here = this.config();
    const different = [
      ...differences({ ...here, epochs: 0 }, { ...config, epochs: 0 }),
      ...this.taskChanges().map((part) => `${part} of its task was another`),
    ];
    if (different.length > 0)
      throw new InputError(
        `--out "${this.directory}" holds another run: ${different.join(", ")}. Give the same arguments or name another folder.`,
      );
    return here;
  }

  /** Checkpoints of the same version and way of computing, and of the same configuration but for its end. */
  private openCheckpoints(config: RunConfig, { versions, backend, numerics }: Machine): Checkpoints {
    const { name, version, threads, gpu } = backend;
    const { epochs: _, ...settings } = config;
    const identity = {
      version: versions["dmo-lab"],
      backend: { name, version, threads, ...(gpu && { device: "GPU", gpu }) },
      numerics,
      ...settings,
    };
    return new Checkpoints(this.files.path("checkpoints"), identity);
  }

  /** The run's state at its newest whole checkpoint. @throws InputError where there is none */
  checkpoint(): { epochs: number; state: SavedState } {
    const { found, problems } = this.openCheckpoints(this.config(), this.machine()).latest();
    if (found) return found;
    throw new InputError([`run "${this.directory}" has no whole checkpoint.`, ...problems].join(" "));
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

  config(): RunConfig {
    const saved = this.files.read("config");
    try {
      return readConfig(saved);
    } catch (error) {
      throw new InputError(`"${this.files.path("config")}": ${(error as Error).message}`);
    }
  }

  machine(): Machine {
    return this.files.checked("machine", machineSchema);
  }

  /** What the task was that the run learned, unless the run is of an older version. */
  trainedOn(): TaskDigest | undefined {
    return this.files.has("task") ? this.files.checked("task", taskDigestSchema) : undefined;
  }

  /** What of its task is another by now. The task has to be loaded; needs a tensor backend. */
  taskChanges(): string[] {
    const there = this.trainedOn();
    return there ? taskChanges(there, digestOf(this.config().task)) : [];
  }

  /** The final evaluation, if training ran to its end. */
  evaluation(): Evaluation | undefined {
    return this.files.has("evaluation") ? this.files.checked("evaluation", evaluationSchema) : undefined;
  }

  rows(): Row[] {
    return parseCsv(this.metrics, this.files.path("metrics"));
  }

  /** The newest row, if there is one. */
  get lastRow(): Row | undefined {
    const [header, ...rows] = this.metrics.split("\n").slice(0, -1);
    return parseCsv([header, ...rows.slice(-1), ""].join("\n"), this.files.path("metrics")).at(-1);
  }

  /** The text of metrics.csv; its last line may still be being written. */
  get metrics(): string {
    return this.files.text("metrics");
  }

  /** A run has a policy once it has stopped, for whatever reason. */
  get hasPolicy(): boolean {
    return this.files.has("policy");
  }

  /** The newest policy, or the best one; the caller disposes it. @throws InputError where there is none */
  policy(which: "policy" | "best" = "policy"): Policy {
    if (which === "best" && !this.files.has("best"))
      throw new InputError(
        `run "${this.directory}" has no best policy: it was not evaluated while it trained (setting evaluateEvery).`,
      );
    return Policy.load(this.files.path(which));
  }
}
