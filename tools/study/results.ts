// Results: what is kept of runs for good, such as data/results. `<task>/<algorithm>[+<variant>]/seed<k>.csv` holds the
// columns of metrics.csv, rows unaltered; `seed<k>.json` beside it, a ResultRecord, what they were computed with. There may
// also be `seed<k>.horizon.csv`, the gradients of that run against the horizon (gradients.ts), and of a Go2's policy
// `seed<k>.episode.json`, an episode, and `seed<k>.trials.json`, its trials (dmo-lab trials).
import * as fs from "node:fs";
import path from "node:path";
import * as v from "valibot";
import { InputError } from "@dmo-lab/input/errors";
import { readText } from "@dmo-lab/input/json";
import { parseJson } from "@dmo-lab/input/parse-json";
import { allow, check, flag, optional, partOf, whole } from "@dmo-lab/input/schema";
import { taskDigestSchema, type TaskDigest } from "../../lib/training/task-digest.js";
import { readConfig, type RunConfig } from "../../lib/training/config.js";
import { evaluationSchema, type Evaluation } from "../../lib/training/evaluate.js";
import { storing, writeAtomically } from "@dmo-lab/storage/files";
import { parseCsv, type Row } from "../../lib/training/metrics.js";
import { machineSchema, type Machine } from "../../lib/training/machine.js";
import type { RunFolder } from "../../lib/training/run-folder.js";
import { differences } from "@dmo-lab/input/configuration";
import { isVariant, placeOf, resultPath, type ResultPlace, variantOf } from "./result-place.js";

/** Longer runs are thinned to about as many rows. */
const MAX_ROWS = 1000;

/** What is kept of a run beside its rows. */
export type ResultRecord = {
  /** All settings of the run. */
  config: RunConfig;
  /** What it was computed with, and when it began. */
  machine: Machine;
  /** The final score of its deterministic policy; absent where it is partial. */
  evaluation?: Evaluation;
  /** Epochs done. */
  epochs: number;
  /** Every n-th epoch has a row, and the last one. */
  rowsEvery: number;
  /** The run did not reach its end: fewer epochs were done than configured, and there is no evaluation. */
  partial: boolean;
  /** The machine did so much else that the run's clock says nothing. */
  busyClock?: boolean;
  /** What the task was; absent in older results. */
  trainedOn?: TaskDigest;
};

/** A kept run with its rows. */
export type Result = ResultPlace &
  ResultRecord & {
    /** Of metrics.csv, at most about 1,000, the last one among them. */
    rows: Row[];
  };

/** Where a result is kept, and under which name. */
export type SaveOptions = {
  /** Default: {@link variantOf} the run. */
  variant?: string;
  /** Writes over the result of another run. */
  replace?: boolean;
  /** See {@link ResultRecord}. */
  busyClock?: boolean;
};

/**
 * Keeps a run, finished or not, below the folder `into`. A result of the same run, perhaps at an earlier epoch, is brought
 * up to date.
 * @param run its folder @param into folder of results; made where it is not there
 * @param options name of the variant, whether another run's result is replaced
 * @returns the files' path without their endings, and what is kept
 * @throws InputError for a run without a row, or where there is a result of another run
 */
export function saveResult(
  run: RunFolder,
  into: string,
  { variant, replace = false, busyClock }: SaveOptions = {},
): { file: string; record: ResultRecord } {
  const [header, ...lines] = run.metrics.split("\n").slice(0, -1);
  if (lines.length === 0) throw new InputError(`run "${run.directory}" has no epoch yet: there is nothing to keep.`);
  const [config, machine, evaluation] = [run.config(), run.machine(), run.evaluation()];
  const file = path.join(into, resultPath(placeOf(config, variant ?? variantOf(config))));
  if (!replace) requireSameRun(file, run);
  const [epochs, rowsEvery] = [lines.length, Math.ceil(lines.length / MAX_ROWS)];
  const record = {
    config,
    machine,
    evaluation,
    epochs,
    rowsEvery,
    partial: !evaluation,
    busyClock,
    trainedOn: run.trainedOn(),
  };
  const rows = lines.filter((_, epoch) => epoch % rowsEvery === 0 || epoch === epochs - 1);
  storing(file, () => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    writeAtomically(`${file}.csv`, [header, ...rows, ""].join("\n"));
    writeAtomically(`${file}.json`, JSON.stringify(record, null, 2) + "\n");
  });
  return { file, record };
}

