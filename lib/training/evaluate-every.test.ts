import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { tinyConfig, withoutClock } from "../../tests/tiny.js";
import { useBackend, type BackendInfo } from "@dmo-lab/jit/backend";
import "../../baselines/index.js";
import type { RunConfig } from "./config.js";
import type { Row } from "./metrics.js";
import { runInFolder } from "./run.js";
import { RunFolder } from "./run-folder.js";
import { TrainingFolder } from "./training-folder.js";
import { evaluatePolicy, Training } from "./train.js";

let backend: BackendInfo;
beforeAll(async () => {
  backend = await useBackend();
});

const newFolder = (): string => path.join(temporaryFolder(), "run");

/** Trains, from the newest checkpoint where there is one. */
async function train(directory: string, config: RunConfig, onRow?: (row: Row) => void): Promise<RunFolder> {
  const { folder, from } = TrainingFolder.resume(directory, config, backend);
  await runInFolder(config, folder, { onRow, checkpointEvery: 4, from: from?.state });
  return RunFolder.open(directory);
}

const every = (rows: readonly Row[]) => rows.map(({ deterministic_return }) => deterministic_return);
const others = (rows: readonly Row[]): Row[] => withoutClock(rows).map(({ deterministic_return: _, ...row }) => row);
const bestText = (folder: RunFolder): string => {
  const policy = folder.policy("best");
  const text = policy.text();
  policy.dispose();
  return text;
};

const EPOCHS = 9;

it.each(["dmo", "ppo", "sac"])(
  "%s: evaluations while training change no other number of the run",
  async (algorithm) => {
    const plain = await train(newFolder(), tinyConfig(algorithm, EPOCHS));
    const evaluated = await train(newFolder(), tinyConfig(algorithm, EPOCHS, "evaluateEvery=2"));
    expect(others(evaluated.rows())).toEqual(others(plain.rows()));
    expect(evaluated.evaluation()).toEqual(plain.evaluation());
    expect(every(plain.rows()).filter((value) => value !== undefined)).toEqual([]);
    const has = every(evaluated.rows()).map((value) => value !== undefined);
    expect(has).toEqual(Array.from({ length: EPOCHS }, (_, epoch) => epoch % 2 === 0));
    expect(() => plain.policy("best")).toThrow(/has no best policy: .* \(setting evaluateEvery\)/);
  },
);

it("the best policy is the one of the highest value, in episodes that the final score does not see", async () => {
  const config = tinyConfig("dmo", EPOCHS, "evaluateEvery=1");
  const folder = await train(newFolder(), config);
  const values = every(folder.rows()) as number[];
  expect(new Set(values).size).toBe(EPOCHS);
  const best = folder.policy("best");
  const scored = (starts?: string) => evaluatePolicy(best, config.evaluationEpisodes, config.seed, { starts }).mean;
  expect(scored("starts while training")).toBe(Math.max(...values));
  expect(scored()).not.toBe(Math.max(...values));
  best.dispose();
});

it("a run that was killed after a checkpoint and goes on equals one that was not, the best policy as well", async () => {
  const config = tinyConfig("dmo", EPOCHS, "evaluateEvery=1");
  const whole = await train(newFolder(), config);
  for (const killedIn of [3, 6]) {
    const directory = newFolder();
    const kill = ({ epoch }: Row): void => {
      if (epoch === killedIn) throw new Error("killed");
    };
    await expect(train(directory, config, kill)).rejects.toThrow("killed");
    const resumed = await train(directory, config);
    expect(withoutClock(resumed.rows())).toEqual(withoutClock(whole.rows()));
    expect(bestText(resumed)).toBe(bestText(whole));
  }
});

it("rows of a run in memory have the column, and the run's clock stands still meanwhile", async () => {
  const episodes = "evaluationEpisodes=2000";
  const began = performance.now();
  const training = new Training(tinyConfig("shac", 3, "evaluateEvery=1", episodes));
  const rows: Row[] = [];
  for await (const row of training.rows()) rows.push(row);
  training.dispose();
  const seconds = (performance.now() - began) / 1000;
  expect(every(rows).every(Number.isFinite)).toBe(true);
  expect(rows.at(-1)!.wall_seconds).toBeLessThan(0.8 * seconds);
});
