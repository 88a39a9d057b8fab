import * as fs from "node:fs";
import path from "node:path";
import { StorageError } from "@dmo-lab/input/errors";

/**
 * Writes a file so that its path holds either the old content or all of the new one, also after a crash.
 * @param file its path; the folder is there @param content a text (UTF-8) or bytes @throws StorageError
 */
export const writeAtomically = (file: string, content: string | Uint8Array): void =>
  storing(file, () => replace(file, content));

function replace(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = fs.openSync(temporary, "w");
    try {
      fs.writeFileSync(handle, content);
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    fs.renameSync(temporary, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes a folder's list of files durable; Windows does it by itself and refuses to open folders. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = fs.openSync(folder, "r");
  fs.fsyncSync(handle);
  fs.closeSync(handle);
}

/** Runs what writes `file`. @throws StorageError that names the file, where the system refuses */
export function storing<R>(file: string, write: () => R): R {
  try {
    return write();
  } catch (error) {
    if (error instanceof Error && "syscall" in error)
      throw new StorageError(`"${file}" can't be written (${error.message}).`, { cause: error });
    throw error;
  }
}

/**
 * Makes a folder and those above it, where they are not there.
 * @param folder a path, absolute or from the working directory @throws StorageError
 */
export function makeFolder(folder: string): void {
  storing(folder, () => fs.mkdirSync(folder, { recursive: true }));
}
