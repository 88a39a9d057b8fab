import * as fs from "node:fs";
import path from "node:path";
import { readText } from "@dmo-lab/input/json";
import { parseJson } from "@dmo-lab/input/parse-json";
import { check, type Schema } from "@dmo-lab/input/schema";
import { writeAtomically } from "./files.js";

/** A folder whose files go by names: `files` says what each is called on disk. */
export class Folder<File extends string> {
  constructor(
    readonly directory: string,
    private readonly files: Readonly<Record<File, string>>,
  ) {}

  path(file: File): string {
    return path.join(this.directory, this.files[file]);
  }

  has(file: File): boolean {
    return fs.existsSync(this.path(file));
  }

  remove(...files: File[]): void {
    for (const file of files) fs.rmSync(this.path(file), { force: true });
  }

  /** Writes a record as JSON. @throws StorageError */
  write(file: File, content: object): void {
    writeAtomically(this.path(file), JSON.stringify(content, null, 2) + "\n");
  }

  /** The record that was written. @throws InputError that names the file */
  read(file: File): unknown {
    return parseJson(this.text(file), `"${this.path(file)}"`);
  }

  /** The same. @throws InputError that names the file, the field, its value and what is allowed */
  checked<T>(file: File, schema: Schema<T>): T {
    return check(schema, this.read(file), `"${this.path(file)}": `);
  }

  /** What a file says. @throws InputError that names it */
  text(file: File): string {
    return readText(this.path(file));
  }
}
