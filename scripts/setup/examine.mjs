import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { tryBinding } from "./binding.mjs";
import { sourceFingerprint } from "./build.mjs";
import { findCompiler } from "./compiler.mjs";
import { cacheFolder, sizeBelow } from "./files.mjs";
import { megabytes } from "./log.mjs";
import { NODE_RANGE, supportsNode } from "./node-version.mjs";
import { holdsPackages, readPackages } from "./packages.mjs";
import { run } from "./process.mjs";
import { findPython, isComplete, pythonPlaces } from "./python.mjs";

/**
 * @typedef {"ok" | "absent" | "lacking"} State lacking: DMO Lab cannot run; absent: it runs, with less
 * @typedef {{ name: string, state: State, text: string, fix?: string }} Finding `fix` is a command, or says what to do
 */

/** @param {string} root the project's folder @returns {Promise<Finding[]>} */
export async function examine(root) {
  const modules = join(root, "node_modules");
  return [
    findNode(),
    await findNpm(),
    findPackages(root),
    await findBackend(modules),
    ...(await findBfloat16(root)),
    findThreads(),
    findBuild(root),
    await compiler(),
    await pythonProgram(),
    findEnvironment(root),
    findKernel(root),
    findBrowser(),
    findCache(),
  ];
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

/** @returns {Finding} */
function findNode() {
  const { node } = process.versions;
  const name = "Node";
  if (supportsNode(node)) return { name, state: "ok", text: `${node} on ${process.platform} ${process.arch}` };
  return { name, state: "lacking", text: `${node}, and ${NODE_RANGE} is needed`, fix: "install Node 24" };
}

/** @returns {Promise<Finding>} */
async function findNpm() {
  const { code, stdout } = await run("npm", ["--version"], { shell: process.platform === "win32" });
  if (code === 0) return { name: "npm", state: "ok", text: stdout.trim() };
  return { name: "npm", state: "lacking", text: "not found", fix: "install Node 24, which brings it along" };
}

/** @param {string} root @returns {Finding} */
function findPackages(root) {
  const name = "npm packages";
  const wanted = readPackages(join(root, "package-lock.json"));
  if (!wanted)
    return {
      name,
      state: "lacking",
      text: "package-lock.json is missing or broken",
      fix: "git restore package-lock.json",
    };
  if (holdsPackages(root, wanted))
    return { name, state: "ok", text: `${Object.keys(wanted).length} wanted, all there` };
  return { name, state: "lacking", text: "not installed, or not in their versions", fix: "npm run setup" };
}

/** @param {string} modules @returns {Promise<Finding>} */
async function findBackend(modules) {
  const name = "tensors";
  const wasm = existsSync(join(modules, "@tensorflow", "tfjs-backend-wasm", "package.json"));
  if (!wasm) return { name, state: "lacking", text: "no backend is installed", fix: "npm run setup" };
  const forced = process.env.DMO_LAB_BACKEND;
  const note = forced ? `; DMO_LAB_BACKEND is "${forced}"` : "";
  const found = await tryBinding(join(modules, "@tensorflow", "tfjs-node"), modules);
  if ("version" in found) return { name, state: "ok", text: `native TensorFlow ${found.version}${note}` };
  const text = `the slower WASM backend is used, which writes no files for TensorBoard: native TensorFlow does not load (${found.problem})${note}`;
  return { name, state: "absent", text, fix: "npm run setup" };
}

const ASK = `
const [backend, precision] = await Promise.all(process.argv.slice(1).map((file) => import(file)));
const { name } = await backend.useBackend();
console.log(name === "tensorflow" ? precision.bfloat16() : "");
`;

/** Asks the compiled library, where there is one with native TensorFlow. @param {string} root @returns {Promise<Finding[]>} */
async function findBfloat16(root) {
  const files = ["backend.js", "bfloat16.js"].map((file) => join(root, "packages", "jit", "dist", file));
  if (!files.every((file) => existsSync(file))) return [];
  const urls = files.map((file) => pathToFileURL(file).href);
  const { code, stdout } = await run(process.execPath, ["--input-type=module", "-e", ASK, ...urls]);
  const name = "bfloat16";
  if (code !== 0 || stdout.trim() === "") return [];
  if (stdout.trim() === "rounded") return [{ name, state: "ok", text: "products of the processor's own" }];
  return [
    {
      name,
      state: "absent",
      text: "the processor has none (AVX-512): dynamics.precision=bfloat16 works, slower than float32",
    },
  ];
}

/** @returns {Finding} */
function findThreads() {
  const set = process.env.DMO_LAB_THREADS;
  const cores = os.cpus().length;
  const text = set ? `${set} of ${cores} cores (DMO_LAB_THREADS)` : `${cores}, one for each core`;
  return { name: "threads", state: "ok", text };
}

/** @param {string} root @returns {Finding} */
function findBuild(root) {
  const name = "compiled library";
  const stamp = join(root, "dist", ".fingerprint");
  if (!existsSync(stamp)) return { name, state: "lacking", text: "not compiled", fix: "npm run setup" };
  const current = readFileSync(stamp, "utf8") === sourceFingerprint(root);
  if (current) return { name, state: "ok", text: "dist/ is of these sources" };
  return { name, state: "absent", text: "dist/ is of older sources", fix: "npm run build" };
}

/** @returns {Promise<Finding>} */
async function compiler() {
  const found = await findCompiler();
  if (found) return { name: "C++ compiler", state: "ok", text: found };
  const text = "not found; native TensorFlow may need one when it is set up";
  return { name: "C++ compiler", state: "absent", text, fix: debian("g++") };
}

/** @returns {Promise<Finding>} */
async function pythonProgram() {
  try {
    const command = await findPython();
    const { stdout } = await run(command, ["--version"]);
    return { name: "Python", state: "ok", text: `${command}, ${stdout.trim()}` };
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/:.*/s, "") : String(error);
    return { name: "Python", state: "absent", text, fix: debian("python3 python3-venv") };
  }
}

/** @param {string} root @returns {Finding} */
function findEnvironment(root) {
  const name = "Python environment";
  if (isComplete(root)) return { name, state: "ok", text: `${pythonPlaces(root).folder}, JupyterLab inside` };
  return { name, state: "absent", text: "not set up; the notebooks need it", fix: "npm run lab" };
}

/** @param {string} root @returns {Finding} */
function findKernel(root) {
  const name = "notebook kernel";
  try {
    const { argv } = JSON.parse(readFileSync(pythonPlaces(root).kernel, "utf8"));
    const usable = existsSync(argv[0]) && argv.includes(resolve(root, "scripts", "kernel", "main.mjs"));
    if (usable) return { name, state: "ok", text: `tslab, run by ${argv[0]}` };
    return { name, state: "absent", text: "set up for another Node or another folder", fix: "npm run lab" };
  } catch {
    return { name, state: "absent", text: "not set up", fix: "npm run lab" };
  }
}

/** @returns {Finding} */
function findBrowser() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) => names.map((file) => join(folder, file))).find((file) => existsSync(file));
  if (found) return { name: "Chromium", state: "ok", text: found };
  return { name: "Chromium", state: "absent", text: "not found; only tests of pages need it", fix: debian("chromium") };
}

/** @returns {Finding} */
function findCache() {
  const folder = cacheFolder();
  const text = existsSync(folder) ? `${folder}, ${megabytes(sizeBelow(folder))}` : `${folder}, empty`;
  return { name: "cache", state: "ok", text };
}

/** @param {string} packages */
function debian(packages) {
  return existsSync("/usr/bin/apt-get") ? `sudo apt-get install ${packages}` : `install ${packages}`;
}
