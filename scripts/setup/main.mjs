import { join } from "node:path";
import { ensureBuild } from "./build.mjs";
import { SetupError } from "./errors.mjs";
import { withLock } from "./lock.mjs";
import { beQuiet, finish, say, secondsSince } from "./log.mjs";
import { ensurePackages } from "./packages.mjs";
import { endWithChildren } from "./process.mjs";
import { ensureTensorFlow } from "./tensorflow.mjs";
import { ensureViewer } from "./viewer.mjs";

/**
 * The whole set-up of the checkout in `root`.
 * @param {string} root
 * @param {{ quiet: boolean } & import("./tensorflow.mjs").Wanted} options
 */
export async function setUp(root, { quiet, ...wanted }) {
  const start = performance.now();
  if (quiet) beQuiet();
  await runAlone(root, async () => {
    await ensurePackages(root);
    const outcome = await ensureTensorFlow(root, wanted);
    await ensureBuild(root);
    await ensureViewer(root);
    const backend = outcome.backend === "tensorflow" ? nativeName(outcome) : "WASM backend";
    finish(`DMO Lab is set up (${backend}, ${secondsSince(start)}).`);
  });
}

/** @param {Extract<import("./tensorflow.mjs").Outcome, { backend: "tensorflow" }>} outcome */
function nativeName({ version, cuda, gpu }) {
  const name = `native TensorFlow ${version}`;
  if (!cuda) return name;
  return `${name} with CUDA, ${gpu ? "on the GPU" : "on the CPU: it sees no GPU here"}`;
}

/**
 * Runs a step of the set-up as a program: one at a time in this checkout, ended cleanly by Ctrl-C, with problems as one line.
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} nothing if there was a problem; then the process's exit code is 1
 */
export async function runAlone(root, work) {
  const release = endWithChildren();
  const busy = (/** @type {number} */ pid) => say(`Another set-up (process ${pid}) is at work here: waiting for it`);
  try {
    return await withLock(join(root, ".cache", "setup.lock"), work, busy);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
    return undefined;
  } finally {
    release();
  }
}
