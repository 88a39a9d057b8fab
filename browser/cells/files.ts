/** The package's files that a notebook's cells read, which the page carries: by their names. */
import { InputError } from "@dmo-lab/input/errors";
import carried from "carried-files";

export const packageFile = (name: string): string => name;

export function readText(name: string): string {
  if (!Object.hasOwn(carried, name)) throw new InputError(`"${name}" is not among what this page carries.`);
  return carried[name];
}

const none = (): never => {
  throw new Error("a page has no files of its own.");
};

export const [writeAtomically, storing, makeFolder, packageVersion, thisLibrary] = [none, none, none, none, none];
