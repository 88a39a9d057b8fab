import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SetupError } from "./errors.mjs";
import { ensureBeside, ensurePython, isComplete, pythonPlaces } from "./python.mjs";
import { temporaryFolder } from "../../tests/temporary.js";

/** A "Python" that writes what it was asked; `venv` and `pip` are what it does for those. */
const fake = (version: string, venv: string, pip: string): string => `#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in
  *version_info*) echo "${version}" ;;
  *"-m venv"*) ${venv} ;;
  *"-m pip"*) ${pip} ;;
esac`;
const MAKE = 'for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python"';

let root = "";
let path: string | undefined;
const log = (): string => (existsSync(join(root, "log")) ? readFileSync(join(root, "log"), "utf8") : "");

beforeEach(() => {
  root = temporaryFolder({ "requirements.txt": "jupyterlab==1.0\n", "requirements-course.txt": "nbgrader==1.0\n" });
  path = process.env.PATH;
  process.env.LOG = join(root, "log");
});
afterEach(() => {
  process.env.PATH = path;
  delete process.env.LOG;
});

/** Leaves only this Python in the search path. */
function install(script?: string): void {
  const programs = join(root, "programs");
  mkdirSync(programs);
  for (const name of ["sh", "mkdir", "cp", "echo"]) symlinkSync(`/bin/${name}`, join(programs, name));
  if (script) writeFileSync(join(programs, "python3"), script);
  if (script) chmodSync(join(programs, "python3"), 0o755);
  process.env.PATH = programs;
}

test("sets up once, and again when the requirements or the folder have changed", async () => {
  install(fake("3 11", MAKE, "true"));
  expect(isComplete(root)).toBe(false);
  expect(await ensurePython(root)).toBe(pythonPlaces(root).python);
  const first = log();
  expect(first).toMatch(/-m venv --clear .*\n.*-m pip install .*requirements\.txt/);
  await ensurePython(`${root}/`);
  expect(log()).toBe(first);
  writeFileSync(join(root, "requirements.txt"), "jupyterlab==2.0\n");
  expect(isComplete(root)).toBe(false);
  await ensurePython(root);
  expect(log().split("pip install").length).toBe(3);
});

test("adds what coursework needs, once, in a folder that only coursework looks into", async () => {
  const makesTarget = 'for a; do [ "$last" = --target ] && mkdir -p "$a"; last=$a; done';
  install(fake("3 11", MAKE, makesTarget));
  await ensurePython(root);
  expect(log()).not.toContain("requirements-course.txt");
  const { python, env } = await ensureBeside(root, "coursework");
  expect(python).toBe(pythonPlaces(root).python);
  expect(log()).toMatch(/-m pip install .*--target .*requirements-course\.txt\n$/);
  expect(env.PYTHONPATH).toBe(join(root, ".venv", "coursework"));
  const first = log();
  await ensureBeside(root, "coursework");
  expect(log()).toBe(first);
  writeFileSync(join(root, "requirements-course.txt"), "nbgrader==2.0\n");
  await ensureBeside(root, "coursework");
  expect(log().split("--target").length).toBe(3);
});

test("tells Jupyter how to start the kernel, by absolute paths", async () => {
  install(fake("3 11", MAKE, "true"));
  await ensurePython(root);
  const { argv } = JSON.parse(readFileSync(pythonPlaces(root).kernel, "utf8")) as { argv: string[] };
  expect(argv[0]).toBe(process.execPath);
  expect(argv).toContain(join(root, "scripts", "kernel", "main.mjs"));
  expect(argv.at(-1)).toBe("{connection_file}");
});

test.each([
  ["no Python", undefined, /need Python 3\.10 or later: .*install/],
  ["an old Python", fake("3 8", MAKE, "true"), /need Python 3\.10 or later, and python3 is 3\.8/],
  ["Python 2", fake("2 7", MAKE, "true"), /and python3 is 2\.7/],
  [
    "no venv",
    fake("3 11", "echo ensurepip is not available; exit 1", "true"),
    /venv module is incomplete.*python3-venv/,
  ],
  ["no network", fake("3 11", MAKE, "echo NewConnectionError >&2; exit 1"), /check the network/],
  [
    "another failure",
    fake("3 11", MAKE, "echo ERROR: no space left >&2; exit 1"),
    /pip install failed: ERROR: no space/,
  ],
])("says in one line what is wrong: %s", async (_, script, message) => {
  install(script);
  const failure = await ensurePython(root).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SetupError);
  expect((failure as Error).message).toMatch(message);
  expect((failure as Error).message).not.toContain("\n");
  expect(isComplete(root)).toBe(false);
});
