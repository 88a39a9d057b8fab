import type { Columns, Metrics } from "../algorithms/learner.js";
import { InputError } from "@dmo-lab/input/errors";
import { allColumns, type Column } from "./columns.js";

/** A row of metrics.csv. */
export type Row = { [column in Column]?: number };

export const csvHeader = (columns: Columns = allColumns()): string => Object.keys(columns).join(",") + "\n";

/** A row as text; values that are absent or not a number stay empty. */
export const csvRow = (row: Row, columns: Columns = allColumns()): string =>
  (Object.keys(columns) as Column[]).map((name) => format(row[name])).join(",") + "\n";

const format = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? "" : String(value));

/**
 * Reads rows back from the text of a metrics.csv. A last line without its end is left out: it is still being written.
 * @param name stands for the file in errors
 * @throws InputError
 */
export function parseCsv(text: string, name = "metrics.csv"): Row[] {
  const refuse = (line: number, why: string): never => {
    throw new InputError(`"${name}", line ${line}: ${why}.`);
  };
  const [header, ...lines] = text.split("\n").slice(0, -1);
  const columns = (header ?? "").split(",") as Column[];
  if (!columns.includes("epoch")) refuse(1, "there is no column epoch, so these are not the metrics of a run");
  return lines.map((line, at) => {
    const fields = line.split(",");
    if (fields.length !== columns.length) refuse(at + 2, `${fields.length} fields instead of ${columns.length}`);
    const entries = fields.map((field, i) => [columns[i], Number(field)] as const);
    entries.forEach(([column, value], i) => {
      if (Number.isNaN(value)) refuse(at + 2, `${column} is "${fields[i]}" and not a number`);
    });
    return Object.fromEntries(entries.filter((_, i) => fields[i] !== "")) as Row;
  });
}

/** Times that go by while training works [s]; `cpu` is NaN in a browser, which does not tell it. */
export type Times = { wall: number; cpu: number };

export function timesNow(): Times {
  const { user, system } = here?.cpuUsage() ?? { user: NaN, system: NaN };
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

/** This process; undefined in a browser. */
const here = (globalThis as Partial<typeof globalThis>).process;

export const timesBetween = (from: Times, to: Times): Times => ({ wall: to.wall - from.wall, cpu: to.cpu - from.cpu });

/** A learner's measurements of an epoch of `samples` steps as a row, with the columns of clock and machine. */
export function completeRow(epoch: number, metrics: Metrics, began: Times, epochBegan: Times, samples: number): Row {
  const now = timesNow();
  const spent = timesBetween(began, now);
  return {
    epoch,
    ...metrics,
    wall_seconds: spent.wall,
    cpu_seconds: spent.cpu,
    samples_per_second: samples / timesBetween(epochBegan, now).wall,
    rss_bytes: here?.memoryUsage.rss(),
  };
}
