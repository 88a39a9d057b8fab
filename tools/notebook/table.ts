/** Tables of rows: data frames of danfojs, which feel like pandas, and their looks in a cell. */
import type { DataFrame } from "danfojs-node";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { escapeHtml } from "../report/frame.js";
import { tf } from "@dmo-lab/jit/tf";
import { kernel } from "../../lib/kernel.js";

const require = createRequire(import.meta.url);

/** A cell of a table; a column is of one kind. */
export type Entry = number | string | boolean;

/** Records with the same columns. */
export type Records = readonly { readonly [column: string]: Entry }[];

/**
 * Rows as a danfojs data frame: `groupby`, `sortValues`, `merge`, `query` and the rest of https://danfo.jsdata.org.
 * @param rows one or more, all with the same columns
 */
export function dataFrame(rows: Records): DataFrame {
  return new (danfo().DataFrame)(rows as { [column: string]: Entry }[]);
}

/**
 * Danfojs asks for tfjs-node, which is native TensorFlow or an error. Where this process computes with something else, it
 * is given the tfjs of this process. It loads a module that Node 22 calls deprecated, which no reader of a cell can change.
 */
function danfo(): typeof import("danfojs-node") {
  const native = require.resolve("@tensorflow/tfjs-node");
  require.cache[native] ??= { exports: tf, loaded: true, id: native, filename: native } as NodeJS.Module;
  const { noDeprecation } = process as { noDeprecation?: boolean };
  Object.assign(process, { noDeprecation: true });
  try {
    return require("danfojs-node") as typeof import("danfojs-node");
  } finally {
    Object.assign(process, { noDeprecation });
  }
}

/**
 * Shows a table in the cell that runs.
 * @param table records with the same columns, or a data frame
 * @param digits significant digits of numbers that are not whole
 */
export function showTable(table: DataFrame | Records, digits = 4): void {
  const frame = "columns" in table ? table : dataFrame(table);
  const text = (value: unknown): string =>
    typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(digits))) : String(value);
  const columns = frame.columns as string[];
  const rows = frame.values as Entry[][];
  const cell = (tag: string, value: unknown): string =>
    `<${tag} style="text-align: ${typeof value === "number" ? "right" : "left"}">${escapeHtml(text(value))}</${tag}>`;
  const line = (tag: string, values: readonly unknown[]) => `<tr>${values.map((v) => cell(tag, v)).join("")}</tr>`;
  const html = `<table><thead>${line("th", columns)}</thead><tbody>${rows.map((row) => line("td", row)).join("")}</tbody></table>`;
  const plain = [columns, ...rows].map((row) => row.map(text).join("  ")).join("\n");
  const data = { "text/html": html, "text/plain": plain };
  kernel()?.display({ data, metadata: {}, transient: { display_id: randomUUID() } }, false);
}
