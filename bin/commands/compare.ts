import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import type { Comparison, ComparedRun } from "../../tools/study/compare.js";
import { TRUST, defineCommand, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

/** CSS pixels of a picture: as wide as a page of a paper, so that its text stays legible there. */
const PICTURE_WIDTH = 760;

export const command = defineCommand({
  name: "compare",
  summary: "compare algorithms over tasks and seeds: tables, intervals, figures",
  usage: "DIR [DIR...] [options]",
  operands: { min: 1, max: Infinity },
  options: {
    tasks: { value: "T,...", help: "only these tasks (default: all)" },
    methods: {
      value: "M,...",
      help: "only these methods, such as dmo,dmo+laptop, or all (default: the six with the most tasks)",
    },
    metric: {
      value: "COLUMN",
      help: "column of metrics.csv to compare, or score, the final one of the deterministic policy (default return)",
    },
    against: { value: "samples|wall", help: "what curves are drawn against (default samples)" },
    baseline: { value: "ALG", help: "what others are compared with (default: what has the most tasks)" },
    at: { value: "N", help: "compare after N samples (default: each algorithm where it ends)" },
    out: { value: "DIR", help: "folder for page, pictures and tables (default runs/comparison; with --json none)" },
    json: { help: "print all numbers as JSON alone" },
    ...TRUST,
  },
  notes: () =>
    `DIR holds results, <task>/<algorithm>[+<variant>]/seed<k>.csv, or one run. Curves of Stable-Baselines3, CleanRL, rl_games
and others (CSV, TensorBoard) may lie there as well: docs/studies.md says which of their columns count. Of normalised returns 1 is the highest that an
algorithm reaches on the task; intervals are 95 % bootstrap intervals over seeds, and one seed has none. Aggregates are
those of rliable (docs/studies.md).`,

  async run({ options: { tasks, methods, metric, against, baseline, at, out, json, trust }, operands }) {
    const { compare, mainMethods } = await import("../../tools/study/compare.js");
    const runs = (await Promise.all(operands.map((directory) => runsIn(directory, trust)))).flat();
    const listed = methods === undefined ? mainMethods(runs, baseline) : names(methods);
    const comparison = compare(runs, {
      tasks: names(tasks),
      methods: listed,
      metric,
      against,
      baseline,
      at: at === undefined ? at : wholeNumber("at", at, 1),
    });
    if (methods === undefined) comparison.notes.unshift(...(await leftOut(runs, listed!)));
    if (json) console.log(JSON.stringify(comparison, null, 2));
    else await print(comparison);
    if (json && out === undefined) return 0;
    const directory = out ?? "runs/comparison";
    await write(comparison, directory);
    if (!json) console.log(`Figures and tables: ${path.join(directory, "index.html")}`);
    return 0;
  },
});

/** Of a list with commas; "all" and nothing stand for all. */
const names = (list: string | undefined): string[] | undefined =>
  list === undefined || list === "all" ? undefined : list.split(",");

/** Methods that are not shown unless they are asked for. */
async function leftOut(runs: readonly ComparedRun[], shown: readonly string[]): Promise<string[]> {
  const { distinct, methodName } = await import("../../tools/study/compare.js");
  const others = distinct(runs.map(methodName)).filter((method) => !shown.includes(method));
  return others.length > 0 ? [`Not shown, unless --methods names them (or all): ${others.join(", ")}.`] : [];
}

/** The run in a folder, or all results below it. */
async function runsIn(directory: string, trust?: boolean): Promise<ComparedRun[]> {
  const { readCurves } = await import("../../tools/study/curves.js");
  const { runOf } = await import("../../tools/study/compare.js");
  const { RunFolder } = await import("../../lib/training/run-folder.js");
  if (RunFolder.holdsRun(directory)) {
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { openRun } = await import("../session.js");
    await useBackend();
    return [runOf(await openRun(directory, { trust }))];
  }
  const run =
    existsSync(directory) && readdirSync(directory).find((name) => RunFolder.holdsRun(path.join(directory, name)));
  if (run)
    throw new InputError(
      `"${directory}" holds runs, such as "${run}", and no results; name the runs one by one: ${path.join(directory, "*")}.`,
    );
  const results = readCurves(directory);
  if (results.length === 0)
    throw new InputError(
      `"${directory}" holds no results and no run; allowed: a folder with <task>/<algorithm>/seed<k>.csv, or that of a run.`,
    );
  return results;
}

async function print(comparison: Comparison): Promise<void> {
  const { aggregateMeaning, aggregateTable, finalMeaning, groupTable } =
    await import("../../tools/study/compare-table.js");
  const [final, scores] = [groupTable(comparison), aggregateTable(comparison)];
  console.log(`${table([final.head, ...final.rows], [3, 4])}\n${finalMeaning(comparison)}\n`);
  if (scores) console.log(`${table([scores.head, ...scores.rows])}\n${aggregateMeaning(comparison.aggregates!)}\n`);
  for (const note of comparison.notes) console.log(`Note: ${note}`);
}

/** Not every comparison has these: those of another one would be taken for its own. */
const OPTIONAL = ["aggregate.svg", "aggregate.png", "scores.svg", "scores.png", "aggregates.csv"];

/** The page, each figure as PNG and SVG, the tables as CSV. @throws InputError where that can't be */
async function write(comparison: Comparison, directory: string): Promise<void> {
  const { writePage } = await import("../report-file.js");
  const { comparisonPage } = await import("../../tools/study/compare-page.js");
  const { comparisonFigures } = await import("../../tools/study/compare-figures.js");
  const { aggregateCsv, groupCsv } = await import("../../tools/study/compare-table.js");
  const { figureSvg, svgPng } = await import("../../tools/report/image.js");
  const { makeFolder, writeAtomically } = await import("@dmo-lab/storage/files");
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new InputError(`--out "${directory}" is a file; allowed: a folder.`);
  const save = (name: string, content: string | Uint8Array): void =>
    writeAtomically(path.join(directory, name), content);
  makeFolder(directory);
  writePage(path.join(directory, "index.html"), () => comparisonPage(comparison));
  for (const name of OPTIONAL) rmSync(path.join(directory, name), { force: true });
  for (const [name, { figure }] of Object.entries(comparisonFigures(comparison))) {
    const onWhite = { ...figure, layout: { ...figure.layout, paper_bgcolor: "#ffffff" } };
    const svg = await figureSvg(onWhite, { width: PICTURE_WIDTH, height: figure.layout.height as number });
    save(`${name}.svg`, svg);
    save(`${name}.png`, svgPng(svg));
  }
  save("final.csv", groupCsv(comparison));
  const scores = aggregateCsv(comparison);
  if (scores !== undefined) save("aggregates.csv", scores);
}
