/**
 * Makes a checkout ready to run: npm packages, native TensorFlow, compiled TypeScript. What is there already is kept,
 * so this runs before everything else ("npm start", "npm test") and then takes a moment.
 *
 *   node scripts/setup.mjs [--quiet] [--retry] [--backend wasm] [--gpu]
 *
 * --quiet prints nothing if there is nothing to do; --retry tries again to get a native TensorFlow after a failure;
 * --backend wasm does without it, until the next --retry; --gpu gets the one that computes on an NVIDIA GPU, likewise.
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
  options: {
    quiet: { type: "boolean" },
    retry: { type: "boolean" },
    backend: { type: "string" },
    gpu: { type: "boolean" },
  },
});
const { quiet, retry, backend, gpu, ...unknown } = values;
const wrong = [...Object.keys(unknown).map((name) => `--${name}`), ...positionals];
if (backend !== undefined && (backend !== "wasm" || gpu)) wrong.push(`--backend ${backend}${gpu ? " with --gpu" : ""}`);
if (wrong.length > 0) {
  console.error(`Unknown: ${wrong.join(", ")}. Allowed: --quiet, --retry, --backend wasm or --gpu.`);
  process.exitCode = 2;
} else {
  const wanted = { retry: retry === true, wasm: backend === "wasm", gpu: gpu === true };
  await setUp(fileURLToPath(new URL("..", import.meta.url)), { quiet: quiet === true, ...wanted });
}
