import { cpSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINDING, bindingFingerprint, hasCuda, tryBinding } from "./binding.mjs";
import { compileBinding, findCompiler } from "./compiler.mjs";
import { SetupError } from "./errors.mjs";
import { cacheFolder, emptyFolder, linkFolder, readJson } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { say } from "./log.mjs";
import { officialDownload } from "./official.mjs";
import { wheelInstall } from "./wheel.mjs";
import { VARIANTS } from "./wheels.mjs";

/**
 * `cuda`: the library can compute on a GPU; `gpu`: it did. `chosen`: WASM is what the user asked for, so nothing is tried
 * until there is a retry.
 * @typedef {{ backend: "tensorflow", version: string, fingerprint: string, cuda?: boolean, gpu?: boolean }
 *   | { backend: "wasm", reason: string, chosen?: boolean }} Outcome
 */
/**
 * What the user asks for: to try again what failed in an earlier set-up; to do without native TensorFlow; to have the one
 * that computes on a GPU, which stays until there is a retry without it.
 * @typedef {{ retry: boolean, wasm: boolean, gpu: boolean }} Wanted
 */
/** @typedef {{ modules: string, package: string, cache: string, entry: string, variant: import("./wheels.mjs").Variant }} Places */

/**
 * Finds the fastest way to run tensors here: a native binding that loads, the one in the cache, the official download,
 * a Python wheel's libtensorflow, or else the WASM backend, which comes with npm and needs nothing.
 * @param {string} root the project's folder
 * @param {Wanted} wanted
 * @returns {Promise<Outcome>}
 */
export async function ensureTensorFlow(root, { retry, wasm, gpu }) {
  const { package: folder } = findPlaces(root);
  const places = findPlaces(root, gpu || (!retry && hasCuda(folder)) ? "gpu" : "cpu");
  const earlier = earlierOutcome(root);
  const known = earlier?.backend === "wasm" && !retry && !gpu ? earlier : undefined;
  if (!wasm && isVariant(places)) {
    if (earlier?.backend === "tensorflow" && earlier.fingerprint === bindingFingerprint(places.package)) return earlier;
    if (known?.chosen) return known;
  }
  const outcome = wasm ? chooseWasm(places) : ((await loadingBinding(places)) ?? (await withCache(places, known)));
  writeFileSync(outcomePath(places.modules), JSON.stringify(outcome));
  return outcome;
}

/** What the last set-up here came to. @param {string} root the project's folder @returns {Outcome | undefined} */
export function earlierOutcome(root) {
  return readJson(outcomePath(join(root, "node_modules")));
}

/** @param {Places} places @returns {Outcome} */
function chooseWasm(places) {
  forgetBinding(places);
  say('Without native TensorFlow, as asked ("npm run setup" gets it): WASM computes, several times slower.');
  return { backend: "wasm", reason: "asked for", chosen: true };
}

/** @param {string} root @param {keyof typeof VARIANTS} [variant] @returns {Places} */
function findPlaces(root, variant = "cpu") {
  const modules = join(root, "node_modules");
  const folder = join(modules, "@tensorflow", "tfjs-node");
  const { version } = readJson(join(folder, "package.json"));
  const cache = cacheFolder();
  const suffix = variant === "cpu" ? "" : `-${variant}`;
  const entry = join(cache, `tfjs-node-${version}-${process.platform}-${process.arch}${suffix}`);
  return { modules, package: folder, cache, entry, variant: VARIANTS[variant] };
}

/** Whether what is linked now is the variant that is wanted. @param {Places} places */
const isVariant = (places) => hasCuda(places.package) === places.variant.cuda;

/** @param {string} modules */
function outcomePath(modules) {
  return join(modules, ".dmo-lab.json");
}

/** @param {Places} places @returns {Promise<Outcome | undefined>} */
async function loadingBinding(places) {
  const fingerprint = bindingFingerprint(places.package);
  if (!fingerprint || !isVariant(places)) return undefined;
  const found = await tryBinding(places.package, places.modules);
  if ("problem" in found) return undefined;
  const { version, gpu } = found;
  return { backend: "tensorflow", version, fingerprint, ...(places.variant.cuda && { cuda: true, gpu }) };
}

/**
 * @param {Places} places
 * @param {Outcome | undefined} known the outcome of an earlier set-up, where that is to stand if the cache has nothing new
 * @returns {Promise<Outcome>}
 */
