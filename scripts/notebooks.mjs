/**
 * Executes notebooks and checks them: npm run notebooks [-- --save] [-- 01_quickstart ...], all without names. The
 * executed ones go to .cache/notebooks, with --save to where they are committed; with --real they are executed in their
 * real settings, with --seed N with another seed, to a folder of .cache of their own. Exit status 1 if one fails.
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
const options = { save: flag, real: flag, seed: /** @type {const} */ ({ type: "string" }) };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const chosen = positionals.length > 0 ? positionals.map((name) => `${name.replace(/\.(ts|ipynb)$/, "")}.ts`) : names;

const unknown = chosen.find((name) => !existsSync(join(folder, name)));
if (values.save && (values.real || values.seed)) {
  console.error("Notebooks are committed in their quick settings and with their own seed: --save stands alone.");
  process.exit(2);
}
if (values.seed && !/^\d+$/.test(values.seed)) {
  console.error(`--seed is "${values.seed}": it should be a whole number, 0 or more.`);
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
  const place = ["notebooks", ...(values.real ? ["real"] : []), ...(values.seed ? [`seed${values.seed}`] : [])].join(
    "-",
  );
  const out = values.save ? folder : join(root, ".cache", place);
  mkdirSync(out, { recursive: true });
  const settings = [...(values.real ? ["REAL=true"] : []), ...(values.seed ? [`SEED=${values.seed}`] : [])];
  const sources = chosen.map((name) => join(folder, name));
  const program = [join(root, "scripts", "notebooks.py"), out, ...settings, ...sources];
  process.exitCode = await runInTerminal(python, program);
}
