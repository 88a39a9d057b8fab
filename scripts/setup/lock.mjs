import { mkdirSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "./files.mjs";

// A holder touches its file every BEAT; a file that nobody touched during PATIENCE of watching has lost its holder.
const BEAT = 2_000;
const PATIENCE = 12_000;
const POLL = 200;

/** @typedef {{ pid: number, host: string, token: string }} Holder */

/**
 * Runs `work` while holding the lock file `path`, which at most one process does at a time. The lock of a process that
 * was killed is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(pid: number) => void} [onWait] called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  await acquire(path, token, onWait);
  const release = () => {
    if (holderOf(path)?.token === token) unlinkSync(path);
  };
  process.once("exit", release);
  const beat = setInterval(() => touch(path), BEAT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}

/** @param {string} path @param {string} token @param {(pid: number) => void} [onWait] */
async function acquire(path, token, onWait) {
  let seen = -1;
  let since = performance.now();
  let waiting = false;
  while (!create(path, token)) {
    const touched = lastTouch(path);
    if (touched !== seen) since = performance.now();
    seen = touched;
    const holder = holderOf(path);
    if ((holder && isDead(holder)) || performance.now() - since > PATIENCE) {
      if (await takeOver(path, token)) return;
    } else {
      if (holder && !waiting) onWait?.(holder.pid);
      waiting ||= holder !== undefined;
      await sleep(POLL);
    }
  }
}

/** @param {string} path @param {string} token */
function create(path, token) {
  try {
    writeFileSync(path, content(token), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Several processes may find the same stale lock: each puts its own in place, and after a moment the last one has it.
 * @param {string} path
 * @param {string} token
 */
async function takeOver(path, token) {
  const mine = `${path}.${token}`;
  writeFileSync(mine, content(token));
  renameSync(mine, path);
  await sleep(POLL);
  return holderOf(path)?.token === token;
}

/** @param {string} token */
function content(token) {
  return JSON.stringify({ pid: process.pid, host: hostname(), token });
}

/** @param {string} path @returns {Holder | undefined} nothing where the file is gone or only half written */
function holderOf(path) {
  return readJson(path);
}

/** @param {Holder} holder */
function isDead({ pid, host }) {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

/** @param {string} path */
function lastTouch(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

/** @param {string} path */
function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Somebody removed the cache by hand; there is nothing left to keep.
  }
}
