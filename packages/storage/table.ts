/** Tables of numbers as CSV: a row an epoch, in order, the column `epoch` from 0. */
import { InputError } from "@dmo-lab/input/errors";

/** Numbers by column; what is absent or not a number stays empty. */
export type TableRow = { readonly [column: string]: number | undefined };

export const tableHeader = (columns: readonly string[]): string => columns.join(",") + "\n";

export const tableLine = (row: TableRow, columns: readonly string[]): string =>
  columns.map((name) => format(row[name])).join(",") + "\n";

const format = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? "" : String(value));

/**
 * Reads rows back from a table's text. A last line without its end is left out: it is still being written.
 * @param name stands for the file in errors
 * @throws InputError that names the line, the column and the value
 */
export function parseTable(text: string, name: string): TableRow[] {
  const refuse = (line: number, why: string): never => {
    throw new InputError(`"${name}", line ${line}: ${why}.`);
  };
  const [header, ...lines] = text.split("\n").slice(0, -1);
  const columns = (header ?? "").split(",");
  if (!columns.includes("epoch")) refuse(1, "there is no column epoch, so these are not the metrics of a run");
  return lines.map((line, at) => {
    const fields = line.split(",");
    if (fields.length !== columns.length) refuse(at + 2, `${fields.length} fields instead of ${columns.length}`);
    const entries = fields.map((field, i) => [columns[i], Number(field)] as const);
    entries.forEach(([column, value], i) => {
      if (Number.isNaN(value)) refuse(at + 2, `${column} is "${fields[i]}" and not a number`);
    });
    return Object.fromEntries(entries.filter((_, i) => fields[i] !== ""));
  });
}
