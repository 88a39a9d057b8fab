import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { tinyConfig } from "../../tests/tiny.js";
import { quantile } from "../../tools/study/statistics.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import "../../baselines/index.js";
import { algorithmNames } from "./algorithms.js";
import { TrainingFolder } from "./training-folder.js";
import { runInFolder } from "./run.js";

const median = (values: number[]): number => quantile(Float64Array.from(values).sort(), 0.5);

describe.each(algorithmNames)("%s", (algorithm) => {
  it("holds as many tensors and, within 1 %, as much memory after 300 epochs as after 100", async () => {
    const config = tinyConfig(algorithm, 300);
    const folder = TrainingFolder.create(path.join(temporaryFolder(), "run"), config, await useBackend());
    const tensors: number[] = [];
    const memory: number[] = [];
    await runInFolder(config, folder, {
      onRow: ({ rss_bytes: bytes }) => {
        tensors.push(tf.memory().numTensors);
        memory.push(bytes!);
      },
    });
    expect(new Set(tensors.slice(1)).size).toBe(1);
    expect(median(memory.slice(-50)) / median(memory.slice(100, 150))).toBeLessThan(1.01);
  });
});
