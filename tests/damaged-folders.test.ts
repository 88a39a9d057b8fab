// Run folders, results and study files that are damaged or foreign: every command takes them, or refuses them in one line.
import fc from "fast-check";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { runInFolder } from "../lib/training/run.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { TrainingFolder } from "../lib/training/training-folder.js";
import { saveResult } from "../tools/study/results.js";
import { runHere } from "./command-line.js";
import { damaged, mutated } from "./damage.js";
import { tinyConfig } from "./tiny.js";

const folder = mkdtempSync(path.join(tmpdir(), "dmo-lab-"));
const [whole, harmed, out] = ["whole", "harmed", "out"].map((name) => path.join(folder, name));
const results = path.join(folder, "results");
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const config = tinyConfig("dmo", 2, "evaluationEpisodes=2", "envs=4", "horizon=4");
  await runInFolder(config, TrainingFolder.create(whole, config, await useBackend("cpu")), { checkpointEvery: 1 });
  saveResult(RunFolder.open(whole), results, { variant: "tiny" });
  mkdirSync(out);
});

/** A file's content, harmed or another one's. */
function harm(file: string, others: readonly string[]): fc.Arbitrary<Buffer> {
  const bytes = readFileSync(file);
  const bad = [
    damaged(bytes),
    fc.constantFrom(...others).map((other) => readFileSync(other)),
    fc.constant(Buffer.of()),
  ];
  const json = file.endsWith(".json") ? [mutated(JSON.parse(bytes.toString()))] : [];
  return fc.oneof(...bad, ...json.map((value) => value.map((v) => Buffer.from(JSON.stringify(v) ?? ""))));
}

/** Done, or refused with one line beside notes: never a stack. */
async function expectOneLine(argv: string[]): Promise<number> {
  const { code, stderr } = await runHere(...argv);
  const lines = stderr.split("\n").filter((line) => line !== "" && !/^(Note|This run was computed)/.test(line));
  expect({ code, lines }, `${argv.join(" ")}: ${stderr}`).toEqual(code === 0 ? { code, lines: [] } : { code: 2, lines: [expect.any(String)] }); // prettier-ignore
  return code!;
}

const COMMANDS: { [command: string]: (run: string) => string[] } = {
  report: (run) => [run, "--out", path.join(out, "report.html")],
  compare: (run) => [run, "--metric", "actor_loss", "--out", path.join(out, "comparison")],
  evaluate: (run) => [run, "--episodes", "1"],
  view: (run) => ["cartpole", "--policy", run, "--out", path.join(out, "view.html")],
  gradients: (run) => [run, "--horizons", "1", "--repeats", "1", "--out", path.join(out, "gradients.csv")],
  export: (run) => [run, "--out", path.join(out, "policy.onnx")],
  collect: (run) => [run, "--variant", "tiny", "--replace", "--into", path.join(out, "results")],
};

describe("a run folder", () => {
  it.each(Object.keys(COMMANDS))("that is whole is taken by %s", async (command) => {
    expect(await runHere(command, ...COMMANDS[command](whole))).toMatchObject({ code: 0, stderr: "" });
  });

  it("of which a file is damaged, foreign or gone", async () => {
    const names = readdirSync(whole, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(whole, path.join(entry.parentPath, entry.name)));
    const files = names.map((name) => path.join(whole, name));
    const given = fc.constantFrom(...names).chain((name) =>
      fc.record({
        name: fc.constant(name),
        content: fc.option(harm(path.join(whole, name), files), { freq: 9 }),
        command: fc.constantFrom(...Object.keys(COMMANDS)),
      }),
    );
    const codes = { 0: 0, 2: 0 };
    const check = fc.asyncProperty(given, async ({ name, content, command }) => {
      rmSync(harmed, { recursive: true, force: true });
      cpSync(whole, harmed, { recursive: true });
      if (content) writeFileSync(path.join(harmed, name), content);
      else rmSync(path.join(harmed, name));
      codes[(await expectOneLine([command, ...COMMANDS[command](harmed)])) as 0 | 2]++;
    });
    await fc.assert(check, { numRuns: Number(process.env.DAMAGES ?? 120), seed: 6, endOnFailure: true });
    expect(Math.min(codes[0], codes[2])).toBeGreaterThan(20);
  });
});

describe("results", () => {
  it("of which a file is damaged or foreign", async () => {
    const place = path.join("cartpole", "dmo+tiny");
    const names = ["seed1.csv", "seed1.json"].map((name) => path.join(place, name));
    const files = names.map((name) => path.join(results, name));
    const given = fc
      .constantFrom(...names)
      .chain((name) => fc.tuple(fc.constant(name), harm(path.join(results, name), files)));
    let refused = 0;
    const check = fc.asyncProperty(given, async ([name, content]) => {
      rmSync(harmed, { recursive: true, force: true });
      cpSync(results, harmed, { recursive: true });
      writeFileSync(path.join(harmed, name), content);
      const code = await expectOneLine([
        "compare",
        harmed,
        "--metric",
        "actor_loss",
        "--out",
        path.join(out, "figures"),
      ]);
      refused += Number(code === 2);
    });
    await fc.assert(check, { numRuns: 60, seed: 7, endOnFailure: true });
    expect(refused).toBeGreaterThan(10);
  });
});

describe("a study file", () => {
  const study = {
    name: "tiny",
    tasks: ["cartpole"],
    algorithms: ["dmo", "shac"],
    seeds: [1, 2],
    base: { epochs: 2, "actor.hidden": [16, 16] },
    overrides: { dmo: { horizon: 8 }, "cartpole/shac": { actor: { hidden: [8] } } },
    settings: [{}, { name: "short", horizon: 4 }],
  };
  let count = 0;
  const sweep = async (text: string): Promise<number> => {
    const file = path.join(folder, `study${count++}.mjs`); // a module is loaded once
    writeFileSync(file, text);
    return expectOneLine(["sweep", file, "--dry-run", "--out", path.join(out, "study")]);
  };

  it("whose study is another than it should be", async () => {
    expect(await sweep(`export default ${JSON.stringify(study)}`)).toBe(0);
    let refused = 0;
    const check = fc.asyncProperty(mutated(study), async (value) => {
      refused += Number((await sweep(`export default ${JSON.stringify(value) ?? "undefined"}`)) === 2);
    });
    await fc.assert(check, { numRuns: Number(process.env.DAMAGES ?? 100), seed: 8, endOnFailure: true });
    expect(refused).toBeGreaterThan(40);
  });

  it("that is not whole, or fails", async () => {
    const bytes = Buffer.from(`export default ${JSON.stringify(study)}`);
    await fc.assert(
      fc.asyncProperty(damaged(bytes), async (given) => (await sweep(given.toString())) < 3),
      {
        numRuns: 40,
        seed: 9,
        endOnFailure: true,
      },
    );
    for (const text of ["", "throw 1", "throw null", "export default Promise.reject(2)", "export default null"])
      expect(await sweep(text), text).toBe(2);
  });
});
