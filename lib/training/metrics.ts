import type { Columns, Metrics } from "../algorithms/learner.js";
import { parseTable, tableHeader, tableLine } from "@dmo-lab/storage/table";
import { allColumns, type Column } from "./columns.js";

/** A row of metrics.csv. */
export type Row = { [column in Column]?: number };

export const csvHeader = (columns: Columns = allColumns()): string => tableHeader(Object.keys(columns));

/** A row as text; values that are absent or not a number stay empty. */
export const csvRow = (row: Row, columns: Columns = allColumns()): string => tableLine(row, Object.keys(columns));

/** Reads rows back from the text of a metrics.csv, which `name` stands for in errors. @throws InputError */
export const parseCsv = (text: string, name = "metrics.csv"): Row[] => parseTable(text, name);

/** Times that go by while training works, `wall` and processor [s]; `cpu` is NaN in a browser, which does not tell it. */
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
