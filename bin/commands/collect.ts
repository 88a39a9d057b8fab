import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { TRUST, defineCommand } from "../command.js";
import { EXIT } from "../exit.js";

export const command = defineCommand({
  name: "collect",
  summary: "keep runs as results, small enough to commit and to compare",
  usage: "DIR [DIR...] [options]",
  operands: { min: 1, max: Infinity },
  options: {
    into: { value: "DIR", help: "where results are kept (default data/results)" },
    variant: {
      value: "NAME",
      help: "what sets these runs apart from their algorithm's default; another engine is found by itself",
    },
    ...TRUST,
    replace: { help: "write over results of other runs" },
    "busy-clock": {
      help: "the machine did much else meanwhile: figures take the processor's time of a run on one thread, and leave others out",
    },
  },
  notes: () =>
    `DIR is a run's folder, or one of any runs below it, such as runs or a study's: then those that can't be kept are named in the end.
A run becomes <task>/<algorithm>[+<variant>]/seed<k>.csv, rows of its metrics.csv (every n-th one of a long run), and
seed<k>.json beside it: configuration, versions and machine, score, and whether it is partial: stopped before its end.`,

  async run({ options, operands }) {
    const { into = "data/results", variant, replace, "busy-clock": busyClock, trust } = options;
    const { isVariant, VARIANT_ALLOWED } = await import("../../tools/study/result-place.js");
    const { saveResult } = await import("../../tools/study/results.js");
    const { RunFolder } = await import("../../lib/training/run-folder.js");
    const { openRun } = await import("../session.js");
    const { number } = await import("../../tools/report/format.js");
    if (variant !== undefined && !isVariant(variant))
      throw new InputError(`option --variant is "${variant}"; allowed: ${VARIANT_ALLOWED}.`);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    await useBackend();
    const keep = async (directory: string): Promise<void> => {
      const { file, record } = saveResult(await openRun(directory, { trust }), into, { variant, replace, busyClock });
      const { epochs, evaluation, config } = record;
      const outcome = evaluation ? `score ${number(evaluation.mean, 1)}` : `partial, of ${number(config.epochs)}`;
      console.log(`${file}.csv: ${number(epochs)} epochs, ${outcome}`);
    };
    const refused: string[] = [];
    for (const directory of operands) {
      if (RunFolder.holdsRun(directory)) await keep(directory);
      else
        for (const run of runsBelow(directory))
          await keep(run).catch((error: unknown) => {
            if (!(error instanceof InputError)) throw error;
            refused.push(`${run}: ${error.message}`);
          });
    }
    for (const line of refused) console.error(line);
    return refused.length > 0 ? EXIT.badInput : EXIT.done;
  },
});

/** The runs in a folder of runs, or of a study, at any depth. @throws InputError where there is none */
function runsBelow(directory: string): string[] {
  const names = existsSync(directory) ? (readdirSync(directory, { recursive: true }) as string[]) : [];
  const runs = names
    .filter((name) => path.basename(name) === "config.json")
    .map((name) => path.join(directory, path.dirname(name)));
  if (runs.length === 0) throw new InputError(`"${directory}" holds no run: there is no config.json in it.`);
  return runs.sort();
}
