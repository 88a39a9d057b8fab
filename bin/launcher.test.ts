import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/temporary.js";

function checkout(): string {
  const root = temporaryFolder({ "package.json": '{ "type": "module" }' });
  for (const file of ["bin/dmo-lab.mjs", "scripts/setup/node-version.mjs"]) cpSync(file, join(root, file));
  return root;
}

function launch(root: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, "bin/dmo-lab.mjs"), ...args], { encoding: "utf8" });
}

test("says what to do where nothing is compiled", () => {
  const { status, stderr } = launch(checkout());
  expect(status).toBe(1);
  expect(stderr).toBe('DMO Lab is not compiled yet: run "npm run setup" first.\n');
});

test("hands the arguments over and ends with the status that the program returns", () => {
  const root = checkout();
  mkdirSync(join(root, "dist/bin"), { recursive: true });
  writeFileSync(
    join(root, "dist/bin/main.js"),
    "export async function main(argv) { console.log(argv.join()); return 5; }",
  );
  const { status, stdout } = launch(root, "train", "--seed", "1");
  expect({ status, stdout }).toEqual({ status: 5, stdout: "train,--seed,1\n" });
});
