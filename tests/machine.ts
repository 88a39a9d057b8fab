import type { ResultRecord } from "../tools/study/results.js";

/** What a run says of where it ran, made up. */
export const machine: ResultRecord["machine"] = {
  started: "2026-01-02T03:04:05.678Z",
  versions: { "dmo-lab": "0.1.0" },
  backend: { name: "wasm", version: "1", threads: 1 },
  numerics: "0123456789abcdef",
  platform: "linux x64",
  cpu: "a processor",
  cores: 2,
  memory_bytes: 1e9,
};
