import * as fs from "node:fs";
import type { Columns } from "../algorithms/learner.js";
import { InputError } from "@dmo-lab/input/errors";
import { storing, writeAtomically } from "@dmo-lab/storage/files";
import { csvHeader, csvRow, parseCsv, type Row } from "./metrics.js";

/** The metrics.csv of a run that trains: a row is on disk when {@link append} returns. */
export class MetricsFile {
  constructor(
    private readonly file: string,
    private readonly columns: Columns,
  ) {}

  /** Leaves these rows there alone. */
  write(rows: readonly Row[] = []): void {
    writeAtomically(this.file, csvHeader(this.columns) + rows.map((row) => csvRow(row, this.columns)).join(""));
  }

  append(row: Row): void {
    storing(this.file, () => fs.appendFileSync(this.file, csvRow(row, this.columns)));
  }

  /** Makes the rows durable. @throws StorageError */
  sync(): void {
    storing(this.file, () => {
      const handle = fs.openSync(this.file, "r+");
      fs.fsyncSync(handle);
      fs.closeSync(handle);
    });
  }

  /** Leaves the first `epochs` of these rows there; what follows may be damaged. @throws InputError where they are not whole */
  truncate(text: string, epochs: number): void {
    const lines = text.split("\n").slice(0, -1);
    const rows = parseCsv(lines.slice(0, epochs + 1).join("\n") + "\n", this.file);
    if (rows.length < epochs || rows.some(({ epoch }, i) => epoch !== i))
      throw new InputError(`"${this.file}" does not hold the first ${epochs} epochs of the run.`);
    this.write(rows);
  }
}
