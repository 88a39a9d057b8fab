// JSON files of users and of other people.
import { readFileSync } from "node:fs";
import { InputError } from "./errors.js";

/** The text of a file. @throws InputError */
export function readText(file: string, name = `"${file}"`): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${name} can't be read: ${(error as Error).message}.`);
  }
}
