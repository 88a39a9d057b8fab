import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { SetupError } from "./errors.mjs";
import { filesBelow, fingerprintOf } from "./files.mjs";
import { say, secondsSince } from "./log.mjs";
import { run } from "./process.mjs";

/**
 * Compiles the project's folders to dist/, and each package to a dist/ of its own, unless they were made from exactly these
 * sources.
 * @param {string} root the project's folder
 */
export async function ensureBuild(root) {
  const fingerprint = sourceFingerprint(root);
  const stamp = join(root, "dist", ".fingerprint");
  const outputs = projects(root).flatMap(outputsOf);
  const complete = outputs.every((file) => existsSync(file));
  if (complete && readIfPresent(stamp) === fingerprint) return;
  const start = performance.now();
  say("Compiling TypeScript to dist/");
  rmSync(stamp, { force: true });
  removeOrphans(root, outputs);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  // The compiler writes only what it thinks has changed; where a file is missing it has to write all.
  const options = ["--build", join(root, "tsconfig.json"), ...(complete ? [] : ["--force"])];
  const result = await run(process.execPath, [tsc, ...options], { cwd: root });
  if (result.code !== 0) throw new SetupError(`${result.stdout.trim()}\nTypeScript did not compile: see above.`);
  mkdirSync(join(root, "dist", "lib"), { recursive: true });
  // Where the library's entry was before it had a room of its own: programs of users may import it from there.
  writeFileSync(join(root, "dist", "lib", "index.js"), 'export * from "../api/index.js";\n');
  writeFileSync(stamp, fingerprint);
  say(`Compiled in ${secondsSince(start)}`);
}

/**
 * What is compiled together: the project itself, and the packages that it refers to.
 * @param {string} root
 * @returns {{ folder: string, include: string[] }[]}
 */
function projects(root) {
  const { include = [], references = [] } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  const packages = /** @type {{ path: string }[]} */ (references).map(({ path }) => join(root, path));
  return [{ folder: root, include }, ...packages.map((folder) => ({ folder, include: ["."] }))];
}

/** @param {{ folder: string, include: string[] }} project @returns {string[]} its TypeScript sources, relative to its folder */
function sourcesOf({ folder, include }) {
  return include
    .map((part) => join(folder, part))
    .filter((part) => existsSync(part))
    .flatMap((part) => filesBelow(part))
    .map((file) => relative(folder, file))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith(`dist${sep}`));
}

/**
 * Changes if a source, its name, the compiler's settings or the installed packages do.
 * @param {string} root
 */
export function sourceFingerprint(root) {
  const files = projects(root).flatMap((project) =>
    [...sourcesOf(project), "tsconfig.json"].map((file) => join(project.folder, file)),
  );
  const models = join(root, "data", "models"); // compiled in
  const records = existsSync(models) ? filesBelow(models).filter((file) => file.endsWith(".json")) : [];
  return fingerprintOf(root, [...files, ...records, join(root, "package-lock.json")]);
}

const ENDINGS = [".js", ".js.map", ".d.ts"];

/** @param {{ folder: string, include: string[] }} project @returns {string[]} what its sources become */
function outputsOf(project) {
  const sources = sourcesOf(project).filter((file) => !file.endsWith(".d.ts"));
  return sources.flatMap((file) => ENDINGS.map((end) => join(project.folder, "dist", file.replace(/\.ts$/, end))));
}

/**
 * Removes what was compiled from sources that are gone.
 * @param {string} root
 * @param {string[]} outputs what is compiled from those that are there
 */
function removeOrphans(root, outputs) {
  const wanted = new Set(outputs);
  for (const dist of projects(root).map(({ folder }) => join(folder, "dist"))) {
    const compiled = existsSync(dist)
      ? filesBelow(dist).filter((file) => ENDINGS.some((end) => file.endsWith(end)))
      : [];
    for (const file of compiled) if (!wanted.has(file) && !file.startsWith(join(dist, `viewer${sep}`))) rmSync(file);
  }
}

/** @param {string} path */
function readIfPresent(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
