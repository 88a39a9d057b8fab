import * as fs from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { parseJson, readText } from "@dmo-lab/input/json";
import { check, type Schema } from "@dmo-lab/input/schema";
import { findTask } from "../tasks/index.js";
import { taskChanges, taskDigest, taskDigestSchema, type TaskDigest } from "./task-digest.js";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { Checkpoints } from "@dmo-lab/storage/checkpoint";
import { readConfig, type RunConfig } from "./config.js";
import { evaluationSchema, type Evaluation } from "./evaluate.js";
import { storing, writeAtomically } from "@dmo-lab/storage/files";
import { isLocked, takeLock } from "@dmo-lab/storage/lock";
import { describeMachine, machineSchema, type Machine } from "./machine.js";
import type { Columns } from "../algorithms/learner.js";
import { allColumns, columnsOf } from "./columns.js";
import { csvHeader, csvRow, parseCsv, type Row } from "./metrics.js";
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
  /** The final evaluation of the deterministic policy. */
  evaluation: "evaluation.json",
  /** What a killed run goes on from; a finished one only needs it to be extended. */
  checkpoints: "checkpoints",
  /** Made by the process that trains. */
  lock: "run.lock",
} as const;

/** Reads the rows of a run as they come, and writes them for another program. */
export type RowReader = { append(row: Row): void; finish(evaluation: Evaluation): void; close(): void };

/** Subscribes to a run: what it has done so far, and when it began [ISO 8601]. `undefined` where it can't be read here. */
export type Subscribe = (
  directory: string,
  run: { config: RunConfig; started: string; rows: readonly Row[] },
) => RowReader | undefined;

/** A run that goes on: where from, unless from its beginning, and a line for each checkpoint that can't be used. */
export type Resumption = { folder: RunFolder; from?: { epochs: number; state: SavedState }; problems: string[] };

/** A run on disk. */
export class RunFolder {
  private checkpoints?: Checkpoints;
  private readers: RowReader[] = [];
  /** Of metrics.csv. */
  private columns: Columns = allColumns();
  private release?: () => void;

  private constructor(
    readonly directory: string,
    private readonly subscribers: readonly Subscribe[] = [],
  ) {}

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
      if (folder.has("config") || folder.has("metrics"))
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
    folder.release = takeLock(folder.path("lock"), `run "${directory}"`);
    try {
      return work(folder);
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** Whether another process is training in a folder. */
  static inUse(directory: string): boolean {
    return isLocked(new RunFolder(directory).path("lock"));
  }

  /** Lets other processes go on with the run. */
  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
    this.release?.();
  }

  /** Opens the folder of a run that exists. @throws InputError for a folder without a run */
  static open(directory: string): RunFolder {
    const folder = new RunFolder(directory);
    if (!folder.has("config")) throw new InputError(`"${directory}" holds no run: there is no ${FILES.config} in it.`);
    return folder;
  }

  /** The score of this very run, if it is finished. @throws InputError where the folder holds another run */
  static finished(directory: string, config: RunConfig): Evaluation | undefined {
    const folder = new RunFolder(directory);
    if (!folder.has("config")) return undefined;
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
      if (folder.has("config")) folder.requireSameRun(config);
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
    for (const file of ["policy", "evaluation"] as const) fs.rmSync(this.path(file), { force: true });
    this.write("machine", machine);
    this.write("task", taskDigest(findTask(config.task)));
    this.write("config", config);
    this.columns = columnsOf(config.algorithm);
    writeAtomically(this.path("metrics"), csvHeader(this.columns));
    this.checkpoints = this.openCheckpoints(config, machine);
    this.subscribe(config, machine.started, []);
  }

  private goOn(config: RunConfig, epochs: number, matmul_gflops?: number): void {
    const machine = this.machine();
    const resumed = [...(machine.resumed ?? []), { at: new Date().toISOString(), epochs, matmul_gflops }];
    this.columns = columnsOf(config.algorithm);
    this.truncateMetrics(epochs);
    fs.rmSync(this.path("evaluation"), { force: true });
    this.write("config", config);
    this.write("machine", { ...machine, resumed });
    this.subscribe(config, machine.started, this.rows());
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
    const { name, version, threads } = backend;
    const { epochs: _, ...settings } = config;
    const identity = { version: versions["dmo-lab"], backend: { name, version, threads }, numerics, ...settings };
    return new Checkpoints(this.path("checkpoints"), identity);
  }

