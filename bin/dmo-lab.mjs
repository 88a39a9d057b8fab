#!/usr/bin/env node
/** Starts the compiled command line, or says in one line what is missing. */
import { existsSync } from "node:fs";
import { requireNode } from "../scripts/setup/node-version.mjs";

requireNode();
const compiled = new URL("../dist/bin/main.js", import.meta.url);
if (existsSync(compiled)) {
  const program = /** @type {{ main(argv: string[]): Promise<number> }} */ (await import(compiled.href));
  process.exitCode = await program.main(process.argv.slice(2));
  // of a terminal that is gone, node's own way out would make an abort
  if (process.exitCode === 129) process.kill(process.pid, "SIGHUP");
} else {
  console.error('DMO Lab is not compiled yet: run "npm run setup" first.');
  process.exitCode = 1;
}
