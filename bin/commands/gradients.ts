import path from "node:path";
import { defineCommand, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

const MAX_HORIZON = 1000;

export const command = defineCommand({
  name: "gradients",
  summary: "compare the policy gradients of DMO and imagination with the true one, against the horizon",
  usage: "DIR [options]",
  operands: { min: 1, max: 1 },
  options: {
    horizons: { value: "H,H,...", help: "steps to unroll (default 1,2,4,8,16,32,64)" },
    repeats: { value: "N", help: "comparisons at a horizon, each with other noise in the actions (default 4)" },
    out: { value: "FILE", help: "the rows as CSV (default: gradients.csv in the run's folder)" },
  },
  notes: () =>
    `The run is taken from its newest checkpoint and stays as it is. All three gradients have the same states and noise;
cosines are of the flattened vectors, log-std included, before clipping. --set dynamics.gradientEvery=N logs them
while training.`,

  async run({ options, operands: [directory] }) {
    const horizons = (options.horizons ?? "1,2,4,8,16,32,64")
      .split(",")
      .map((text) => wholeNumber("horizons", text, 1, MAX_HORIZON));
    const repeats = wholeNumber("repeats", options.repeats ?? "4", 1);
    const { openRun } = await import("../session.js");
    const folder = await openRun(directory);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { gradientsAgainstHorizon, gradientsCsv } = await import("../../tools/study/gradients.js");
    const { mean } = await import("../../tools/study/statistics.js");
    const { writeAtomically } = await import("../../lib/training/files.js");
    await useBackend();
    const rows = gradientsAgainstHorizon(folder, horizons, repeats);
    const lines = horizons.map((horizon) => {
      const at = rows.filter((row) => row.horizon === horizon);
      const columns = [at.map((row) => row.dmo), at.map((row) => row.imagination)].flatMap((method) => [
        mean(method.map(({ cosine }) => cosine)).toFixed(3),
        mean(method.map(({ normRatio }) => normRatio)).toFixed(3),
      ]);
      return [String(horizon), ...columns];
    });
    console.log(`After epoch ${rows[0].epochs}, means of ${repeats}; norms relative to the true gradient's`);
    console.log(table([["horizon", "DMO cosine", "norm", "imagination cosine", "norm"], ...lines], [0, 1, 2, 3, 4]));
    const file = options.out ?? path.join(directory, "gradients.csv");
    writeAtomically(file, gradientsCsv(rows));
    console.log(`Rows: ${file}`);
    return 0;
  },
});
