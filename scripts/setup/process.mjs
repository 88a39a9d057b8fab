import { spawn } from "node:child_process";

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

/** Lets Ctrl-C and the like end this program in order, and with it what run() started, in process groups of its own. */
export function endWithChildren() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
  process.on("exit", () => running.forEach(kill));
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
