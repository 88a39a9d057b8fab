// Tables: read from CSV files of reference data, written as Markdown.
import { readFileSync } from "node:fs";
import type { study } from "../api/index.js";

export type Table = study.Table;

/** Rows of a CSV file without quotes, by column. */
export function readTable(file: string): { [column: string]: string }[] {
  const [head, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
  const names = head.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((field, i) => [names[i], field])));
}

/** Aligned as prettier does it. */
export function markdownTable({ head, rows }: Table): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(cells[0]), line(widths.map((width) => "-".repeat(width))), ...cells.slice(1).map(line)].join("\n");
}
