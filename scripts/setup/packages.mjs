import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { SetupError } from "./errors.mjs";
import { emptyFolder, readJson } from "./files.mjs";
import { say, secondsSince, showProgress } from "./log.mjs";
import { errorLine, run } from "./process.mjs";

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Entry */
/** @typedef {Record<string, Entry>} Packages */

/**
 * Installs the packages of package-lock.json if node_modules does not hold them. npm works in a folder of its own and
 * the result is renamed, so that node_modules is never half-finished, whatever ends the set-up.
 * @param {string} root the project's folder
 */
export async function ensurePackages(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  if (!wanted) throw new SetupError("package-lock.json is missing or broken: get it back from the repository.");
  const scratch = join(root, ".cache", "install");
  emptyFolder(scratch);
  if (holdsPackages(root, wanted)) return;
  const start = performance.now();
  say("Installing the npm packages (about 300 MB to download unless npm has them cached, 750 MB in node_modules)");
  const stage = join(scratch, String(process.pid));
  await install(root, stage, wanted);
  if (existsSync(join(root, "node_modules"))) renameSync(join(root, "node_modules"), join(stage, "replaced"));
  renameSync(join(stage, "node_modules"), join(root, "node_modules"));
  emptyFolder(scratch);
  say(`npm packages installed in ${secondsSince(start)}`);
}

/**
 * Whether node_modules holds every package that the lock file demands, in its version. npm writes its own list last, so
 * an installation that was cut short has none.
 * @param {string} root
 * @param {Packages} wanted
 */
export function holdsPackages(root, wanted) {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (!installed) return false;
  const folders = Object.keys(installed);
  return (
    Object.entries(wanted).every(([folder, entry]) => agrees(entry, installed[folder])) &&
    folders.every((folder) => existsSync(join(root, folder, "package.json")))
  );
}

/** @param {Entry} wanted @param {Entry | undefined} installed */
function agrees(wanted, installed) {
  if (!installed) return wanted.optional === true;
  return wanted.version === installed.version && wanted.integrity === installed.integrity;
}

/** @param {string} path of a lock file @returns {Packages | undefined} its packages by folder, without the project itself */
export function readPackages(path) {
  const packages = readJson(path)?.packages;
  if (!packages) return undefined;
  const { "": _project, ...others } = packages;
  return others;
}

/** @param {string} root @param {string} stage @param {Packages} wanted */
async function install(root, stage, wanted) {
  const own = Object.keys(wanted).filter((folder) => !folder.startsWith("node_modules/"));
  const files = ["package.json", "package-lock.json", ".npmrc", "bin/dmo-lab.mjs"];
  for (const file of [...files, ...own.map((folder) => `${folder}/package.json`)]) {
    mkdirSync(dirname(join(stage, file)), { recursive: true });
    copyFileSync(join(root, file), join(stage, file));
  }
  // The project's .npmrc says most of this too; the user's environment may say otherwise, and this goes first.
  const options = ["--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund"];
  const network = ["--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=120000"];
  const [command, ...args] = npm();
  const result = await run(command, [...args, "ci", ...options, ...network], {
    cwd: stage,
    shell: process.platform === "win32" && args.length === 0,
    watch: (seconds) => showProgress(`npm ci ... ${seconds.toFixed(0)} s`),
  });
  if (result.code !== 0) {
    emptyFolder(dirname(stage));
    throw new SetupError(npmAdvice(result));
  }
}

/** How to start npm: the one that started us, if any. */
function npm() {
  const cli = process.env.npm_execpath;
  return cli && /npm-cli\.[cm]?js$/.test(cli) ? [process.execPath, cli] : ["npm"];
}

/** @param {import("./process.mjs").Result} result */
function npmAdvice(result) {
  if (result.code === 127) return "npm was not found: it comes with Node, install both and run this again.";
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|ENETUNREACH|ERR_SOCKET/.exec(
    result.stderr,
  )?.[0];
  if (offline) {
    return `npm could not fetch the packages (${offline}): check the network, then run "npm run setup" again.`;
  }
  const code = /npm (?:error|ERR!) code (\S+)/.exec(result.stderr)?.[1];
  const first = /npm (?:error|ERR!) (?!code|errno|syscall)(.+)/.exec(result.stderr)?.[1];
  return `npm ci failed (${code ?? result.code}): ${first ?? errorLine(result)}`;
}
