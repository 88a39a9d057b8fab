// Generated bad input: it is accepted, or refused with one clear line; nothing crashes, hangs or is left half-written.
import fc from "fast-check";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { initActor } from "../lib/algorithms/actor.js";
import { ReplayBuffer, transitionColumns } from "../lib/dynamics/replay-buffer.js";
import { InputError } from "@dmo-lab/input/errors";
import type { Model } from "@dmo-lab/physics/model";
import { Simulator } from "@dmo-lab/physics/simulator";
import { loadModel } from "./models.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../lib/tensor/random.js";
import { Checkpoints } from "@dmo-lab/storage/checkpoint";
import "../baselines/index.js";
import { algorithmNames, allSettings } from "../lib/training/algorithms.js";
import { readConfig, resolveConfig } from "../lib/training/config.js";
import { csvHeader, csvRow, parseCsv } from "../lib/training/metrics.js";
import { Policy } from "../lib/training/policy.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { temporaryFolder } from "./temporary.js";
import { damaged, mutated, oddNumber } from "./damage.js";

beforeAll(async () => {
  await useBackend("cpu");
});

const RUNS = { numRuns: 1000, seed: 4 };

/** Runs `use`. Refused input gives undefined; every other failure is one. */
function acceptedOrRefused<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^[^\n]{10,1000}$/);
    return undefined;
  }
}

/** Counts what was accepted, so that a test in which all input is refused, or none, is noticed. */
function tally() {
  const seen = { accepted: 0, refused: 0 };
  return Object.assign((result: unknown) => seen[result === undefined ? "refused" : "accepted"]++, { seen });
}

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("configurations", () => {
  it("from the command line", () => {
    const count = tally();
    const name = fc.oneof(fc.constantFrom(...Object.keys(allSettings())), fc.string());
    const value = fc.oneof(
      oddNumber.map(String),
      fc.constantFrom("", "8,8", "64,,1", "NaN", "1e1000", "residual"),
      fc.string(),
    );
    const assignment = fc.oneof(
      { weight: 9, arbitrary: fc.tuple(name, value).map((pair) => pair.join("=")) },
      { weight: 1, arbitrary: fc.string() },
    );
    const algorithm = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom<string>(...algorithmNames) },
      { weight: 1, arbitrary: fc.string() },
    );
    const task = fc.constantFrom("cartpole", "hopper", "hoper", "", "__proto__");
    const seed = fc.oneof({ weight: 9, arbitrary: fc.nat() }, { weight: 1, arbitrary: oddNumber });
    const check = fc.property(
      task,
      algorithm,
      seed,
      fc.array(assignment, { maxLength: 2 }),
      (...[t, a, s, assignments]) => {
        const config = acceptedOrRefused(() => resolveConfig(t, a, s, assignments));
        count(config);
        const saved: unknown = config && JSON.parse(JSON.stringify(config));
        if (config) expect(readConfig(saved)).toEqual(saved);
      },
    );
    fc.assert(check, RUNS);
    expect(count.seen.accepted).toBeGreaterThan(50);
    expect(count.seen.refused).toBeGreaterThan(50);
  });

  it("from a folder", () => {
    const count = tally();
    const directory = temporaryFolder();
    const original = resolveConfig("hopper", "dmo", 1);
    const text = JSON.stringify(original, null, 2);
    const content = fc.oneof(
      mutated(original).map((value) => JSON.stringify(value) ?? ""),
      damaged(Buffer.from(text)),
    );
    const check = fc.property(content, (config) => {
      writeFileSync(path.join(directory, "config.json"), config);
      count(acceptedOrRefused(() => RunFolder.open(directory).config()));
    });
    fc.assert(check, RUNS);
    expect(Math.min(count.seen.accepted, count.seen.refused)).toBeGreaterThan(50);
  });
});

describe("models", () => {
  it.each(["hopper", "cartpole"])("made of %s", (name) => {
    const count = tally();
    const original = { ...loadModel(name), substeps: 2 };
    const check = fc.property(
      fc.oneof({ weight: 19, arbitrary: mutated(original) }, { weight: 1, arbitrary: fc.jsonValue() }),
      (model) => {
        const simulator = acceptedOrRefused(() => new Simulator(model as Model, ({ q, qd }) => [...q, ...qd], 1));
        count(simulator);
        simulator?.step(new Float32Array(simulator.actionSize).fill(0.5));
      },
    );
    fc.assert(check, { ...RUNS, numRuns: 500 });
    expect(Math.min(count.seen.accepted, count.seen.refused)).toBeGreaterThan(20);
  });
});