async function withCache(places, known) {
  const busy = (/** @type {number} */ pid) =>
    say(`Another set-up (process ${pid}) is getting TensorFlow: waiting for it`);
  const work = async () => {
    // Under the lock nobody else is at work, so these are leftovers of set-ups that were ended.
    emptyFolder(places.cache, (name) => name.startsWith("stage-"));
    return (await cachedBinding(places)) ?? known ?? (await buildBinding(places));
  };
  try {
    return await withLock(join(places.cache, "lock"), work, busy);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    // A full disk, or a cache that may not be written: there is still WASM.
    return known ?? fallBack(places, [{ problem: error instanceof Error ? error.message : String(error) }]);
  }
}

/** @param {Places} places @returns {Promise<Outcome | undefined>} */
async function cachedBinding(places) {
  if (!existsSync(join(places.entry, BINDING))) return undefined;
  say(`Linking TensorFlow from ${places.entry}`);
  for (const folder of ["deps", "lib"]) linkFolder(join(places.entry, folder), join(places.package, folder));
  const outcome = await loadingBinding(places);
  if (!outcome) {
    say("What is cached there does not load: it is removed");
    rmSync(places.entry, { recursive: true, force: true });
  }
  return outcome;
}

/** @param {Places} places @returns {Promise<Outcome>} */
async function buildBinding(places) {
  const { name, size, sources } = places.variant;
  say(`Getting ${name}: about ${size.download} to download, ${size.disk} in ${places.cache} for all checkouts`);
  if (!places.variant.cuda) say('("npm run setup -- --backend wasm" does without: slower, no TensorBoard files)');
  const failures = [];
  for (const source of sources.map((each) => SOURCES[each])) {
    const stage = join(places.cache, `stage-${process.pid}`);
    cpSync(places.package, stage, {
      recursive: true,
      filter: (path) => !["deps", "lib"].some((folder) => path === join(places.package, folder)),
    });
    const failure = (await source(stage, places)) ?? (await publish(stage, places));
    rmSync(stage, { recursive: true, force: true });
    const outcome = failure ? undefined : await cachedBinding(places);
    if (outcome) return outcome;
    failures.push(failure ?? { problem: "the finished binding does not load" });
  }
  return fallBack(places, failures);
}

/** @param {string} stage @param {Places} places @returns {Promise<import("./wheel.mjs").Failure | undefined>} */
async function fromOfficialDownload(stage, places) {
  const problem = await officialDownload(stage, places.modules);
  // Where only the compiled binding is missing, it can be made here.
  if (
    problem &&
    process.platform === "linux" &&
    existsSync(join(stage, "deps", "include")) &&
    !existsSync(join(stage, BINDING))
  ) {
    const compiler = await findCompiler();
    if (compiler && !(await compileBinding(compiler, stage, places.modules))) return undefined;
  }
  if (problem) say(`No success: ${problem}`);
  return problem ? { problem } : undefined;
}

/** @param {string} stage @param {Places} places */
async function fromWheel(stage, places) {
  return wheelInstall(places.variant, stage, places.modules, places.cache);
}

const SOURCES = { official: fromOfficialDownload, wheels: fromWheel };

/**
 * Puts the parts that run into the cache, if they do.
 * @param {string} stage @param {Places} places
 * @returns {Promise<import("./wheel.mjs").Failure | undefined>}
 */
async function publish(stage, places) {
  const found = await tryBinding(stage, places.modules);
  if ("problem" in found) return { problem: `the binding does not load: ${found.problem}` };
  for (const name of readdirSync(stage)) {
    if (name !== "deps" && name !== "lib") rmSync(join(stage, name), { recursive: true });
  }
  rmSync(join(stage, "deps", "include"), { recursive: true, force: true });
  rmSync(places.entry, { recursive: true, force: true });
  renameSync(stage, places.entry);
  for (const name of readdirSync(places.cache)) if (name.endsWith(".whl")) rmSync(join(places.cache, name));
  return undefined;
}

/** @param {Places} places @param {import("./wheel.mjs").Failure[]} failures @returns {Outcome} */
function fallBack(places, failures) {
  const reason = failures.map(({ problem }) => problem).join("; ");
  const fixes = failures.flatMap(({ fix }) => fix ?? []);
  if (places.variant.cuda) {
    const again = [...fixes, "npm run setup -- --gpu"].join(" && ");
    throw new SetupError(
      `${places.variant.name} is not to be had here: ${reason}.\nTo try again: ${again}; "npm run setup" sets up for the CPU.`,
    );
  }
  forgetBinding(places);
  say(`Native TensorFlow is not to be had here: ${reason}.`);
  say("Everything runs on the WASM backend instead, several times slower.");
  say(`To try again: ${[...fixes, "npm run setup"].join(" && ")}`);
  return { backend: "wasm", reason };
}

/**
 * A binding that does not load may end the process that tries to, so nobody should find one.
 * @param {Places} places
 */
function forgetBinding(places) {
  rmSync(join(places.package, "lib"), { recursive: true, force: true });
}
