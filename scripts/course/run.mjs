import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "../setup/main.mjs";
import { ensureCoursework } from "../setup/python.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs a script of this folder with nbgrader, which is installed if need be, and an empty folder for it to work in. The
 * folder is inside of the project, so that cells find the library. Sets the exit code of this process.
 * @param {string} script
 * @param {string[]} args what follows the folder
 */
export async function runCourse(script, args) {
  const ready = await runAlone(root, () => ensureCoursework(root));
  if (!ready) return;
  mkdirSync(join(root, ".cache"), { recursive: true });
  const work = mkdtempSync(join(root, ".cache", "course-"));
  const env = { ...process.env, ...ready.env, PYTHONDONTWRITEBYTECODE: "1" };
  const python = spawn(ready.python, [join(root, "scripts", "course", script), work, ...args], {
    stdio: "inherit",
    env,
  });
  // Ctrl-C reaches Python as well, which ends first.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => python.kill(signal));
  const [code] = await once(python, "exit");
  rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  process.exitCode = code ?? 1;
}