describe("checkpoints", () => {
  const identity = { version: "1", seed: 1 };

  /** A folder of two checkpoints. */
  function original(): { directory: string; files: { [name: string]: Buffer } } {
    const directory = path.join(temporaryFolder(), "checkpoints");
    const checkpoints = new Checkpoints(directory, identity);
    const replay = new ReplayBuffer(100, transitionColumns(2, 1));
    const values = new Float32Array(20).fill(0.5);
    for (const epochs of [1, 2]) {
      replay.add({ obs: values, action: values.subarray(0, 10), nextObs: values });
      checkpoints.save(epochs, { numbers: [1, NaN, -0], values, replay: replay.save() });
    }
    const files = readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name))] as const);
    return { directory, files: Object.fromEntries(files) };
  }

  /** The same file with another JSON, its checksum right. */
  function signed(file: Buffer): fc.Arbitrary<Buffer> {
    const [format, size] = file.toString("latin1").split("\n", 2);
    const body = file.subarray(format.length + size.length + 2);
    const end = body.indexOf("\n");
    return mutated(JSON.parse(body.toString("utf8", 0, end))).map((value) => {
      const changed = Buffer.concat([Buffer.from(JSON.stringify(value) ?? ""), body.subarray(end)]);
      return Buffer.concat([Buffer.from(`${format}\nsha256 ${sha256(changed)}, ${changed.length} bytes\n`), changed]);
    });
  }

  it("are used when they are whole, and the one before is used otherwise", () => {
    const { directory, files } = original();
    const used = { newest: 0, before: 0, none: 0 };
    const newest = files["epoch-2.checkpoint"];
    const rows = files["replay-0.rows"];
    const harm = fc.oneof(
      fc.tuple(fc.constant("epoch-2.checkpoint"), fc.oneof(damaged(newest), signed(newest))),
      fc.tuple(fc.constant("replay-0.rows"), damaged(rows)),
    );
    const check = fc.property(harm, ([name, content]) => {
      for (const [file, whole] of Object.entries(files))
        writeFileSync(path.join(directory, file), file === name ? content : whole);
      const before = readdirSync(directory);
      const result = acceptedOrRefused(() => new Checkpoints(directory, identity).latest());
      expect(readdirSync(directory)).toEqual(before);
      for (const problem of result?.problems ?? []) expect(problem).toMatch(/^Checkpoint ".*" [^\n]{10,1000}\.$/);
      const epochs = result?.found?.epochs;
      used[epochs === 2 ? "newest" : epochs === 1 ? "before" : "none"]++;
    });
    fc.assert(check, RUNS);
    expect(Math.min(...Object.values(used))).toBeGreaterThan(20);
  });
});

describe("policies", () => {
  it("of a file", () => {
    const count = tally();
    const actor = initActor(3, [4, 4], 2, streams(1)("actor"));
    const policy = new Policy("hopper", {
      network: "elu-norm-tanh",
      actor,
      normalizer: { mean: [0, 0, 0], variance: [1, 1, 1], count: 9 },
    });
    const text = policy.text();
    const { sha256: _, ...content } = JSON.parse(text) as { sha256: string };
    const signed = mutated(content).map((value) =>
      JSON.stringify({ ...(value as object), sha256: sha256(JSON.stringify(value) ?? "") }),
    );
    const file = path.join(temporaryFolder(), "policy.json");
    const check = fc.property(fc.oneof(damaged(Buffer.from(text)), signed), (given) => {
      writeFileSync(file, given);
      const loaded = acceptedOrRefused(() => Policy.load(file));
      count(loaded);
      if (loaded) expect([...loaded.act(new Float32Array(loaded.observationSize))].every(Number.isFinite)).toBe(true);
      loaded?.dispose();
    });
    fc.assert(check, RUNS);
    expect(count.seen.accepted).toBeGreaterThan(10);
    expect(count.seen.refused).toBeGreaterThan(50);
  });
});

describe("metrics", () => {
  it("of a file", () => {
    const count = tally();
    const rows = [0, 1, 2].map((epoch) => ({ epoch, samples: 64 * epoch, return: NaN, actor_loss: 0.1 / (epoch + 1) }));
    const text = csvHeader() + rows.map((row) => csvRow(row)).join("");
    const directory = temporaryFolder();
    mkdirSync(path.join(directory, "run"));
    const cell = fc
      .tuple(fc.nat(2), fc.oneof(fc.string(), oddNumber.map(String)), fc.nat(9))
      .map(([line, value, column]) => {
        const lines = text.split("\n").map((l) => l.split(","));
        lines[line + 1][column] = value;
        return lines.map((fields) => fields.join(",")).join("\n");
      });
    const check = fc.property(fc.oneof(cell, damaged(Buffer.from(text)).map(String), fc.string()), (given) => {
      const parsed = acceptedOrRefused(() => parseCsv(given));
      count(parsed);
      for (const row of parsed ?? []) expect(Object.values(row).every((value) => typeof value === "number")).toBe(true);
    });
    fc.assert(check, RUNS);
    expect(Math.min(count.seen.accepted, count.seen.refused)).toBeGreaterThan(50);
  });
});
