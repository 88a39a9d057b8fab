/**
 * Makes a checkout ready to run: npm packages, native TensorFlow, compiled TypeScript. What is there already is kept,
 * so this runs before everything else ("npm start", "npm test") and then takes a moment.
 *
 *   node scripts/setup.mjs [--quiet] [--retry]
 *
 * --quiet prints nothing if there is nothing to do; --retry tries again to get a native TensorFlow after a failure.
 */
import { fileURLToPath } from "node:url";
import { requireNode } from "./setup/node-version.mjs";

requireNode();
// Only now: an older Node does not know everything that these modules import.
const { setUp } = await import("./setup/main.mjs");
const flags = process.argv.slice(2);
await setUp(fileURLToPath(new URL("..", import.meta.url)), {
  quiet: flags.includes("--quiet"),
  retry: flags.includes("--retry"),
});
