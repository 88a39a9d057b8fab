import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { examine, table, type Finding } from "./examine.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
  delete process.env.DMO_LAB_CACHE;
});

const byName = (findings: Finding[]) => Object.fromEntries(findings.map((finding) => [finding.name, finding]));

test("a checkout in which nothing is installed lacks what is needed, each with the command that gets it", async () => {
  const root = temporaryFolder({ "package-lock.json": '{"packages": {"node_modules/a": {"version": "1.0.0"}}}' });
  process.env.PATH = join(root, "nowhere");
  const found = byName(await examine(root));
  expect(found.Node.state).toBe("ok");
  expect(found.npm).toMatchObject({ state: "lacking", text: "not found" });
  expect(found["npm packages"]).toMatchObject({ state: "lacking", fix: "npm run setup" });
  expect(found.tensors).toMatchObject({ state: "lacking", fix: "npm run setup" });
  expect(found["compiled library"]).toMatchObject({ state: "lacking", fix: "npm run setup" });
  for (const name of ["C++ compiler", "Python", "Python environment", "notebook kernel", "Chromium"]) {
    expect(found[name].state, name).toBe("absent");
    expect(found[name].fix, name).toBeTruthy();
  }
});

test("a kernel of another folder is not taken for this one's; the cache is measured", async () => {
  const kernel = JSON.stringify({
    argv: [process.execPath, "/elsewhere/scripts/kernel/main.mjs", "{connection_file}"],
  });
  const root = temporaryFolder({ ".venv/share/jupyter/kernels/tslab/kernel.json": kernel });
  process.env.DMO_LAB_CACHE = join(root, "cache");
  mkdirSync(process.env.DMO_LAB_CACHE);
  writeFileSync(join(root, "cache", "wheel"), Buffer.alloc(3e6));
  const found = byName(await examine(root));
  expect(found["notebook kernel"]).toMatchObject({ state: "absent", fix: "npm run lab" });
  expect(found.cache.text).toMatch(/cache, 3 MB$/);
});

test.each([
  ["rounded", "ok"],
  ["truncated", "absent"],
])("products of bfloat16 that are %s are %s", async (how, state) => {
  const root = temporaryFolder({
    "package.json": '{ "type": "module" }',
    "packages/jit/dist/backend.js": 'export const useBackend = () => Promise.resolve({ name: "tensorflow" });',
    "packages/jit/dist/bfloat16.js": `export const bfloat16 = () => "${how}";`,
  });
  expect(byName(await examine(root)).bfloat16).toMatchObject({ state });
});

test("findings are aligned, with what gets them", () => {
  const findings: Finding[] = [
    { name: "Node", state: "ok", text: "20" },
    { name: "tensors", state: "lacking", text: "none", fix: "npm run setup" },
  ];
  expect(table(findings)).toBe(
    ["ok  Node     20", "NO  tensors  none", "             to get it: npm run setup"].join("\n"),
  );
});

test("the program runs before anything is installed, and fails then", () => {
  const root = temporaryFolder();
  cpSync("scripts", join(root, "scripts"), { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/doctor.mjs"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(1);
  expect(stdout).toContain("DMO Lab cannot run yet: npm packages, tensors, compiled library.");
});

test("here, where the tests run, all that is needed can be used", () => {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/doctor.mjs"], { encoding: "utf8" });
  expect(stdout).toContain("All that DMO Lab needs can be used.");
  expect(status).toBe(0);
});
