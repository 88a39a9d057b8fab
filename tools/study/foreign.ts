// Curves of other software as a comparison reads them: <task>/<method>/seed<k>.csv without a record beside it, or one CSV or
// TensorBoard file in <task>/<method>/seed<k>/.
import { readFileSync } from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { readText } from "@dmo-lab/input/json";
import type { Row } from "../../lib/training/metrics.js";
import { isEventFile } from "../export/event-file.js";
import type { ComparedRun } from "./compare-groups.js";
import { readScalars } from "./event-reader.js";
import { firstOf, FOREIGN, MONITOR } from "./foreign-columns.js";

/** The run in a file. @throws InputError that says what the file is not, or what its columns are */
export function readForeign(file: string): ComparedRun {
  const place = placeOf(file);
  const rows = isEventFile(file) ? eventRows(file) : csvRows(file);
  if (rows.length === 0) throw new InputError(`"${file}" has no row with samples and a return.`);
  return { ...place, rows, epochs: rows.length, partial: false, config: { epochs: rows.length } };
}

function placeOf(file: string): Pick<ComparedRun, "task" | "algorithm" | "variant" | "seed"> {
  const parts = path.resolve(file).split(path.sep);
  const named = parts.slice(-3).with(2, parts.at(-1)!.replace(/\.csv$/, ""));
  const found = [named, parts.slice(-4, -1)].find((names) => /^seed\d+$/.test(names.at(-1)!));
  if (!found)
    throw new InputError(
      `"${file}" is no result, and of a curve of other software the place is <task>/<method>/seed<k>.csv or <task>/<method>/seed<k>/.`,
    );
  const [task, method, seed] = found;
  const [algorithm, ...variant] = method.split("+");
  return { task, algorithm, variant: variant.join("+"), seed: Number(seed.slice("seed".length)) };
}

/** Rows with a return, ascending in samples; of several at the same samples, their mean. */
function rowsOf(points: readonly (Pick<Row, "samples" | "return" | "wall_seconds"> & { samples: number })[]): Row[] {
  const at = new Map<number, (typeof points)[number][]>();
  for (const point of points)
    if (Number.isFinite(point.samples) && Number.isFinite(point.return))
      at.set(point.samples, [...(at.get(point.samples) ?? []), point]);
  return [...at.keys()]
    .sort((a, b) => a - b)
    .map((samples, epoch) => {
      const same = at.get(samples)!;
      const mean = same.reduce((sum, point) => sum + point.return!, 0) / same.length;
      const { wall_seconds } = same[0];
      return { epoch, samples, return: mean, ...(Number.isFinite(wall_seconds) && { wall_seconds }) };
    });
}

function csvRows(file: string): Row[] {
  const { columns, lines } = readTable(readText(file));
  const value = (line: readonly string[], column: string | undefined): number =>
    numberOf(line[columns.indexOf(column ?? "")]);
  if (Object.values(MONITOR).every((name) => columns.includes(name))) {
    let samples = 0;
    return rowsOf(
      lines.map((line) => ({
        samples: (samples += value(line, MONITOR.length)),
        return: value(line, MONITOR.return),
        wall_seconds: value(line, MONITOR.wall_seconds),
      })),
    );
  }
  const [samples, earned, seconds] = [FOREIGN.samples, FOREIGN.return, FOREIGN.wall_seconds].map((names) =>
    firstOf(names, columns),
  );
  for (const [what, column, names] of [["samples", samples, FOREIGN.samples], ["returns", earned, FOREIGN.return]] as const) // prettier-ignore
    if (column === undefined)
      throw new InputError(`"${file}" has no column of ${what} (${names.join(", ")}); its columns are ${columns.join(", ")}.`); // prettier-ignore
  return rowsOf(
    lines.map((line) => ({
      samples: value(line, samples),
      return: value(line, earned),
      wall_seconds: value(line, seconds),
    })),
  );
}

/** A table between commas, semicolons or tabs, whichever its first line has most of; lines that begin with # are comments. */
function readTable(text: string): { columns: string[]; lines: string[][] } {
  const [header = "", ...lines] = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const [separator] = [",", ";", "\t"].sort((a, b) => header.split(b).length - header.split(a).length);
  const cells = (line: string): string[] => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return { columns: cells(header).map((name) => name.toLowerCase()), lines: lines.map(cells) };
}

/** NaN for what is none; a comma may be the decimal point, where it separates no columns. */
const numberOf = (cell: string | undefined): number => (cell ? Number(cell.replace(",", ".")) : NaN);

function eventRows(file: string): Row[] {
  const scalars = readScalars(readFileSync(file), file);
  const tags = [...new Set(scalars.map(({ tag }) => tag.toLowerCase()))];
  const tag = firstOf(FOREIGN.return, tags);
  if (tag === undefined)
    throw new InputError(`"${file}" has no scalar of returns (${FOREIGN.return.join(", ")}); its scalars are ${tags.join(", ")}.`); // prettier-ignore
  const began = scalars[0].time;
  return rowsOf(
    scalars
      .filter((scalar) => scalar.tag.toLowerCase() === tag)
      .map(({ step, value, time }) => ({ samples: step, return: value, wall_seconds: time - began })),
  );
}
