import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { SetupError } from "./errors.mjs";
import { filesBelow } from "./files.mjs";
import { say, secondsSince } from "./log.mjs";
import { run } from "./process.mjs";

const FOLDERS = ["lib", "bin", "reproductions"];

/**
 * Compiles lib/, bin/ and reproductions/ to dist/ unless dist/ was made from exactly these sources.
 * @param {string} root the project's folder
 */
export async function ensureBuild(root) {
  const fingerprint = sourceFingerprint(root);
  const stamp = join(root, "dist", ".fingerprint");
  const complete = outputsAreComplete(root);
  if (complete && readIfPresent(stamp) === fingerprint) return;
  const start = performance.now();
  say("Compiling TypeScript to dist/");
  rmSync(stamp, { force: true });
  const info = join(root, "dist", ".tsbuildinfo");
  // The compiler writes only what it thinks has changed; where a file is missing it has to write all.
  if (!complete) rmSync(info, { force: true });
  removeOrphans(root);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const options = ["-p", "tsconfig.json", "--incremental", "--tsBuildInfoFile", info];
  const result = await run(process.execPath, [tsc, ...options], { cwd: root });
  if (result.code !== 0) throw new SetupError(`${result.stdout.trim()}\nTypeScript did not compile: see above.`);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stamp, fingerprint);
  say(`Compiled in ${secondsSince(start)}`);
}

/** @param {string} root @returns {string[]} the TypeScript sources of dist/, relative to root */
function sources(root) {
  return FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => filesBelow(join(root, folder)))
    .map((file) => relative(root, file))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
}

/**
 * Changes if a source, its name, the compiler's settings or the installed packages do.
 * @param {string} root
 */
export function sourceFingerprint(root) {
  const hash = createHash("sha256");
  for (const file of [...sources(root), "tsconfig.json", "package-lock.json"]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** @param {string} root */
function outputsAreComplete(root) {
  return sources(root)
    .filter((file) => !file.endsWith(".d.ts"))
    .every((file) => [".js", ".d.ts"].every((end) => existsSync(join(root, "dist", file.replace(/\.ts$/, end)))));
}

/**
 * Removes what was compiled from sources that are gone.
 * @param {string} root
 */
function removeOrphans(root) {
  const wanted = new Set(sources(root).map((file) => file.replace(/\.ts$/, "")));
  for (const folder of FOLDERS) {
    const compiled = join(root, "dist", folder);
    for (const file of existsSync(compiled) ? filesBelow(compiled) : []) {
      const source = relative(join(root, "dist"), file).replace(/(\.d\.ts|\.js\.map|\.js)$/, "");
      if (!wanted.has(source)) rmSync(file);
    }
  }
}

/** @param {string} path */
function readIfPresent(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
