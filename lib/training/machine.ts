import os from "node:os";
import { packageVersion } from "../project.js";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import { numericsDigest } from "@dmo-lab/jit/numerics";
import { tf } from "@dmo-lab/jit/tf";

/** What computed a run, and where: all that decides whether the same run elsewhere would give the same bits. */
export type Machine = {
  /** ISO 8601. */
  started: string;
  versions: { [name: string]: string };
  backend: BackendInfo;
  /** See {@link numericsDigest}. */
  numerics: string;
  platform: string;
  cpu: string;
  cores: number;
  memory_bytes: number;
  /** When the run was resumed, and after how many epochs. */
  resumed?: { at: string; epochs: number }[];
};

/** What computes here, now. */
export function describeMachine(backend: BackendInfo): Machine {
  return {
    started: new Date().toISOString(),
    versions: {
      "dmo-lab": packageVersion(),
      node: process.versions.node,
      v8: process.versions.v8,
      tfjs: tf.version.tfjs,
    },
    backend,
    numerics: numericsDigest(),
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
  };
}
