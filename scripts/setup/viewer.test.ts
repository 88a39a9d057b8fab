import { cpSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { ensureViewer } from "./viewer.mjs";

test("bundles one script, again only when its sources change or it is gone", async () => {
  const root = temporaryFolder({ "package-lock.json": "{}" });
  cpSync("tsconfig.json", join(root, "tsconfig.json"));
  cpSync("viewer", join(root, "viewer"), { recursive: true });
  cpSync("tools/report/recording.ts", join(root, "tools/report/recording.ts"));
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  const output = join(root, "dist/viewer/viewer.js");
  const time = async () => {
    await ensureViewer(root);
    return statSync(output).mtimeMs;
  };
  const first = await time();
  expect(await time()).toBe(first);
  const bundle = readFileSync(output, "utf8");
  expect(bundle).toContain("dmo-viewer");
  expect(bundle).not.toMatch(/<\/script|\bimport\s*\(/);
  expect(bundle.length).toBeLessThan(800_000);

  writeFileSync(join(root, "viewer/main.ts"), "document.title = 'changed';\n");
  await ensureViewer(root);
  expect(readFileSync(output, "utf8")).toContain("changed");
  rmSync(output);
  await ensureViewer(root);
  expect(readFileSync(output, "utf8")).toContain("changed");
});
