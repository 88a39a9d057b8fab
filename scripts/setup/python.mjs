import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { SetupError } from "./errors.mjs";
import { sizeBelow } from "./files.mjs";
import { megabytes, say, secondsSince, showProgress } from "./log.mjs";
import { errorLine, installCommand, isOffline, run } from "./process.mjs";

const OLDEST = [3, 10];

/** The notebooks' Python environment. @param {string} root the project's folder */
export function pythonPlaces(root) {
  const folder = join(root, ".venv");
  const programs = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  return {
    folder,
    python: join(programs, process.platform === "win32" ? "python.exe" : "python"),
    stamp: join(folder, ".dmo-lab.json"),
    kernel: join(folder, "share", "jupyter", "kernels", "tslab", "kernel.json"),
    settings: join(folder, "share", "jupyter", "lab", "settings", "overrides.json"),
    package: join(folder, "package.json"),
  };
}

/**
 * Makes .venv hold what requirements.txt demands, and the notebooks' kernel, unless it does.
 * @param {string} root the project's folder
 * @returns {Promise<string>} its Python
 */
export async function ensurePython(root) {
  const places = pythonPlaces(root);
  if (!isComplete(root)) {
    const start = performance.now();
    await createEnvironment(places.folder);
    say("Installing JupyterLab and its packages with pip (110 MB to download unless pip has them cached)");
    await pipInstall(places, ["-r", join(root, "requirements.txt")]);
    writeFileSync(places.stamp, JSON.stringify(fingerprint(root)));
    say(`Python environment of the notebooks set up in ${secondsSince(start)}`);
  }
  writeJson(places.kernel, kernelSpec(root));
  writeJson(places.settings, SETTINGS);
  writeJson(places.package, {}); // JupyterLab's own scripts are CommonJS, and the project's package.json says otherwise
  return places.python;
}

/** What .venv may hold besides, in folders of their own, which JupyterLab does not see: its name, size and pip's options. */
const BESIDE = {
  coursework: { requirements: "requirements-course.txt", what: "nbgrader", size: "20 MB", options: ["--no-deps"] },
  tensorboard: { requirements: "requirements-tensorboard.txt", what: "TensorBoard", size: "55 MB", options: [] },
  deploy: {
    requirements: "examples/deploy/requirements.txt",
    what: "MuJoCo for examples/deploy",
    size: "60 MB",
    options: [],
  },
};

/**
 * Makes .venv hold some of these as well.
 * @param {string} root the project's folder
 * @param {keyof typeof BESIDE} name
 * @returns {Promise<{ python: string, env: NodeJS.ProcessEnv }>} its Python, and how that finds the packages and their programs
 */
export async function ensureBeside(root, name) {
  const python = await ensurePython(root);
  const { requirements, what, size, options } = BESIDE[name];
  const places = pythonPlaces(root);
  const folder = join(places.folder, name);
  const file = join(root, requirements);
  const stamp = join(folder, "requirements.txt");
  const demanded = readFileSync(file, "utf8");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== demanded) {
    say(`Installing ${what} with pip (${size} to download unless pip has it cached)`);
    rmSync(folder, { recursive: true, force: true });
    await pipInstall(places, [...options, "--target", folder, "-r", file]);
    writeFileSync(stamp, demanded);
  }
  return { python, env: { PYTHONPATH: folder, PATH: [join(folder, "bin"), process.env.PATH].join(delimiter) } };
}

/** Whether .venv holds what requirements.txt demands. @param {string} root the project's folder */
export function isComplete(root) {
  try {
    return readFileSync(pythonPlaces(root).stamp, "utf8") === JSON.stringify(fingerprint(root));
  } catch {
    return false;
  }
}

/**
 * Changes with the requirements, with the Python behind the environment, and when the checkout is moved: programs of an
 * environment know their folder.
 * @param {string} root
 */
function fingerprint(root) {
  const requirements = createHash("sha256")
    .update(readFileSync(join(root, "requirements.txt")))
    .digest("hex");
  return { requirements, python: realpathSync(pythonPlaces(root).python), root: resolve(root) };
}

/** @param {string} folder */
async function createEnvironment(folder) {
  const command = await findPython();
  say(`Creating a Python environment in ${folder}`);
  const result = await run(command, ["-m", "venv", "--clear", folder]);
  if (result.code === 0) return;
  const output = `${result.stdout}\n${result.stderr}`;
  throw new SetupError(
    /ensurepip|python3-venv/.test(output)
      ? `Python's venv module is incomplete here: ${installCommand("python3-venv")}, then run this again.`
      : `Python could not create an environment in ${folder}: ${errorLine(result)}`,
  );
}

/** @returns {Promise<string>} the command of a Python that is new enough */
export async function findPython() {
  const script = "import sys; print(*sys.version_info[:2])";
  let found = "";
  for (const command of ["python3", "python"]) {
    const result = await run(command, ["-c", script]);
    if (result.code !== 0) continue;
    const [major, minor] = result.stdout.trim().split(" ").map(Number);
    if (major === OLDEST[0] && minor >= OLDEST[1]) return command;
    found = `, and ${command} is ${major}.${minor}`;
  }
  const needed = `The notebooks need Python ${OLDEST.join(".")} or later${found}`;
  throw new SetupError(`${needed}: ${installCommand("python3 python3-venv")}, then run this again.`);
}

/** @param {ReturnType<typeof pythonPlaces>} places @param {string[]} what */
async function pipInstall({ folder, python }, what) {
  const options = ["--disable-pip-version-check", "--no-input", "--timeout", "15", "--retries", "2"];
  const result = await run(python, ["-m", "pip", "install", ...options, ...what], {
    watch: (seconds) =>
      showProgress(`pip install ... ${seconds.toFixed(0)} s, ${megabytes(sizeBelow(folder))} installed`),
  });
  if (result.code === 0) return;
  throw new SetupError(
    isOffline(result)
      ? "pip could not reach a package index: check the network, then run this again."
      : `pip install failed: ${errorLine(result)}`,
  );
}

/** How Jupyter starts the kernel, with this Node. @param {string} root */
function kernelSpec(root) {
  const main = resolve(root, "scripts", "kernel", "main.mjs");
  return {
    // Node 20 warns at every library that a cell imports that this is new.
    argv: [process.execPath, "--disable-warning=ExperimentalWarning", main, "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
  };
}

/** JupyterLab's own defaults are to ask for news and updates, from elsewhere. */
const SETTINGS = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
};

/** @param {string} path @param {object} content */
function writeJson(path, content) {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
