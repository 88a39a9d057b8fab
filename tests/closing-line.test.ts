import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const SUITES = {
  good: 'test("a", () => {}); test("b", () => {});',
  skipping: 'test("a", () => {}); test.skip("b", () => {});',
  failing: 'test("a", () => {}); test("b", () => { throw new Error("no"); });',
  broken: 'import "./missing.js"; test("a", () => {});',
};

// Inside of the project, so that the suites find vitest.
const folder = resolve(".cache");
let root = "";
beforeAll(() => {
  const config = { test: { include: ["*.test.ts"], reporters: ["default", resolve("tests/closing-line.ts")] } };
  mkdirSync(folder, { recursive: true });
  root = mkdtempSync(join(folder, "suites-"));
  writeFileSync(join(root, "vitest.config.ts"), `export default ${JSON.stringify(config)};\n`);
  for (const [name, code] of Object.entries(SUITES)) {
    writeFileSync(join(root, `${name}.test.ts`), `import { test } from "vitest";\n${code}\n`);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

function runSuite(name: keyof typeof SUITES, ci: string): { status: number | null; last: string | undefined } {
  const vitest = resolve("node_modules/vitest/vitest.mjs");
  const { status, stdout } = spawnSync(process.execPath, [vitest, "run", "--root", root, name], {
    encoding: "utf8",
    env: { ...process.env, CI: ci },
  });
  return { status, last: stdout.trimEnd().split("\n").at(-1) };
}

test.each([
  ["good", "", 0, "2 passed, 0 failed, 0 skipped"],
  ["skipping", "", 0, "1 passed, 0 failed, 1 skipped"],
  ["skipping", "true", 1, "1 passed, 0 failed, 1 skipped"],
  ["failing", "", 1, "1 passed, 1 failed, 0 skipped"],
  ["broken", "", 1, "0 passed, 1 failed, 0 skipped"],
] as const)("a %s suite (CI=%s) ends with status %i and %s", (name, ci, status, last) => {
  expect(runSuite(name, ci)).toEqual({ status, last });
});
