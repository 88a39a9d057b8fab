import { createHash } from "node:crypto";
import {
  createReadStream,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where everything that is downloaded or compiled is kept, for all checkouts of this user. */
export function cacheFolder(env = process.env) {
  return resolve(env.DMO_LAB_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "dmo-lab"));
}

/**
 * The files below a folder, sorted; those that `keep` refuses are left out, folders with all that they hold.
 * @param {string} folder
 * @param {(name: string) => boolean} [keep]
 * @returns {string[]}
 */
export function filesBelow(folder, keep = () => true) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => keep(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path, keep) : [path];
    })
    .sort();
}

/** @param {string} folder @returns {number} bytes of the files below it; files come and go while others write */
export function sizeBelow(folder) {
  try {
    return filesBelow(folder).reduce((sum, file) => sum + (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch {
    return 0;
  }
}

/**
 * Removes what a folder holds, as far as it can: what a killed set-up has started may still be writing there, and then
 * the next set-up removes the rest.
 * @param {string} folder
 * @param {(name: string) => boolean} [which]
 */
export function emptyFolder(folder, which = () => true) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter(which)) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
    } catch {
      continue;
    }
  }
}

/** @param {string} path @returns {Promise<string>} */
export async function sha256(path) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * Makes `path` a link to the folder `target`, or a copy of it where links are not to be had. What was there goes.
 * @param {string} target
 * @param {string} path
 */
export function linkFolder(target, path) {
  const fresh = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(fresh, { recursive: true, force: true });
  try {
    symlinkSync(target, fresh, "junction");
  } catch {
    cpSync(target, fresh, { recursive: true, verbatimSymlinks: true });
  }
  rmSync(path, { recursive: true, force: true });
  renameSync(fresh, path);
}
