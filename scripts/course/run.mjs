import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "../setup/main.mjs";
import { runInTerminal } from "../setup/process.mjs";
import { ensureBeside } from "../setup/python.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs a script of this folder with nbgrader, which is installed if need be, and an empty folder for it to work in. The
 * folder is inside of the project, so that cells find the library. Sets the exit code of this process.
 * @param {string} script
 * @param {string[]} args what follows the folder
 */
export async function runCourse(script, args) {
  const ready = await runAlone(root, () => ensureBeside(root, "coursework"));
  if (!ready) return;
  mkdirSync(join(root, ".cache"), { recursive: true });
  const work = mkdtempSync(join(root, ".cache", "course-"));
  const program = [join(root, "scripts", "course", script), work, ...args];
  process.exitCode = await runInTerminal(ready.python, program, { ...ready.env, PYTHONDONTWRITEBYTECODE: "1" });
  rmSync(work, { recursive: true, force: true, maxRetries: 3 });
}
