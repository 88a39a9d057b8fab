import * as fs from "node:fs";
import { InputError } from "@dmo-lab/input/errors";
import { storing, writeAtomically } from "./files.js";
import { parseTable, tableHeader, tableLine, type TableRow } from "./table.js";

/** A table on disk that grows by a row an epoch: a row is on disk when {@link append} returns. */
export class TableFile {
  constructor(
    private readonly file: string,
    private readonly columns: readonly string[],
  ) {}

  /** Leaves these rows there alone. @throws StorageError */
  write(rows: readonly TableRow[] = []): void {
    const lines = rows.map((row) => tableLine(row, this.columns));
    writeAtomically(this.file, tableHeader(this.columns) + lines.join(""));
  }

  /** @throws StorageError */
  append(row: TableRow): void {
    storing(this.file, () => fs.appendFileSync(this.file, tableLine(row, this.columns)));
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
    const rows = parseTable(lines.slice(0, epochs + 1).join("\n") + "\n", this.file);
    if (rows.length < epochs || rows.some(({ epoch }, i) => epoch !== i))
      throw new InputError(`"${this.file}" does not hold the first ${epochs} epochs of the run.`);
    this.write(rows);
  }
}
