import { createHash } from "node:crypto";
import {
  createReadStream,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

/** Where everything that is downloaded or compiled is kept, for all checkouts of this user. */
export function cacheFolder(env = process.env) {
  return resolve(env.DMO_LAB_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "dmo-lab"));
}

/** @param {string} folder @returns {string[]} the files below it, sorted */
export function filesBelow(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)])).sort();
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

/** @param {string} path of a JSON file @returns {any} what it holds; nothing where it is missing or broken */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Changes if one of the files does, or its name.
 * @param {string} root the folder that the names are relative to
 * @param {string[]} files
 */
export function fingerprintOf(root, files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  return hash.digest("hex");
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