/** A run is known by when it began. @throws InputError */
function requireSameRun(file: string, run: RunFolder): void {
  if (!fs.existsSync(`${file}.json`)) return;
  const { machine, config } = readRecord(`${file}.json`);
  const different = differences({ ...config, epochs: 0 }, { ...run.config(), epochs: 0 });
  const [there, here] = [machine.started, run.machine().started];
  if (there !== here) different.push(`begun at ${there} there and ${here} here`);
  if (different.length > 0)
    throw new InputError(
      `"${file}.json" is the result of another run than "${run.directory}": ${different.join(", ")}. --replace writes over it.`,
    );
}

/**
 * All results below a folder, in the order of their paths.
 * @param directory a folder such as data/results
 * @throws InputError that names the file, the field, its value and what is allowed
 */
export function readResults(directory: string): Result[] {
  const files = filesBelow(directory).filter((name) => RESULT.test(name));
  return distinct(files.map((name) => name.replace(/\.\w+$/, ""))).map(readResult);
}

/** The names of results' files. */
export const RESULT = /(?<!\.(horizon|episode|trials))\.(csv|json)$/;

/** All that is below a folder, in the order of their paths. @throws InputError */
export function filesBelow(directory: string): string[] {
  try {
    const names = fs.readdirSync(directory, { recursive: true }) as string[];
    return names.sort(collate).map((name) => path.join(directory, name));
  } catch (error) {
    throw new InputError(`results "${directory}" can't be read: ${(error as Error).message}.`);
  }
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** seed2 before seed10. */
const collate = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/**
 * The result in `<file>.csv` and `<file>.json`.
 * @param file path without its ending
 * @throws InputError that names the file, the field, its value and what is allowed
 */
export function readResult(file: string): Result {
  const record = readRecord(`${file}.json`);
  const { config, epochs, rowsEvery } = record;
  const place = placeAt(file);
  const own = resultPath(placeOf(config, place.variant));
  if (own !== resultPath(place))
    throw new InputError(`result "${file}.json" holds "${own}", which is not where it lies.`);
  const rows = parseCsv(readText(`${file}.csv`), `${file}.csv`);
  const count = Math.ceil((epochs - 1) / rowsEvery) + 1;
  const misplaced = rows.findIndex(({ epoch }, i) => epoch !== Math.min(i * rowsEvery, epochs - 1));
  if (rows.length !== count || misplaced >= 0)
    throw new InputError(
      `"${file}.csv" has ${rows.length} rows${misplaced >= 0 ? `, and row ${misplaced + 1} is of epoch ${rows[misplaced].epoch}` : ""}; ` +
        `allowed after ${epochs} epochs with rowsEvery ${rowsEvery}: ${count} rows, the last of epoch ${epochs - 1}.`,
    );
  return { ...place, ...record, rows };
}

function placeAt(file: string): ResultPlace {
  const [task, method, name] = path.resolve(file).split(path.sep).slice(-3);
  const [, algorithm, variant = ""] = /^([^+]+)(?:\+(.+))?$/.exec(method) ?? [];
  const [, seed] = /^seed(\d+)$/.exec(name) ?? [];
  if (algorithm === undefined || seed === undefined || (variant && !isVariant(variant)))
    throw new InputError(`result "${file}": its place is not <task>/<algorithm>[+<variant>]/seed<k>.`);
  return { task, algorithm, variant, seed: Number(seed) };
}

/** What a result has to hold; more may stand beside it. */
const recordSchema = partOf({
  epochs: whole(),
  rowsEvery: whole(),
  machine: machineSchema,
  evaluation: optional(evaluationSchema),
  busyClock: optional(flag),
  trainedOn: optional(taskDigestSchema),
});

function readRecord(file: string): ResultRecord {
  const place = `result "${file}": `;
  const record = parseJson(readText(file), `result "${file}"`) as ResultRecord;
  try {
    readConfig(record?.config);
  } catch (error) {
    throw new InputError(place + (error as Error).message);
  }
  check(recordSchema, record, place);
  const { config, partial, epochs, evaluation } = record;
  const exactly = (name: string, value: unknown, expected: unknown, why: string): void =>
    void check(allow(`${String(expected)}, ${why}`, v.literal(expected as number)), value, place + name);
  exactly("partial", partial, !evaluation, `as there is ${evaluation ? "an" : "no"} evaluation`);
  if (!partial) exactly("epochs", epochs, config.epochs, "as configured, unless the run is partial");
  if (evaluation) exactly("evaluation.episodes", evaluation.episodes, evaluation.returns.length, "as many as returns");
  return record;
}
