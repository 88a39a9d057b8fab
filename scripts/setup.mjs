/**
 * Makes a checkout ready to run: npm packages, native TensorFlow, compiled TypeScript. What is there already is kept,
 * so this runs before everything else ("npm start", "npm test") and then takes a moment.
 *
 *   node scripts/setup.mjs [--quiet] [--retry] [--backend wasm]
 *
 * --quiet prints nothing if there is nothing to do; --retry tries again to get a native TensorFlow after a failure;
 * --backend wasm does without it, until the next --retry.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requireNode } from "./setup/node-version.mjs";

requireNode();
// Only now: an older Node does not know everything that these modules import.
const { setUp } = await import("./setup/main.mjs");
const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { quiet: { type: "boolean" }, retry: { type: "boolean" }, backend: { type: "string" } },
});
const { quiet, retry, backend, ...unknown } = values;
const wrong = [...Object.keys(unknown).map((name) => `--${name}`), ...positionals];
if (backend !== undefined && backend !== "wasm") wrong.push(`--backend ${backend}`);
if (wrong.length > 0) {
  console.error(`Unknown: ${wrong.join(", ")}. Allowed: --quiet, --retry, --backend wasm.`);
  process.exitCode = 2;
} else {
  const wanted = { retry: retry === true, wasm: backend === "wasm" };
  await setUp(fileURLToPath(new URL("..", import.meta.url)), { quiet: quiet === true, ...wanted });
}