  /** The run's state at its newest whole checkpoint. @throws InputError where there is none */
  checkpoint(): { epochs: number; state: SavedState } {
    const { found, problems } = this.openCheckpoints(this.config(), this.machine()).latest();
    if (found) return found;
    throw new InputError([`run "${this.directory}" has no whole checkpoint.`, ...problems].join(" "));
  }

  append(row: Row): void {
    storing(this.path("metrics"), () => fs.appendFileSync(this.path("metrics"), csvRow(row, this.columns)));
    for (const reader of this.readers) reader.append(row);
  }

  /** Writes a checkpoint, after making the rows durable that it counts on. @throws StorageError */
  saveCheckpoint(epochs: number, state: SavedState): void {
    storing(this.path("metrics"), () => {
      const handle = fs.openSync(this.path("metrics"), "r+");
      fs.fsyncSync(handle);
      fs.closeSync(handle);
    });
    this.checkpoints?.save(epochs, state);
  }

  /** Epochs done at the newest checkpoint. */
  get savedEpochs(): number | undefined {
    return this.checkpoints?.newest;
  }

  private truncateMetrics(epochs: number): void {
    const lines = this.text("metrics").split("\n").slice(0, -1);
    const text = lines.slice(0, epochs + 1).join("\n") + "\n"; // what follows may be damaged
    const rows = parseCsv(text, this.path("metrics"));
    if (rows.length < epochs || rows.some(({ epoch }, i) => epoch !== i))
      throw new InputError(`"${this.path("metrics")}" does not hold the first ${epochs} epochs of the run.`);
    const { columns } = this; // of an older version, others
    writeAtomically(this.path("metrics"), csvHeader(columns) + rows.map((row) => csvRow(row, columns)).join(""));
  }

  savePolicy(policy: Policy): void {
    policy.save(this.path("policy"));
  }

  saveEvaluation(evaluation: Evaluation): void {
    this.write("evaluation", evaluation);
    for (const reader of this.readers) reader.finish(evaluation);
  }

  config(): RunConfig {
    const saved = this.read("config");
    try {
      return readConfig(saved);
    } catch (error) {
      throw new InputError(`"${this.path("config")}": ${(error as Error).message}`);
    }
  }

  machine(): Machine {
    return this.checked("machine", machineSchema);
  }

  /** What the task was that the run learned, unless the run is of an older version. */
  trainedOn(): TaskDigest | undefined {
    return this.has("task") ? this.checked("task", taskDigestSchema) : undefined;
  }

  /** What of its task is another by now. The task has to be loaded; needs a tensor backend. */
  taskChanges(): string[] {
    const there = this.trainedOn();
    return there ? taskChanges(there, taskDigest(findTask(this.config().task))) : [];
  }

  /** The final evaluation, if training ran to its end. */
  evaluation(): Evaluation | undefined {
    return this.has("evaluation") ? this.checked("evaluation", evaluationSchema) : undefined;
  }

  rows(): Row[] {
    return parseCsv(this.metrics, this.path("metrics"));
  }

  /** The newest row, if there is one. */
  get lastRow(): Row | undefined {
    const [header, ...rows] = this.metrics.split("\n").slice(0, -1);
    return parseCsv([header, ...rows.slice(-1), ""].join("\n"), this.path("metrics")).at(-1);
  }

  /** The text of metrics.csv; its last line may still be being written. */
  get metrics(): string {
    return this.text("metrics");
  }

  /** A run has a policy once it has stopped, for whatever reason. */
  get hasPolicy(): boolean {
    return this.has("policy");
  }

  /** The policy; the caller disposes it. */
  policy(): Policy {
    return Policy.load(this.path("policy"));
  }

  private has(file: keyof typeof FILES): boolean {
    return fs.existsSync(this.path(file));
  }

  private path(file: keyof typeof FILES): string {
    return path.join(this.directory, FILES[file]);
  }

  private write(file: keyof typeof FILES, content: object): void {
    writeAtomically(this.path(file), JSON.stringify(content, null, 2) + "\n");
  }

  private read(file: keyof typeof FILES): unknown {
    return parseJson(this.text(file), `"${this.path(file)}"`);
  }

  /** @throws InputError that names the file, the field, its value and what is allowed */
  private checked<T>(file: keyof typeof FILES, schema: Schema<T>): T {
    return check(schema, this.read(file), `"${this.path(file)}": `);
  }

  private text(file: keyof typeof FILES): string {
    return readText(this.path(file));
  }
}
