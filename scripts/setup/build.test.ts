import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { ensureBuild, sourceFingerprint } from "./build.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const settings = JSON.parse(readFileSync("tsconfig.json", "utf8")) as object;

function project(): string {
  const root = temporaryFolder({
    "lib/index.ts": 'export { two } from "./two.js";\n',
    "lib/two.ts": "export const two: number = 2;\n",
    "lib/two.test.ts": "this is not TypeScript",
    "package.json": '{ "type": "module" }',
    "package-lock.json": "{}",
    "tsconfig.json": JSON.stringify({ ...settings, references: [{ path: "packages/one" }] }),
    "packages/one/tsconfig.json": readFileSync("packages/input/tsconfig.json", "utf8"),
    "packages/one/one.ts": "export const one: number = 1;\n",
  });
  mkdirSync(join(root, "bin"));
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  return root;
}

function built(root: string): { value: string; time: number } {
  const file = join(root, "dist/lib/two.js");
  return { value: readFileSync(file, "utf8"), time: statSync(file).mtimeMs };
}

test("the fingerprint follows sources, their names and settings, not tests", () => {
  const root = project();
  const before = sourceFingerprint(root);
  writeFileSync(join(root, "lib/two.test.ts"), "changed");
  expect(sourceFingerprint(root)).toBe(before);
  renameSync(join(root, "lib/two.ts"), join(root, "lib/three.ts"));
  const renamed = sourceFingerprint(root);
  writeFileSync(join(root, "tsconfig.json"), "{}");
  expect(new Set([before, renamed, sourceFingerprint(root)]).size).toBe(3);
});

test("compiles what changed, repairs what is missing, removes what has no source", async () => {
  const root = project();
  await ensureBuild(root);
  const first = built(root);
  expect(first.value).toContain("two = 2");
  await ensureBuild(root);
  expect(built(root)).toEqual(first);
  rmSync(join(root, "dist/lib/two.js"));
  await ensureBuild(root);
  expect(built(root).value).toBe(first.value);
  writeFileSync(join(root, "lib/two.ts"), "export const two: number = 1 + 1;\n");
  writeFileSync(join(root, "dist/lib/gone.js"), "");
  await ensureBuild(root);
  expect(built(root).value).toContain("1 + 1");
  expect(existsSync(join(root, "dist/lib/gone.js"))).toBe(false);
});

test("packages are compiled to folders of their own", async () => {
  const root = project();
  const compiled = join(root, "packages/one/dist/one.js");
  await ensureBuild(root);
  expect(readFileSync(compiled, "utf8")).toContain("one = 1");
  const before = sourceFingerprint(root);
  writeFileSync(join(root, "packages/one/one.ts"), "export const one: number = 2;\n");
  expect(sourceFingerprint(root)).not.toBe(before);
  await ensureBuild(root);
  expect(readFileSync(compiled, "utf8")).toContain("one = 2");
});

test("an error in the sources is shown, and is still there the next time", async () => {
  const root = project();
  writeFileSync(join(root, "lib/two.ts"), 'export const two: number = "two";\n');
  await expect(ensureBuild(root)).rejects.toThrow(/two\.ts.*is not assignable/);
  await expect(ensureBuild(root)).rejects.toThrow(/two\.ts.*is not assignable/);
});
