/**
 * Executes notebooks and checks them: npm run notebooks [-- --save] [-- 01_quickstart ...], all without names. The
 * executed ones go to .cache/notebooks, with --save to where they are committed; with --real they are executed in their
 * real settings, to .cache/notebooks-real. Exit status 1 if one fails.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runAlone } from "./setup/main.mjs";
import { runInTerminal } from "./setup/process.mjs";
import { ensurePython } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "notebooks");
const flag = /** @type {const} */ ({ type: "boolean" });
const { values, positionals } = parseArgs({ options: { save: flag, real: flag }, allowPositionals: true });
const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const chosen = positionals.length > 0 ? positionals.map((name) => `${name.replace(/\.(ts|ipynb)$/, "")}.ts`) : names;

const unknown = chosen.find((name) => !existsSync(join(folder, name)));
if (values.save && values.real) {
  console.error("Notebooks are committed in their quick settings: --save or --real, not both.");
  process.exit(2);
}
if (unknown) {
  console.error(
    `There is no notebook "${unknown.replace(".ts", "")}". Notebooks: ${names.join(", ").replaceAll(".ts", "")}.`,
  );
  process.exit(2);
}
const python = await runAlone(root, () => ensurePython(root));
if (python) {
  const setting = values.real ? "real" : "quick";
  const out = values.save ? folder : join(root, ".cache", values.real ? "notebooks-real" : "notebooks");
  mkdirSync(out, { recursive: true });
  const program = [join(root, "scripts", "notebooks.py"), setting, out, ...chosen.map((name) => join(folder, name))];
  process.exitCode = await runInTerminal(python, program);
}
