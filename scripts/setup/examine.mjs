import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { hasCuda, tryBinding } from "./binding.mjs";
import { sourceFingerprint } from "./build.mjs";
import { findCompiler } from "./compiler.mjs";
import { cacheFolder, readJson, sizeBelow } from "./files.mjs";
import { megabytes } from "./log.mjs";
import { NODE_RANGE, supportsNode } from "./node-version.mjs";
import { holdsPackages, readPackages } from "./packages.mjs";
import { installCommand, run } from "./process.mjs";
import { findPython, isComplete, pythonPlaces } from "./python.mjs";
import { earlierOutcome } from "./tensorflow.mjs";

/**
 * @typedef {"ok" | "absent" | "lacking"} State lacking: DMO Lab cannot run; absent: it runs, with less
 * @typedef {{ state: State, text: string, fix?: string }} Found `fix` is a command, or says what to do
 * @typedef {{ name: string } & Found} Finding
 */

/** @type {(text: string) => Found} */
const ok = (text) => ({ state: "ok", text });
/** @type {(text: string, fix?: string) => Found} */
const absent = (text, fix) => ({ state: "absent", text, fix });
/** @type {(text: string, fix: string) => Found} */
const lacking = (text, fix) => ({ state: "lacking", text, fix });

/** @typedef {Found | undefined} Answer nothing where there is nothing to tell */
/** What is looked for in the project's folder. @type {{ [name: string]: (root: string) => Answer | Promise<Answer> }} */
const PARTS = {
  Node: findNode,
  npm: findNpm,
  "npm packages": findPackages,
  tensors: findBackend,
  GPU: findGpu,
  bfloat16: findBfloat16,
  threads: findThreads,
  "compiled library": findBuild,
  "C++ compiler": compiler,
  Python: pythonProgram,
  "Python environment": findEnvironment,
  "notebook kernel": findKernel,
  Chromium: findBrowser,
  cache: findCache,
};

/** @param {string} root the project's folder @returns {Promise<Finding[]>} */
export async function examine(root) {
  const findings = [];
  for (const [name, find] of Object.entries(PARTS)) {
    const found = await find(root);
    if (found) findings.push({ name, ...found });
  }
  return findings;
}

/** Findings in aligned columns, each followed by what gets it. @param {readonly Finding[]} findings */
export function table(findings) {
  const marks = { ok: "ok", absent: "--", lacking: "NO" };
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, state, text, fix }) => {
      const line = `${marks[state]}  ${name.padEnd(width)}  ${text}`;
      return fix ? `${line}\n${" ".repeat(width + 6)}to get it: ${fix}` : line;
    })
    .join("\n");
}

function findNode() {
  const { node } = process.versions;
  if (supportsNode(node)) return ok(`${node} on ${process.platform} ${process.arch}`);
  return lacking(`${node}, and ${NODE_RANGE} is needed`, "install Node 24");
}

async function findNpm() {
  const { code, stdout } = await run("npm", ["--version"], { shell: process.platform === "win32" });
  return code === 0 ? ok(stdout.trim()) : lacking("not found", "install Node 24, which brings it along");
}

/** @param {string} root */
function findPackages(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  if (!wanted) return lacking("package-lock.json is missing or broken", "git restore package-lock.json");
  if (holdsPackages(root, wanted)) return ok(`${Object.keys(wanted).length} wanted, all there`);
  return lacking("not installed, or not in their versions", "npm run setup");
}

/** @param {string} root */
async function findBackend(root) {
  const modules = join(root, "node_modules");
  const wasm = existsSync(join(modules, "@tensorflow", "tfjs-backend-wasm", "package.json"));
  if (!wasm) return lacking("no backend is installed", "npm run setup");
  const forced = process.env.DMO_LAB_BACKEND;
  const note = forced ? `; DMO_LAB_BACKEND is "${forced}"` : "";
  const found = await tryBinding(join(modules, "@tensorflow", "tfjs-node"), modules);
  if ("version" in found) return ok(`native TensorFlow ${found.version}${note}`);
  const outcome = earlierOutcome(root);
  if (outcome?.backend === "wasm" && outcome.chosen)
    return absent(`the slower WASM backend is used, as was asked for${note}`, "npm run setup");
  return absent(
    `the slower WASM backend is used, which writes no files for TensorBoard: native TensorFlow does not load (${found.problem})${note}`,
    "npm run setup",
  );
}

