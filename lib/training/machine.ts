import os from "node:os";
import * as v from "valibot";
import {
  allow,
  dictionary,
  list,
  oneName,
  optional,
  partOf,
  positive,
  text,
  whole,
  type Output,
} from "@dmo-lab/input/schema";
import { packageVersion } from "../project.js";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import { matmulSpeed } from "@dmo-lab/jit/matmul-speed";
import { numericsDigest } from "@dmo-lab/jit/numerics";
import { tf } from "@dmo-lab/jit/tf";

const time = allow(
  "a time",
  v.pipe(
    v.string(),
    v.check((value) => !Number.isNaN(Date.parse(value))),
  ),
);

/** What a {@link Machine} in a file has to be; more may stand beside it. */
export const machineSchema = partOf({
  /** ISO 8601. */
  started: time,
  versions: dictionary(text),
  backend: partOf({
    name: oneName("tensorflow", "wasm", "cpu"),
    version: v.string(),
    threads: whole(),
    gpu: optional(partOf({ tf32: v.boolean(), deterministic: v.boolean() })),
  }),
  /** See {@link numericsDigest}. */
  numerics: text,
  platform: text,
  cpu: text,
  cores: whole(),
  memory_bytes: whole(),
  /** Speed of matrix products when the run began [10^9 operations a second]; absent in older runs. See {@link matmulSpeed}. */
  matmul_gflops: optional(positive),
  /** When the run was resumed, and after how many epochs. */
  resumed: optional(list(partOf({ at: time, epochs: whole(0), matmul_gflops: optional(positive) }))),
});

/** What computed a run (`backend`), and where: all that decides whether the same run elsewhere would give the same bits. */
export type Machine = Omit<Output<typeof machineSchema>, "backend"> & { backend: BackendInfo };

/** What computes here, now, with this `backend`. */
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
    matmul_gflops: matmulSpeed(backend.threads),
  };
}
