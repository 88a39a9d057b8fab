import "../../robots/index.js";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { machine } from "../../tests/machine.js";
import { tinyConfig } from "../../tests/tiny.js";
import { resolveConfig, type RunConfig } from "../../lib/training/config.js";
import { csvHeader, csvRow } from "../../lib/training/metrics.js";
import { RunFolder } from "../../lib/training/run-folder.js";
import { variantOf } from "./result-place.js";
import { readResult, readResults, saveResult } from "./results.js";

const evaluation = { mean: 1.5, std: 0.5, episodes: 2, returns: [1, 2] };

/** A run's folder as training leaves it after `epochs` epochs. */
function runFolder(config: RunConfig, epochs = config.epochs, started = machine.started): RunFolder {
  const row = (epoch: number): string => csvRow({ epoch, samples: 64 * (epoch + 1), return: epoch / 3 });
  const folder = temporaryFolder({
    "config.json": JSON.stringify(config),
    "machine.json": JSON.stringify({ ...machine, started }),
    "metrics.csv": csvHeader() + Array.from({ length: epochs }, (_, epoch) => row(epoch)).join(""),
    ...(epochs === config.epochs && { "evaluation.json": JSON.stringify(evaluation) }),
  });
  return RunFolder.open(folder);
}

describe("a kept run", () => {
  it("comes back whole: rows, configuration, machine, score", () => {
    const into = temporaryFolder();
    const run = runFolder(resolveConfig("cartpole", "shac", 7, ["epochs=5"]));
    const { file } = saveResult(run, into);
    expect(file).toBe(path.join(into, "cartpole/shac/seed7"));
    expect(readFileSync(`${file}.csv`, "utf8")).toBe(run.metrics);
    writeFileSync(`${file}.horizon.csv`, "horizon\n");
    const [result, ...others] = readResults(into);
    expect(others).toEqual([]);
    const place = { task: "cartpole", algorithm: "shac", variant: "", seed: 7 };
    const record = { config: run.config(), machine, evaluation, epochs: 5, rowsEvery: 1, partial: false };
    expect(result).toEqual({ ...place, ...record, rows: run.rows() });
  });

  it("is thinned to every n-th row and the last, rows unaltered, where it is long", () => {
    const run = runFolder(resolveConfig("cartpole", "shac", 1, ["epochs=2345"]));
    const { file, record } = saveResult(run, temporaryFolder());
    expect(record).toMatchObject({ epochs: 2345, rowsEvery: 3 });
    const lines = readFileSync(`${file}.csv`, "utf8").trimEnd().split("\n");
    const whole = run.metrics.split("\n");
    expect(lines).toEqual([whole[0], ...whole.filter((_, i) => i > 0 && (i - 1) % 3 === 0 && i < 2345), whole[2345]]);
    expect(readResult(file).rows.at(-1)).toEqual(run.rows().at(-1));
  });

  it("is partial where it stopped early, and brought up to date when it went on", () => {
    const into = temporaryFolder();
    const config = resolveConfig("cartpole", "shac", 1, ["epochs=5"]);
    const { file } = saveResult(runFolder(config, 3), into);
    expect(readResult(file)).toMatchObject({ partial: true, epochs: 3 });
    expect(readResult(file).evaluation).toBeUndefined();
    saveResult(runFolder(config), into);
    expect(readResult(file)).toMatchObject({ partial: false, epochs: 5, evaluation });
  });

  it("is not written over by another run, unless asked to", () => {
    const into = temporaryFolder();
    const config = resolveConfig("cartpole", "shac", 1, ["epochs=5"]);
    const { file } = saveResult(runFolder(config), into);
    const later = runFolder(config, 4, "2026-02-02T00:00:00.000Z");
    expect(() => saveResult(later, into)).toThrow(/seed1.json" is the result of another run .*: begun at 2026-01-02/);
    saveResult(later, into, { replace: true });
    expect(readResult(file).epochs).toBe(4);
  });

  it("in the order of tasks, algorithms, variants and seeds, below any folder of the tree", () => {
    const into = temporaryFolder({ "README.md": "" });
    for (const seed of [10, 2]) saveResult(runFolder(resolveConfig("cartpole", "shac", seed, ["epochs=2"])), into);
    saveResult(runFolder(resolveConfig("cartpole", "dmo", 1, ["epochs=2", "engine=mujoco"])), into);
    const names = (folder: string): string[] =>
      readResults(folder).map(({ task, algorithm, variant, seed }) => [task, algorithm, variant, seed].join(" "));
    expect(names(into)).toEqual(["cartpole dmo mujoco 1", "cartpole shac  2", "cartpole shac  10"]);
    expect(names(path.join(into, "cartpole", "shac"))).toEqual(["cartpole shac  2", "cartpole shac  10"]);
  });
});

describe("the variant of a run", () => {
  it("is empty for the default, whatever its length and its evaluation, and the engine where that differs", () => {
    const short = ["epochs=3", "evaluationEpisodes=2", "evaluateEvery=1"];
    expect(variantOf(resolveConfig("hopper", "dmo", 1, short))).toBe("");
    expect(variantOf(resolveConfig("hopper", "dmo", 1, [...short, "engine=mujoco"]))).toBe("mujoco");
    expect(variantOf(resolveConfig("hopper", "dmo", 1, [...short, "preset=laptop"]))).toBe("laptop");
    expect(variantOf(resolveConfig("hopper", "dmo", 1, ["preset=laptop", "engine=mujoco"]))).toBe("laptop,mujoco");
    expect(() => variantOf(resolveConfig("hopper", "dmo", 1, ["preset=laptop", "gamma=0.5"]))).toThrow(
      /gamma is 0.99 there and 0.5 here/,
    );
  });

  it("is not told by a setting that came with a later version", () => {
    const { gamma: _, actor, ...config } = resolveConfig("hopper", "dmo", 1);
    const { clip: __, ...older } = actor;
    expect(variantOf({ ...config, actor: older } as unknown as RunConfig)).toBe("");
    expect(() => variantOf({ ...config, actor: { ...older, clap: 1 } } as unknown as RunConfig)).toThrow(
      /actor.clap is absent there and 1 here/,
    );
  });

  it("has to be named where settings differ", () => {
    const run = runFolder(resolveConfig("cartpole", "shac", 1, ["epochs=5", "horizon=8", "gamma=0.9"]));
    const into = temporaryFolder();
    expect(() => saveResult(run, into)).toThrow(
      'a run of shac on cartpole is not its default ("there"): horizon is 32 there and 8 here, gamma is 0.99 there and 0.9 here. Name what it is with --variant.',
    );
    expect(saveResult(run, into, { variant: "short" }).file).toBe(path.join(into, "cartpole/shac+short/seed1"));
  });
});

describe("results that are not whole are refused by file, field and value:", () => {
  const config = tinyConfig("shac", 4);
  const saved = (): string => saveResult(runFolder(config), temporaryFolder(), { variant: "tiny" }).file;

  it.each([
    ["epochs", 0, /seed1.json": epochs is 0; allowed: a whole number from 1\./],
    ["rowsEvery", "2", /: rowsEvery is "2"; allowed: a whole number from 1\./],
    ["partial", true, /: partial is true; allowed: false, as there is an evaluation\./],
    ["evaluation", undefined, /: partial is false; allowed: true, as there is no evaluation\./],
    ["epochs", 3, /: epochs is 3; allowed: 4, as configured, unless the run is partial\./],
    ["evaluation", { ...evaluation, mean: null }, /: evaluation.mean is null; allowed: a number\./],
    ["evaluation", { ...evaluation, episodes: 3 }, /: evaluation.episodes is 3; allowed: 2, as many as returns\./],
    ["machine", { ...machine, numerics: 5 }, /: machine.numerics is 5; allowed: a text\./],
    ["config", { ...config, seed: 2 }, /holds "cartpole\/shac\+tiny\/seed2", which is not where it lies\./],
    ["config", { ...config, algorithm: "shak" }, /: algorithm "shak" is unknown. Did you mean "shac"\?/],
    ["rowsEvery", 3, /seed1.csv" has 4 rows, and row 2 is of epoch 1; allowed .* rowsEvery 3: 2 rows/],
  ])("%s", (field, value, message) => {
    const file = saved();
    const record = JSON.parse(readFileSync(`${file}.json`, "utf8"));
    writeFileSync(`${file}.json`, JSON.stringify({ ...record, [field]: value }));
    expect(() => readResult(file)).toThrow(message);
  });

  it("a missing row, a missing file, a place that is none", () => {
    const file = saved();
    const text = readFileSync(`${file}.csv`, "utf8");
    writeFileSync(`${file}.csv`, text.split("\n").slice(0, -2).join("\n") + "\n");
    expect(() => readResult(file)).toThrow(/has 3 rows; allowed after 4 epochs with rowsEvery 1: 4 rows/);
    const alone = temporaryFolder({ "cartpole/shac/seed1.csv": text });
    expect(() => readResults(alone)).toThrow(/seed1.json" can't be read: ENOENT/);
    const moved = temporaryFolder({ "notes.json": readFileSync(`${file}.json`, "utf8") });
    expect(() => readResults(moved)).toThrow(/its place is not <task>\/<algorithm>\[\+<variant>\]\/seed<k>\./);
  });
});

it("the committed results can be read", () => {
  const results = readResults("data/results");
  expect(results.map(({ task, algorithm, seed }) => `${task}/${algorithm}/${seed}`)).toContain("hopper/dmo/1");
});