/** Where NVIDIA's driver for Linux shows its devices; under WSL it shows another. */
const DEVICES = ["/proc/driver/nvidia/gpus", "/dev/dxg"];

/** @param {string} root */
async function findGpu(root) {
  const modules = join(root, "node_modules");
  const folder = join(modules, "@tensorflow", "tfjs-node");
  const device = DEVICES.some((path) => existsSync(path));
  if (!hasCuda(folder))
    return device
      ? absent("there is one, and TensorFlow for the CPU is used", "npm run setup -- --gpu")
      : absent("no NVIDIA GPU is seen: the CPU computes");
  const found = await tryBinding(folder, modules);
  if ("version" in found && found.gpu) return ok("TensorFlow computes on it");
  return absent(
    `TensorFlow with CUDA is set up, and ${device ? "cannot use the GPU here" : "sees no GPU here"}: the CPU computes`,
    device ? "update NVIDIA's driver (525.60 or newer)" : "npm run setup (for the CPU alone, 4 GB less)",
  );
}

const ASK = `
const [backend, precision] = await Promise.all(process.argv.slice(1).map((file) => import(file)));
const { name } = await backend.useBackend();
console.log(name === "tensorflow" ? precision.bfloat16() : "");
`;

/** Asks the compiled library, where there is one with native TensorFlow. @param {string} root */
async function findBfloat16(root) {
  const files = ["backend.js", "bfloat16.js"].map((file) => join(root, "packages", "jit", "dist", file));
  if (!files.every((file) => existsSync(file))) return undefined;
  const urls = files.map((file) => pathToFileURL(file).href);
  const { code, stdout } = await run(process.execPath, ["--input-type=module", "-e", ASK, ...urls]);
  if (code !== 0 || stdout.trim() === "") return undefined;
  if (stdout.trim() === "rounded") return ok("products of the processor's own");
  return absent("the processor has none (AVX-512): dynamics.precision=bfloat16 works, slower than float32");
}

function findThreads() {
  const set = process.env.DMO_LAB_THREADS;
  const cores = os.cpus().length;
  return ok(set ? `${set} of ${cores} cores (DMO_LAB_THREADS)` : `${cores}, one for each core`);
}

/** @param {string} root */
function findBuild(root) {
  const stamp = join(root, "dist", ".fingerprint");
  if (!existsSync(stamp)) return lacking("not compiled", "npm run setup");
  const current = readFileSync(stamp, "utf8") === sourceFingerprint(root);
  return current ? ok("dist/ is of these sources") : absent("dist/ is of older sources", "npm run build");
}

async function compiler() {
  const found = await findCompiler();
  if (found) return ok(found);
  return absent("not found; native TensorFlow may need one when it is set up", installCommand("g++"));
}

async function pythonProgram() {
  try {
    const command = await findPython();
    const { stdout } = await run(command, ["--version"]);
    return ok(`${command}, ${stdout.trim()}`);
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/:.*/s, "") : String(error);
    return absent(text, installCommand("python3 python3-venv"));
  }
}

/** @param {string} root */
function findEnvironment(root) {
  if (isComplete(root)) return ok(`${pythonPlaces(root).folder}, JupyterLab inside`);
  return absent("not set up; the notebooks need it", "npm run lab");
}

/** @param {string} root */
function findKernel(root) {
  const argv = readJson(pythonPlaces(root).kernel)?.argv;
  if (!argv) return absent("not set up", "npm run lab");
  const usable = existsSync(argv[0]) && argv.includes(resolve(root, "scripts", "kernel", "main.mjs"));
  if (usable) return ok(`tslab, run by ${argv[0]}`);
  return absent("set up for another Node or another folder", "npm run lab");
}

function findBrowser() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) => names.map((file) => join(folder, file))).find((file) => existsSync(file));
  return found ? ok(found) : absent("not found; only tests of pages need it", installCommand("chromium"));
}

function findCache() {
  const folder = cacheFolder();
  return ok(existsSync(folder) ? `${folder}, ${megabytes(sizeBelow(folder))}` : `${folder}, empty`);
}
