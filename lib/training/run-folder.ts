import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { InputError } from "../errors.js";
import { packageVersion } from "../project.js";
import type { BackendInfo } from "../tensor/backend.js";
import type { RunConfig } from "./config.js";
import type { Evaluation } from "./evaluate.js";
import { writeAtomically } from "./files.js";
import { csvHeader, csvRow, parseCsv, type Row } from "./metrics.js";
import { Policy } from "./policy.js";

/** What a run's folder holds. */
const FILES = {
  /** The resolved configuration. */
  config: "config.json",
  /** Versions of what computed, and the machine. */
  machine: "machine.json",
  /** One row an epoch; columns in `metrics.ts`. */
  metrics: "metrics.csv",
  policy: "policy.json",
  /** The final evaluation of the deterministic policy. */
  evaluation: "evaluation.json",
} as const;

/** What computed a run, and where. */
export type Machine = {
  /** ISO 8601. */
  started: string;
  versions: { [name: string]: string };
  backend: BackendInfo;
  platform: string;
  cpu: string;
  cores: number;
  memory_bytes: number;
};

/** A run on disk. */
export class RunFolder {
  private constructor(readonly directory: string) {}

  /** Makes the folder of a new run. @throws InputError for a folder that holds a run or can't be made */
  static create(directory: string, config: RunConfig, backend: BackendInfo): RunFolder {
    const folder = new RunFolder(directory);
    if (existsSync(folder.path("config")) || existsSync(folder.path("metrics")))
      throw new InputError(`--out "${directory}" already holds a run; name another folder or remove it.`);
    try {
      mkdirSync(directory, { recursive: true });
      folder.write("machine", describeMachine(backend));
      folder.write("config", config);
      writeAtomically(folder.path("metrics"), csvHeader());
    } catch (error) {
      throw new InputError(`--out "${directory}" can't be written: ${(error as Error).message}.`);
    }
    return folder;
  }

  /** Opens the folder of a run that exists. @throws InputError for a folder without a run */
  static open(directory: string): RunFolder {
    const folder = new RunFolder(directory);
    if (!existsSync(folder.path("config")))
      throw new InputError(`"${directory}" holds no run: there is no ${FILES.config} in it.`);
    return folder;
  }

  append(row: Row): void {
    appendFileSync(this.path("metrics"), csvRow(row));
  }

  savePolicy(policy: Policy): void {
    policy.save(this.path("policy"));
  }

  saveEvaluation(evaluation: Evaluation): void {
    this.write("evaluation", evaluation);
  }

  config(): RunConfig {
    return this.read("config") as RunConfig;
  }

  machine(): Machine {
    return this.read("machine") as Machine;
  }

  /** The final evaluation, if training ran to its end. */
  evaluation(): Evaluation | undefined {
    return existsSync(this.path("evaluation")) ? (this.read("evaluation") as Evaluation) : undefined;
  }

  rows(): Row[] {
    return parseCsv(readFileSync(this.path("metrics"), "utf8"));
  }

  /** The policy; the caller disposes it. */
  policy(): Policy {
    return Policy.load(this.path("policy"));
  }

  private path(file: keyof typeof FILES): string {
    return path.join(this.directory, FILES[file]);
  }

  private write(file: keyof typeof FILES, content: object): void {
    writeAtomically(this.path(file), JSON.stringify(content, null, 2) + "\n");
  }

  private read(file: keyof typeof FILES): unknown {
    try {
      return JSON.parse(readFileSync(this.path(file), "utf8"));
    } catch (error) {
      throw new InputError(`"${this.path(file)}" can't be read: ${(error as Error).message}.`);
    }
  }
}

function describeMachine(backend: BackendInfo): Machine {
  return {
    started: new Date().toISOString(),
    versions: { "dmo-lab": packageVersion(), node: process.versions.node },
    backend,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
  };
}
