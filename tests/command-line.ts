// Running the command line in tests: in this process, or as users do, in one of its own.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import path from "node:path";
import { afterAll, vi } from "vitest";
import { main } from "../bin/main.js";

export type Outcome = { code: number | null; stdout: string; stderr: string };

/** Runs a command in this process. */
export async function runHere(...argv: string[]): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const line = (to: keyof typeof written) => (text: unknown) => {
    written[to] += `${text instanceof Error ? text.stack : String(text)}\n`;
  };
  const spies = [
    vi.spyOn(console, "log").mockImplementation(line("stdout")),
    vi.spyOn(console, "error").mockImplementation(line("stderr")),
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      written.stdout += String(text);
      return true;
    }),
  ];
  try {
    return { code: await main(argv), ...written };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
}

/** Compiles what has changed, as the set-up does; call it before {@link start}. */
export function build(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/build.mjs"], { encoding: "utf8" });
  if (status !== 0) throw new Error(stdout + stderr);
}

const children: ChildProcess[] = [];
/** Nothing goes on in the background when a test has failed. */
afterAll(() => children.forEach((child) => child.kill("SIGKILL")));

/** Starts a compiled program of bin/ in a process of its own; `ended` tells how it went. */
export function start(program: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = process.cwd()) {
  const child: ChildProcess = spawn(process.execPath, [path.resolve("bin", program), ...argv], {
    env: { ...process.env, ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const written = { stdout: "", stderr: "" };
  child.stdout!.on("data", (text) => (written.stdout += String(text)));
  child.stderr!.on("data", (text) => (written.stderr += String(text)));
  const ended = new Promise<Outcome>((resolve) => child.on("close", (code) => resolve({ code, ...written })));
  return { child, ended };
}

/** Settings that make a run of DMO on CartPole take a moment. */
export const TINY = [
  "envs=8",
  "horizon=16",
  "evaluationEpisodes=3",
  "actor.hidden=16",
  "critic.hidden=16",
  "critic.iterations=2",
  "dynamics.hidden=16,16",
  "dynamics.initialUpdates=5",
  "dynamics.minReplay=64",
  "dynamics.updates=3",
  "dynamics.batch=32",
].flatMap((setting) => ["--set", setting]);
