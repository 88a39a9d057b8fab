import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, start, TINY } from "../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { tagOf } from "../tools/export/event-file.js";
import type { Column } from "../lib/training/columns.js";
import { parseCsv } from "../lib/training/metrics.js";
import { withLock } from "./setup/lock.mjs";
import { ensureBeside } from "./setup/python.mjs";

// What the real TensorBoard reads of a run that is killed and goes on.

const native = (await useBackend()).name === "tensorflow";
const EPOCHS = 60;

/** Reads the run anew for every line on its input, as an open TensorBoard does, and prints the scalars by tag. */
const READER = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, SCALARS
run = EventAccumulator(sys.argv[1], size_guidance={SCALARS: 0})
for _ in sys.stdin:
    run.Reload()
    print(json.dumps({tag: [[e.step, e.value] for e in run.Scalars(tag)] for tag in run.Tags()["scalars"]}), flush=True)
`;

type Scalars = { [tag: string]: [step: number, value: number][] };

describe.skipIf(!native)("TensorBoard (with native TensorFlow)", () => {
  let folder = "";
  let run = "";
  let tools: Awaited<ReturnType<typeof ensureBeside>>;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    const root = process.cwd();
    tools = await withLock(join(root, ".cache", "setup.lock"), () => ensureBeside(root, "tensorboard"));
    build();
    folder = mkdtempSync(join(tmpdir(), "dmo-lab-"));
    run = join(folder, "killed");
  });

  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const train = (...more: string[]) =>
    start("dmo-lab.mjs", [
      ...["train", "--task", "cartpole", "--algorithm", "dmo", "--seed", "1", "--epochs", String(EPOCHS)],
      ...["--out", run, ...TINY, ...more],
    ]);
  const rows = () => parseCsv(readFileSync(join(run, "metrics.csv"), "utf8"));

  /** What metrics.csv holds, as float32. */
  function expected(): Scalars {
    const scalars: Scalars = {};
    for (const row of rows())
      for (const [column, value] of Object.entries(row) as [Column, number][])
        (scalars[tagOf(column)] ??= []).push([row.samples!, Math.fround(value)]);
    return scalars;
  }

  function reader(): () => Promise<Scalars> {
    const python = spawn(tools.python, ["-c", READER, run], {
      env: { ...process.env, ...tools.env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(python);
    const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
    return async () => {
      python.stdin.write("\n");
      const { "evaluation/return": _, ...scalars } = JSON.parse((await lines.next()).value as string) as Scalars;
      return scalars;
    };
  }

  test("reads what metrics.csv holds, also when it is open while the run is killed and goes on", async () => {
    const { child, ended } = train();
    while (!started(14)) await sleep(20);
    child.kill("SIGKILL");
    await ended;
    const open = reader();
    expect(await open()).toEqual(expected());
    const killedAfter = rows().length;
    expect(killedAfter).toBeLessThan(EPOCHS);
    const { code, stdout } = await train("--resume").ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/Going on after epoch \d+/);
    expect(rows()).toHaveLength(EPOCHS);
    expect(await open()).toEqual(expected());
    expect(await reader()()).toEqual(expected());
  });

  function started(epochs: number): boolean {
    try {
      return rows().length >= epochs;
    } catch {
      return false;
    }
  }

  test("is served to this machine alone, with the settings as hyperparameters", async () => {
    const board = spawn(process.execPath, ["scripts/tensorboard.mjs", "--logdir", folder, "--port", "0"]);
    children.push(board);
    let output = "";
    board.stderr.on("data", (text) => (output += String(text)));
    board.stdout.on("data", (text) => (output += String(text)));
    while (!/http:\S+/.test(output)) await sleep(100);
    const url = /http:\S+/.exec(output)![0];
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const sockets = listeners(new URL(url).port);
    if (process.platform === "linux") expect(sockets).toEqual(["0100007F"]);

    const query = { allowedStatuses: ["STATUS_SUCCESS"], colParams: [], startIndex: 0, sliceSize: 10 };
    const get = async (path: string, init?: RequestInit): Promise<unknown> =>
      (await fetch(`${url}data/plugin/${path}`, init)).json();
    const groups = () =>
      get("hparams/session_groups", { method: "POST", body: JSON.stringify(query) }) as Promise<{
        sessionGroups?: { hparams: object }[];
      }>;
    while (!(await groups()).sessionGroups?.length) await sleep(500);
    expect((await groups()).sessionGroups![0].hparams).toMatchObject({ task: "cartpole", seed: 1, envs: 8 });
    const points = (await get("scalars/scalars?run=killed&tag=model%2Floss")) as [number, number, number][];
    expect(points.map(([, step, value]) => [step, value])).toEqual(expected()["model/loss"]);
    board.kill("SIGTERM");
    await once(board, "exit");
  });
});

/** The addresses, as Linux writes them, at which somebody listens to a TCP port. */
function listeners(port: string): string[] {
  const LISTEN = "0A";
  const table = spawnSync("cat", ["/proc/net/tcp", "/proc/net/tcp6"], { encoding: "utf8" }).stdout;
  return table.split("\n").flatMap((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    const [address, at] = (local ?? "").split(":");
    return state === LISTEN && parseInt(at, 16) === Number(port) ? [address] : [];
  });
}
