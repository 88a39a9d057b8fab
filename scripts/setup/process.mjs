import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
const ownGroup = process.platform !== "win32";

/**
 * @typedef {object} Result
 * @property {number} code exit status; 127 where the command does not exist
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} [stopped] why `watch` stopped it
 */

/** @typedef {(seconds: number, output: string) => string | undefined | void} Watch */

/**
 * Runs a command to its end and never throws. `watch` is called twice a second; a line that it returns stops the command.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean, watch?: Watch }} [options]
 * @returns {Promise<Result>}
 */
export function run(command, args, { cwd, env, shell, watch } = {}) {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      shell,
      detached: ownGroup,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    /** @type {Result} */
    const result = { code: 127, signal: null, stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (result.stdout += chunk));
    child.stderr.on("data", (chunk) => (result.stderr += chunk));
    const timer = setInterval(() => {
      const stop = watch?.((performance.now() - start) / 1000, result.stdout + result.stderr);
      if (!stop) return;
      result.stopped = stop;
      kill(child);
    }, 500);
    /** @param {number | null} code @param {NodeJS.Signals | null} signal */
    const end = (code, signal) => {
      clearInterval(timer);
      running.delete(child);
      resolve({ ...result, code: code ?? 1, signal });
    };
    child.on("error", () => end(127, null));
    child.on("close", end);
  });
}

/**
 * Lets Ctrl-C and the like end this program in order, and with it what run() started, in process groups of its own.
 * @returns {() => void} takes that back
 */
export function endWithChildren() {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const end = () => process.exit(130);
  for (const signal of signals) process.on(signal, end);
  process.on("exit", () => running.forEach(kill));
  return () => signals.forEach((signal) => process.off(signal, end));
}

/**
 * Runs a program that has the terminal, to its end: Ctrl-C reaches it as well, and it may ask first.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit status
 */
export async function runInTerminal(command, args, env) {
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, "exit");
  return code ?? 1;
}

/** @param {import("node:child_process").ChildProcess} child */
function kill(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(ownGroup ? -child.pid : child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** @param {Result} result @returns {boolean} whether pip failed for want of a network: its last word is then another */
export function isOffline({ stdout, stderr }) {
  return /Connection ?Error|connection broken|ProxyError|Temporary failure in name/i.test(stdout + stderr);
}

/** @param {string} packages @returns {string} how to get them here, with Debian's names */
export function installCommand(packages) {
  return existsSync("/usr/bin/apt-get") ? `sudo apt-get install ${packages}` : `install ${packages}`;
}

/**
 * The line of a failed command that tells most: the first one that is an error, or else the last one.
 * @param {Result} result
 */
export function errorLine({ stdout, stderr, signal, stopped }) {
  if (stopped) return stopped;
  if (signal) return `ended by ${signal}`;
  const lines = `${stdout}\n${stderr}`
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.find((line) => /error:/i.test(line)) ?? lines.at(-1) ?? "no output";
}
