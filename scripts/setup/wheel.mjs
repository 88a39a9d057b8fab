import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileBinding, findCompiler } from "./compiler.mjs";
import { LIBRARIES } from "./binding.mjs";
import { sha256, sizeBelow } from "./files.mjs";
import { megabytes, say, secondsSince, showProgress } from "./log.mjs";
import { errorLine, installCommand, isOffline, run } from "./process.mjs";

/** @typedef {import("./wheels.mjs").Wheel} Wheel */
/** @typedef {{ problem: string, fix?: string }} Failure what went wrong, and a command that would help */

/**
 * Takes libtensorflow from Python wheels, which package indices and their mirrors serve nearly everywhere, and
 * compiles the binding for it.
 * @param {import("./wheels.mjs").Variant} variant
 * @param {string} stage a copy of the package, without deps/ and lib/
 * @param {string} modules the project's node_modules folder
 * @param {string} cache the cache folder
 * @returns {Promise<Failure | undefined>}
 */
export async function wheelInstall({ wheels, disk, name }, stage, modules, cache) {
  if (wheels.length === 0) return { problem: `there is no wheel with ${name} for ${process.platform}-${process.arch}` };
  if (isMusl()) return { problem: "the wheel with libtensorflow needs glibc, and this system has another C library" };
  // Everything that can be known is asked before anything is downloaded.
  const compiler = await findCompiler();
  if (!compiler) return { problem: "there is no C++ compiler", fix: installCommand("g++") };
  const python = await findPython(cache);
  if (!python) return { problem: "there is no Python with pip", fix: installCommand("python3 python3-pip") };
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < disk) {
    return { problem: `${cache} needs ${megabytes(disk)} of free space and has ${megabytes(bavail * bsize)}` };
  }
  const problem = (await getWheels(wheels, python, cache, stage)) ?? (await compileBinding(compiler, stage, modules));
  return problem ? { problem } : undefined;
}

/** All are downloaded before one is unpacked: what is whole stays for the next try. @param {readonly Wheel[]} wheels @param {string} python @param {string} cache @param {string} stage */
async function getWheels(wheels, python, cache, stage) {
  for (const get of [downloadWheel, unpack]) {
    for (const wheel of wheels) {
      const problem = await get(wheel, python, cache, stage);
      if (problem) return problem;
    }
  }
  linkLibraries(join(stage, LIBRARIES));
  return undefined;
}

/** Alpine's C library, for example, cannot load what was linked for glibc. */
function isMusl() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime === undefined;
}

/**
 * A Python with pip: the system's, or else one in an environment of our own, which brings pip along.
 * @param {string} cache
 */
async function findPython(cache) {
  const own = join(cache, "python");
  const candidates = ["python3", "python", join(own, "bin", "python")];
  for (const command of candidates) {
    if ((await run(command, ["-m", "pip", "--version"])).code === 0) return command;
  }
  const made = await run("python3", ["-m", "venv", "--clear", own]);
  return made.code === 0 ? join(own, "bin", "python") : undefined;
}

/** @param {Wheel} wheel @param {string} cache */
export function wheelPath(wheel, cache) {
  return join(cache, `${wheel.requirement}-${wheel.tag}.whl`);
}

/**
 * Downloads the wheel with pip, unless an earlier set-up did. pip chooses the host (an index, a mirror, a local folder);
 * the hash decides whether what comes is used.
 * @param {Wheel} wheel @param {string} python @param {string} cache
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function downloadWheel(wheel, python, cache) {
  const path = wheelPath(wheel, cache);
  const isWhole = async () => existsSync(path) && (await sha256(path)) === wheel.sha256;
  if (await isWhole()) return undefined;
  const start = performance.now();
  say(`Downloading ${wheel.what}: the wheel ${wheel.requirement}, ${megabytes(wheel.bytes)}, with pip`);
  const folder = join(cache, `stage-download-${process.pid}`);
  mkdirSync(folder);
  const requirements = join(folder, "requirements.txt");
  writeFileSync(requirements, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
  const problem = await pipDownload(python, wheel, requirements, folder);
  rmSync(path, { force: true });
  const file = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (!problem && file) renameSync(join(folder, file), path);
  rmSync(folder, { recursive: true, force: true });
  if (problem) return problem;
  if (!(await isWhole())) {
    rmSync(path, { force: true });
    return `${wheel.requirement}: the download does not have the expected SHA-256, so it is not used`;
  }
  say(`Downloaded in ${secondsSince(start)}`);
  return undefined;
}

/** @param {string} python @param {Wheel} wheel @param {string} requirements @param {string} folder */
async function pipDownload(python, wheel, requirements, folder) {
  const result = await run(
    python,
    [
      ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"],
      ...["--platform", wheel.tag, "--require-hashes", "-r", requirements, "--dest", folder],
      ...["--no-cache-dir", "--timeout", "15", "--retries", "1", "--disable-pip-version-check"],
    ],
    {
      // pip collects the download in the temporary folder: here its growth can be seen, and /tmp may be small.
      env: { TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: "0" },
      watch: () => showProgress(`${wheel.what} ... ${megabytes(sizeBelow(folder))} of ${megabytes(wheel.bytes)}`),
    },
  );
  if (result.code === 0) return undefined;
  return `pip download ${wheel.requirement}: ${isOffline(result) ? "no package index can be reached" : errorLine(result)}`;
}

/**
 * @param {Wheel} wheel @param {string} python @param {string} cache @param {string} stage
 * @returns {Promise<string | undefined>} what went wrong
 */
async function unpack(wheel, python, cache, stage) {
  const start = performance.now();
  const script = fileURLToPath(new URL("unpack.py", import.meta.url));
  say(`Unpacking ${wheel.what} into the cache`);
  const result = await run(python, [script, wheelPath(wheel, cache), "deps"], {
    cwd: stage,
    watch: () => showProgress(`unpacking ... ${megabytes(sizeBelow(join(stage, "deps")))}`),
  });
  if (result.code !== 0) return `unpacking ${wheel.requirement}: ${errorLine(result)}`;
  say(`Unpacked in ${secondsSince(start)}`);
  return undefined;
}

/**
 * The names under which the linker and tfjs-node's own scripts look for the two libraries.
 * @param {string} folder
 */
export function linkLibraries(folder) {
  for (const name of ["libtensorflow.so", "libtensorflow.so.2.9.1"]) {
    symlinkSync("libtensorflow_cc.so.2", join(folder, name));
  }
  symlinkSync("libtensorflow_framework.so.2", join(folder, "libtensorflow_framework.so"));
}
