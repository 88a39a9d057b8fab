import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellsOf } from "./docs/cells.mjs";
import { SetupError } from "./setup/errors.mjs";
import { withLock } from "./setup/lock.mjs";
import { run } from "./setup/process.mjs";
import { ensurePython } from "./setup/python.mjs";

// Executed for real, in the Python environment of the project: where that can't be had, a user's machine skips the tests.

const root = process.cwd();
const names = readdirSync("notebooks").flatMap((name) => (name.endsWith(".ts") ? [name.replace(".ts", "")] : []));

type Cell = {
  cell_type: string;
  source: string | string[];
  execution_count?: number | null;
  outputs?: { data?: { [mime: string]: unknown } }[];
};
const codeOf = (file: string): string[] => cellsOf(readFileSync(file, "utf8"));

let python = "";
let missing = "";
let folder = "";
beforeAll(async () => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  folder = mkdtempSync(join(root, ".cache", "notebooks-")); // inside of the project, so that cells find the library
  try {
    python = await withLock(join(root, ".cache", "setup.lock"), () => ensurePython(root));
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.CI) throw error;
    missing = error.message;
  }
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const execute = (...sources: string[]) => run(python, ["scripts/notebooks.py", folder, ...sources]);

/** Writes a notebook of these code cells. */
function write(name: string, ...cells: string[]): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, cells.map((cell) => `// %%\n${cell}\n`).join("\n"));
  return file;
}

const SHOWN = 'import { notebook } from "dmo-lab";\nawait notebook.showFigure({ data: [{ y: [1, 2] }], layout: {} });';

describe("the runner", () => {
  test("passes a notebook with a figure, and refuses one without", { timeout: 120_000 }, async ({ skip }) => {
    skip(missing !== "", missing);
    const result = await execute(write("good", SHOWN), write("plain", "console.log(1);"));
    expect(result.stdout).toMatch(/^good: ok in/m);
    expect(result.stdout).toMatch(/^plain: FAILED[^\n]*\n {2}there is no figure$/m);
    expect(result.code).toBe(1);
  });

  test("refuses errors, with the cells behind them, and output to stderr", { timeout: 120_000 }, async ({ skip }) => {
    skip(missing !== "", missing);
    const bad = write("bad", 'console.error("careful");', 'throw new Error("claim");', SHOWN);
    const { code, stdout, stderr } = await execute(bad);
    expect(code).toBe(1);
    expect(stderr.replaceAll(/\x1b\[[\d;]*m/g, "")).toContain("Cell 2, line 1");
    expect(stdout).toContain("wrote to stderr: careful");
    expect(stdout).toContain("failed: Error: claim");
    expect(stdout).toContain("was not executed");
    expect(stdout).toContain("shows no figure");
  });
});

/** So many lines fit beside what a student thinks of them. */
const LINES = 20;

test.each(names)("code cells of %s have at most 20 lines", (name) => {
  const cells = readFileSync(join("notebooks", `${name}.ts`), "utf8").split(/^\/\/ %%/m);
  const code = cells.slice(1).filter((cell) => !cell.startsWith(" [markdown]"));
  const lines = code.map((cell) => cell.slice(cell.indexOf("\n")).trim().split("\n"));
  expect(lines.filter(({ length }) => length > LINES).map(([first]) => first)).toEqual([]);
});

/** All notebooks beside the library, as they are; what they show goes to a folder of its own. Two run at a time. */
let execution: ReturnType<typeof run> | undefined;
const executed = () => (execution ??= execute(...names.map((name) => join("notebooks", `${name}.ts`))));

describe.each(names)("%s", (name) => {
  const committed = join("notebooks", `${name}.ipynb`);

  // The first waits for all of them.
  test("is executed, and all that it claims holds", { timeout: 2_400_000 }, async ({ skip }) => {
    skip(missing !== "", missing);
    const { stdout, stderr } = await executed();
    expect(stdout, stdout + stderr).toContain(`${name}: ok in`);
    expect(codeOf(committed)).toEqual(codeOf(join(folder, `${name}.ipynb`)));
  });

  test("is committed with what it shows, for everybody, and claims something", () => {
    const { cells } = JSON.parse(readFileSync(committed, "utf8")) as { cells: Cell[] };
    const code = cells.filter(({ cell_type }) => cell_type === "code");
    expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
    const shown = code.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => (data ? [data] : [])));
    expect(shown.some((data) => "image/png" in data)).toBe(true);
    // For eyes to which no script may show anything: with every figure its picture, with every table its text.
    const plain = shown.map((data) => Object.keys(data).find((mime) => /^(image\/png|text\/plain)$/.test(mime)));
    expect(plain).not.toContain(undefined);
    expect(JSON.stringify(shown.map((data) => data["text/html"]))).not.toMatch(/<(script|iframe)/);
    expect(code.some(({ source }) => [source].flat().join("").includes("throw new Error("))).toBe(true);
  });
});
