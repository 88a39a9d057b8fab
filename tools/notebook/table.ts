/** Tables of rows: data frames of danfojs, which feel like pandas, and their looks in a cell. */
import type { DataFrame } from "danfojs-node";
import { randomUUID } from "node:crypto";
import { escapeHtml } from "../report/frame.js";
import { kernel } from "../../lib/kernel.js";
import { danfo } from "./danfo.js";

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
