import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { build } from "../../tests/command-line.js";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { InputError, StorageError } from "@dmo-lab/input/errors";
import { useBackend, type BackendInfo } from "@dmo-lab/jit/backend";
import "../../baselines/index.js";
import { algorithmNames } from "./algorithms.js";
import { type RunConfig } from "./config.js";
import { csvHeader, csvRow, type Row } from "./metrics.js";
import { RunFolder } from "./run-folder.js";
import { TrainingFolder } from "./training-folder.js";
import { runInFolder } from "./run.js";

let backend: BackendInfo;
beforeAll(async () => {
  backend = await useBackend();
});

const newFolder = (): string => path.join(temporaryFolder(), "run");

type Options = { stop?: number; checkpointEvery?: number; before?: { epoch: number; act: () => void } };

/** Trains as `train --resume` does; interrupted after epoch `stop`, if one is given. */
async function train(directory: string, config: RunConfig, { stop, checkpointEvery, before }: Options = {}) {
  const { folder, from, problems } = TrainingFolder.resume(directory, config, backend);
  const interrupt = new AbortController();
  const onRow = ({ epoch }: Row) => {
    if (epoch! + 1 === stop) interrupt.abort();
    if (epoch! + 1 === before?.epoch) before.act();
  };
  const options = { onRow, signal: interrupt.signal, checkpointEvery, from: from?.state };
  const { ended } = await runInFolder(config, folder, options);
  return { ended, problems, from: from?.epochs };
}

/** All that a run gives, without what depends on the clock. */
function result(directory: string) {
  const folder = RunFolder.open(directory);
  const policy = folder.policy();
  const text = policy.text();
  policy.dispose();
  return { rows: withoutClock(folder.rows()), policy: text, evaluation: folder.evaluation() };
}

describe.each(algorithmNames)("20 epochs of %s", (algorithm) => {
  it("equal any number of interruptions and resumptions, bit for bit", async () => {
    const config = tinyConfig(algorithm, 20);
    const [whole, parts] = [newFolder(), newFolder()];
    await train(whole, config);
    for (const stop of [1, 13]) expect((await train(parts, config, { stop })).ended).toBe("interrupted");
    expect((await train(parts, config)).from).toBe(13);
    expect(result(parts)).toEqual(result(whole));
    for (const clock of ["wall_seconds", "cpu_seconds"] as const) {
      const rows = RunFolder.open(parts).rows();
      const times = rows.map((row) => row[clock]!);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times[0]).toBeGreaterThan(0);
    }
  });
});

it("4 epochs with a recurrent model and an outlier filter equal an interruption and a resumption, bit for bit", async () => {
  const recurrent = ["recurrent.width=8", "recurrent.sequence=5", "batch=6", "outlierSigmas=2"];
  const config = tinyConfig("dmo", 4, ...recurrent.map((setting) => `dynamics.${setting}`));
  const [whole, parts] = [newFolder(), newFolder()];
  await train(whole, config);
  await train(parts, config, { stop: 2 });
  await train(parts, config);
  expect(result(parts)).toEqual(result(whole));
});

it.each([
  ["dmo", ["reward=learned", "critic.forward=model"]],
  ["dmo-bptt", ["actor.policy=deterministic"]],
  ["imagination", ["critic.forward=simulator"]],
])("%s with %s equals its parts as well", async (algorithm, settings) => {
  const config = tinyConfig(algorithm, 4, ...settings);
  const [whole, parts] = [newFolder(), newFolder()];
  await train(whole, config);
  await train(parts, config, { stop: 2 });
  await train(parts, config);
  expect(result(parts)).toEqual(result(whole));
});

it("a run on MuJoCo equals its parts as well", async () => {
  build(); // MuJoCo's threads run what is compiled
  const config = tinyConfig("dmo", 4, "engine=mujoco");
  const [whole, parts] = [newFolder(), newFolder()];
  await train(whole, config);
  await train(parts, config, { stop: 2 });
  await train(parts, config);
  expect(result(parts)).toEqual(result(whole));
});

