// The columns of metrics.csv: one row an epoch, every column in every run, empty where an algorithm has no such value.
// Columns that depend on the clock or the machine end in `_seconds`, `_per_second` or `_bytes`.
import type { Columns, Metrics } from "../algorithms/learner.js";
import { InputError, suggest } from "@dmo-lab/input/errors";
import { isUserFile } from "@dmo-lab/input/user-file";
import { algorithmNames, findAlgorithm, type MeasuredColumn } from "./algorithms.js";

/** What is measured of every run, whatever its algorithm. */
const runColumns = {
  epoch: "epoch, from 0",
  deterministic_return:
    "return of the deterministic policy, mean over evaluationEpisodes episodes of its own, after epoch 0 and every evaluateEvery-th",
  wall_seconds: "seconds since training began, without its evaluations",
  cpu_seconds:
    "processor time since training began, of all threads: near wall_seconds for one thread that had a core to itself",
  samples_per_second: "samples of this epoch / its seconds",
  rss_bytes: "resident memory of the process",
};

/** Name of a column of metrics.csv. */
export type Column = keyof typeof runColumns | MeasuredColumn;

const isSeconds = (name: string): boolean => name.endsWith("_seconds");

/** Every column of the algorithms here, with its meaning: DMO's family's, then what it means elsewhere. */
export function allColumns(): { readonly [column in Column]: string } {
  const measured = new Set(algorithmNames.flatMap((name) => Object.keys(findAlgorithm(name).columns ?? {})));
  const meanings = [...measured].map((name) => [name, meaningOf(name)] as const);
  const { epoch, deterministic_return, rss_bytes, ...clock } = runColumns;
  return {
    epoch,
    ...Object.fromEntries(meanings.filter(([name]) => !isSeconds(name))),
    deterministic_return,
    ...clock,
    ...Object.fromEntries(meanings.filter(([name]) => isSeconds(name))),
    rss_bytes,
  } as { readonly [column in Column]: string };
}

/** "norm before clipping; ppo: of the whole network; sac, maac: ..." */
function meaningOf(column: string): string {
  const having = algorithmNames.filter((name) => column in (findAlgorithm(name).columns ?? {}));
  const meanings = having.map((name) => findAlgorithm(name).columns![column]);
  return [...new Set(meanings)]
    .map((meaning) => {
      const names = having.filter((_, i) => meanings[i] === meaning);
      return names.includes("dmo") ? meaning : `${names.join(", ")}: ${meaning}`;
    })
    .join("; ");
}

/** The columns of an algorithm's runs: all, and those that a file declares beside them. */
export const columnsOf = (algorithm: string): Columns =>
  isUserFile(algorithm) ? { ...allColumns(), ...findAlgorithm(algorithm).columns } : allColumns();

/** What a learner's epoch returned, if it is a row of the columns that its algorithm declares. @throws InputError */
export function checkMetrics(returned: Metrics, algorithm: string): Metrics {
  const refuse = (why: string): never => {
    throw new InputError(`algorithm "${algorithm}": epoch() ${why}`);
  };
  if (returned instanceof Promise)
    refuse("is asynchronous; allowed: a function that returns a row, not a promise of one.");
  const declared = isUserFile(algorithm) ? columnsOf(algorithm) : findAlgorithm(algorithm).columns!;
  for (const [column, value] of Object.entries(returned)) {
    if (!Object.hasOwn(declared, column))
      refuse(
        `returns ${column}, which is no column of it.${suggest(column, Object.keys(declared))} Declare what it means: columns: { ${column}: "..." }.`,
      );
    if (typeof value !== "number") refuse(`returns ${column} ${JSON.stringify(value)}; allowed: a number.`);
  }
  if (!Number.isSafeInteger(returned["samples"]))
    refuse(`returns samples ${returned["samples"]}; allowed: environment steps so far.`);
  return returned;
}
