import { mkdirSync } from "node:fs";
import path from "node:path";
import type { HorizonQuality, RecipeQuality } from "../../tools/study/gradients.js";
import type { Quality } from "../../tools/study/gradient-quality.js";
import { TRUST, defineCommand, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

const MAX_HORIZON = 1000;

export const command = defineCommand({
  name: "gradients",
  summary: "compare the policy gradients of DMO and imagination with the true one, against the horizon",
  usage: "DIR|STUDY.ts [options]",
  operands: { min: 1, max: 1 },
  options: {
    horizons: { value: "H,H,...", help: "steps to unroll (default 1,2,4,8,16,32)" },
    repeats: { value: "N", help: "comparisons at a horizon, each with other noise in the actions (default 4)" },
    ...TRUST,
    out: { value: "FILE", help: "the rows as CSV (default: gradients.csv in the run's or the study's folder)" },
  },
  notes: () =>
    `A run is taken from its newest checkpoint and stays as it is; a study's runs are trained, one after another, and compared
every dynamics.gradientEvery epochs (docs/gradients.md). All three gradients have the same states and noise; cosines are of
the flattened vectors, log-std included, before clipping: of single robots, their median and in brackets their quartiles, and
of all robots together. Norms are relative to the true gradient's, medians over robots.`,

  async run({ options, operands: [subject] }) {
    const horizons = (options.horizons ?? "1,2,4,8,16,32")
      .split(",")
      .map((text) => wholeNumber("horizons", text, 1, MAX_HORIZON));
    const repeats = wholeNumber("repeats", options.repeats ?? "4", 1);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { isUserFile } = await import("@dmo-lab/input/user-file");
    await useBackend();
    const { csv, directory } = isUserFile(subject)
      ? await compareRecipes(subject, horizons, repeats)
      : await compareRun(subject, horizons, repeats, options.trust);
    const { writeAtomically } = await import("@dmo-lab/storage/files");
    const file = options.out ?? path.join(directory, "gradients.csv");
    mkdirSync(path.dirname(file), { recursive: true });
    writeAtomically(file, csv);
    console.log(`Rows: ${file}`);
    return 0;
  },
});

type Compared = { csv: string; directory: string };

async function compareRun(
  directory: string,
  horizons: readonly number[],
  repeats: number,
  trust?: boolean,
): Promise<Compared> {
  const { openRun } = await import("../session.js");
  const { gradientsAgainstHorizon, gradientsCsv } = await import("../../tools/study/gradients.js");
  const rows = gradientsAgainstHorizon(await openRun(directory, { trust }), horizons, repeats);
  console.log(`After epoch ${rows[0].epochs}, means of ${repeats}`);
  console.log(table([HEADER, ...horizons.map((horizon) => [String(horizon), ...columns(at(rows, horizon))])], RIGHT));
  return { csv: gradientsCsv(rows), directory };
}

/** Trains a study's runs and shows each as it is done. */
async function compareRecipes(file: string, horizons: readonly number[], repeats: number): Promise<Compared> {
  const { jobsOf, loadStudy } = await import("../../tools/study/study.js");
  const { gradientsCsv, gradientsOfRecipe } = await import("../../tools/study/gradients.js");
  const study = await loadStudy(file);
  const all: (RecipeQuality & { run: string })[] = [];
  for (const { name, config } of jobsOf(study)) {
    const rows: RecipeQuality[] = [];
    for await (const moment of gradientsOfRecipe(config, horizons, repeats)) rows.push(...moment);
    const last = rows[rows.length - 1];
    console.log(`${name}: ${(last.gflop / last.epochs).toPrecision(3)} GFLOP an epoch; means of ${rows.length / horizons.length} comparisons`); // prettier-ignore
    console.log(table([HEADER, ...horizons.map((horizon) => [String(horizon), ...columns(at(rows, horizon))])], RIGHT));
    all.push(...rows.map((row) => ({ run: name, ...row })));
  }
  return { csv: gradientsCsv(all, ({ run, gflop }) => ({ run, gflop })), directory: path.join("runs", study.name) };
}

const HEADER = ["horizon", ...["DMO", "imagination"].flatMap((name) => [`${name}: robots`, "all", "norm"])];
const RIGHT = HEADER.map((_, i) => i);

const at = <R extends HorizonQuality>(rows: readonly R[], horizon: number): R[] =>
  rows.filter((row) => row.horizon === horizon);

/** Means over comparisons. */
function columns(rows: readonly HorizonQuality[]): string[] {
  return [rows.map((row) => row.dmo), rows.map((row) => row.imagination)].flatMap((method) => {
    const mean = (of: (quality: Quality) => number) =>
      (method.reduce((sum, quality) => sum + of(quality), 0) / method.length).toFixed(2);
    const [lower, median, upper] = (["lower", "median", "upper"] as const).map((q) => mean((m) => m.robots.cosine[q]));
    return [`${median} [${lower}, ${upper}]`, mean((m) => m.cosine), mean((m) => m.robots.normRatio)];
  });
}