describe("a run in parts", () => {
  const config = tinyConfig("dmo", 4);
  let whole: ReturnType<typeof result>;
  beforeAll(async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "dmo-lab-"));
    await train(directory, config);
    whole = result(directory);
    rmSync(directory, { recursive: true });
  });

  const file = (directory: string, ...names: string[]) => path.join(directory, ...names);
  /** The folder of a run that has done some of its epochs, with a checkpoint after each. */
  async function begun(epochs: number): Promise<string> {
    const directory = newFolder();
    await train(directory, config, { stop: epochs, checkpointEvery: 1 });
    return directory;
  }

  it("is finished once: then its score is at hand, and more epochs extend it", async () => {
    const parts = newFolder();
    const half = tinyConfig("dmo", 2);
    await train(parts, half);
    expect(RunFolder.finished(parts, half)).toEqual(result(parts).evaluation);
    expect(RunFolder.finished(parts, config)).toBeUndefined();
    await train(parts, config);
    expect(result(parts)).toEqual(whole);
    await expect(train(parts, half)).rejects.toThrow(/epochs is "2", but the run in ".*" has done 4/);
  });

  it("forgets the rows after its checkpoint, also one that was torn", async () => {
    const parts = await begun(2);
    appendFileSync(file(parts, "metrics.csv"), csvRow({ epoch: 2, samples: 192 }) + "3,25");
    expect((await train(parts, config)).problems).toEqual([]);
    expect(result(parts)).toEqual(whole);
  });

  it("refuses a metrics.csv that lacks rows of the checkpoint", async () => {
    const parts = await begun(2);
    writeFileSync(file(parts, "metrics.csv"), csvHeader() + csvRow({ epoch: 0 }) + csvRow({ epoch: 5 }));
    await expect(train(parts, config)).rejects.toThrow(/metrics.csv" does not hold the first 2 epochs of the run/);
    writeFileSync(file(parts, "metrics.csv"), csvHeader());
    await expect(train(parts, config)).rejects.toThrow(/metrics.csv" does not hold the first 2 epochs of the run/);
  });

  it("names a damaged checkpoint and uses the one before it", async () => {
    const parts = await begun(3);
    const newest = file(parts, "checkpoints", "epoch-3.checkpoint");
    const bytes = readFileSync(newest);
    bytes[bytes.length - 9] ^= 1;
    writeFileSync(newest, bytes);
    const { problems, from } = await train(parts, config);
    expect(from).toBe(2);
    expect(problems).toEqual([`Checkpoint "${newest}" does not match its checksum: it was altered or damaged.`]);
    expect(existsSync(newest)).toBe(false);
    expect(result(parts)).toEqual(whole);
  });

  it("starts from the beginning where no checkpoint is whole", async () => {
    const parts = await begun(2);
    writeFileSync(file(parts, "checkpoints", "replay-0.rows"), "");
    const { problems, from } = await train(parts, config);
    expect(from).toBeUndefined();
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/epoch-2.checkpoint" needs ".*replay-0.rows", which is truncated: 0 of \d+ bytes/);
    expect(result(parts)).toEqual(whole);
  });

  it("refuses other arguments, another way of computing and another run's checkpoint, naming both values", async () => {
    const [parts, other] = [await begun(1), newFolder()];
    await train(other, tinyConfig("dmo", 4, "gamma=0.9"), { stop: 1 });
    const before = result(parts);
    const attempt =
      (change: Partial<RunConfig>, threads = backend.threads) =>
      () =>
        TrainingFolder.resume(parts, { ...config, ...change }, { ...backend, threads });
    expect(attempt({ seed: 2 })).toThrow(/holds another run: seed is 1 there and 2 here\./);
    expect(attempt({ gamma: 0.5, task: "hopper" })).toThrow(
      /task is "cartpole" there and "hopper" here, gamma is 0.99 there and 0.5 here/,
    );
    expect(attempt({ actor: { ...config.actor, hidden: [8] } } as Partial<RunConfig>)).toThrow(
      /actor.hidden is \[16\] there and \[8\] here/,
    );
    expect(attempt({}, 7)).toThrow(InputError);
    expect(attempt({}, 7)).toThrow(/backend.threads is 1 there and 7 here/);
    const foreign = readFileSync(file(other, "checkpoints", "epoch-1.checkpoint"));
    writeFileSync(file(parts, "checkpoints", "epoch-1.checkpoint"), foreign);
    expect(attempt({})).toThrow(/epoch-1.checkpoint" can't be gone on with: gamma is 0.9 there and 0.99 here/);
    expect(result(parts)).toEqual(before);
  });

  it("is not gone on with on another device, and the line says which", async () => {
    const gpu = { tf32: false, deterministic: true };
    const on = (parts: string, device: BackendInfo) => () =>
      TrainingFolder.resume(parts, config, device).folder.close();
    const parts = await begun(1);
    expect(on(parts, { ...backend, gpu })).toThrow(InputError);
    expect(on(parts, { ...backend, gpu })).toThrow(/epoch-1.checkpoint" can't be gone on with: backend.device is absent there and "GPU" here, backend.gpu.tf32 is absent there and false here/); // prettier-ignore
    const away = newFolder();
    const { folder } = TrainingFolder.resume(away, config, { ...backend, gpu });
    folder.saveCheckpoint(1, { nothing: 0 });
    folder.close();
    expect(on(away, backend)).toThrow(/backend.device is "GPU" there and absent here, backend.gpu.tf32 is false there/);
    expect(on(away, { ...backend, gpu: { ...gpu, tf32: true } })).toThrow(
      /can't be gone on with: backend.gpu.tf32 is false there and true here\.$/,
    );
    expect(RunFolder.open(away).machine().backend.gpu).toEqual(gpu);
  });

  it.runIf(process.platform === "linux")("survives a full disk: one line, the state before it is whole", async () => {
    const parts = newFolder();
    const temporary = file(parts, "checkpoints", `epoch-3.checkpoint.${process.pid}.tmp`);
    const fillDisk = { epoch: 3, act: () => symlinkSync("/dev/full", temporary) };
    const failure = await train(parts, config, { checkpointEvery: 1, before: fillDisk }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(StorageError);
    expect((failure as Error).message).toMatch(
      /^".*checkpoints[^"]*" can't be written \(ENOSPC: .*\)\. The run up to epoch 2 is safe: make room, .* --resume\.$/,
    );
    expect((await train(parts, config)).from).toBe(2);
    expect(result(parts)).toEqual(whole);
    const { folder } = TrainingFolder.resume(parts, config, backend);
    rmSync(file(parts, "metrics.csv"));
    symlinkSync("/dev/full", file(parts, "metrics.csv"));
    expect(() => folder.append({ epoch: 0 })).toThrow(/metrics.csv" can't be written \(ENOSPC/);
    folder.close();
  });
});
