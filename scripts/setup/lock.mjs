import { mkdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "./files.mjs";

// A holder touches its file every BEAT, while it does nothing that takes longer. Where nobody can tell whether it lives, a file
// that was not touched during PATIENCE of watching has lost its holder.
const BEAT = 2_000;
const PATIENCE = 60_000;
const POLL = 200;

/** @typedef {{ pid: number, host: string, token: string, start?: string }} Holder `start` tells processes of one pid apart */

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
    const state = holder ? stateOf(holder) : "unknown";
    if (state === "dead" || (state === "unknown" && performance.now() - since > PATIENCE)) {
      if (await takeOver(path, token, holder)) return;
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
 * @param {Holder | undefined} stale whose lock it was
 */
async function takeOver(path, token, stale) {
  const mine = `${path}.${token}`;
  writeFileSync(mine, content(token));
  if (holderOf(path)?.token === stale?.token) renameSync(mine, path);
  else rmSync(mine);
  await sleep(POLL);
  return holderOf(path)?.token === token;
}

/** @param {string} token */
function content(token) {
  return JSON.stringify({ pid: process.pid, host: hostname(), token, start: startOf(process.pid) });
}

/** @param {string} path @returns {Holder | undefined} nothing where the file is gone or only half written */
function holderOf(path) {
  return readJson(path);
}

/** @param {Holder} holder @returns {"alive" | "dead" | "unknown"} */
function stateOf({ pid, host, start }) {
  if (host !== hostname()) return "unknown";
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH") return "dead";
  }
  const now = startOf(pid);
  if (start === undefined || now === undefined) return "unknown";
  return now === start ? "alive" : "dead";
}

/**
 * When a process began, in the units of its system; undefined where the system has no such file. One that nobody has waited
 * for is over.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? "over" : fields[18];
  } catch {
    return undefined;
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
