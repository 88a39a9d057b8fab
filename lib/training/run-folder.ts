import { InputError } from "@dmo-lab/input/errors";
import { digestOf, taskChanges, taskDigestSchema, type TaskDigest } from "./task-digest.js";
import type { SavedState } from "@dmo-lab/storage/saved-state";
import { Checkpoints } from "@dmo-lab/storage/checkpoint";
import { readConfig, type RunConfig } from "./config.js";
import { evaluationSchema, type Evaluation } from "./evaluate.js";
import { Folder } from "@dmo-lab/storage/folder";
import { isLocked } from "@dmo-lab/storage/lock";
import { machineSchema, type Machine } from "./machine.js";
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

/** A run on disk, in a `directory`: `config`, `machine` and `rows` are what its files say. */
export class RunFolder {
  protected readonly files: Folder<keyof typeof FILES>;

  protected constructor(readonly directory: string) {
    this.files = new Folder(directory, FILES);
  }

  /** Whether another process is training in a folder. */
  static inUse(directory: string): boolean {
    return isLocked(new RunFolder(directory).files.path("lock"));
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
   * The configuration here.
   * @throws InputError where it differs from `config` in more than how far training goes, or the task is another by now
   */
  protected requireSameRun(config: RunConfig): RunConfig {
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
  protected openCheckpoints(config: RunConfig, { versions, backend, numerics }: Machine): Checkpoints {
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
