import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { holdsPackages, readPackages } from "./packages.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

const LIST = "node_modules/.package-lock.json";
const wanted = {
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/a/node_modules/b": { version: "2.0.0", integrity: "sha512-b" },
  "node_modules/for-another-system": { version: "3.0.0", integrity: "sha512-c", optional: true },
};
const { "node_modules/for-another-system": _, ...installed } = wanted;

function project(list: object = installed): string {
  return temporaryFolder({
    [LIST]: JSON.stringify({ packages: list }),
    "node_modules/a/package.json": "{}",
    "node_modules/a/node_modules/b/package.json": "{}",
  });
}

test("a complete node_modules is kept; optional packages may be absent", () => {
  expect(holdsPackages(project(), wanted)).toBe(true);
});

test("another version in the lock file asks for an installation", () => {
  const changed = { ...wanted, "node_modules/a": { version: "1.0.1", integrity: "sha512-new" } };
  expect(holdsPackages(project(), changed)).toBe(false);
  expect(holdsPackages(project(), { ...wanted, "node_modules/new": { version: "1.0.0" } })).toBe(false);
});

test("an installation that was cut short is seen", () => {
  const unlisted = project();
  rmSync(join(unlisted, LIST));
  expect(holdsPackages(unlisted, wanted)).toBe(false);
  const holed = project();
  rmSync(join(holed, "node_modules/a/node_modules/b/package.json"));
  expect(holdsPackages(holed, wanted)).toBe(false);
  const torn = project();
  writeFileSync(join(torn, LIST), '{"packages": {');
  expect(holdsPackages(torn, wanted)).toBe(false);
});

test("the project's own lock file names no host and describes this node_modules", () => {
  const lock = readPackages("package-lock.json")!;
  const hosts = Object.values(lock).filter((entry) => !entry.link && "resolved" in entry);
  expect(hosts).toEqual([]);
  expect(holdsPackages(".", lock)).toBe(true);
});
