import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, fingerprintOf } from "./files.mjs";
import { say, secondsSince } from "./log.mjs";

/**
 * Bundles viewer/ with three.js to dist/viewer/viewer.js, one minified script, unless it was made from these sources.
 * @param {string} root the project's folder
 */
export async function ensureViewer(root) {
  const fingerprint = fingerprintOf(root, [...filesBelow(join(root, "viewer")), join(root, "package-lock.json")]);
  const folder = join(root, "dist", "viewer");
  const stamp = join(folder, ".fingerprint");
  const output = join(folder, "viewer.js");
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint) return;
  const start = performance.now();
  const esbuild = await import("esbuild"); // only now: on a machine that is being set up, it has just been installed
  mkdirSync(folder, { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  await esbuild.build({
    entryPoints: [join(root, "viewer", "main.ts")],
    outfile: unfinished,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    logLevel: "warning",
  });
  renameSync(unfinished, output);
  writeFileSync(stamp, fingerprint);
  say(`Bundled the viewer in ${secondsSince(start)}`);
}
