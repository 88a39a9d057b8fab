/** Types, lint, imports and format of everything, side by side: what does not pass is shown whole. */
import { fileURLToPath } from "node:url";
import { secondsSince } from "./setup/log.mjs";
import { endWithChildren, run } from "./setup/process.mjs";

const LAYERED = "api baselines bin browser lib packages reproductions robots tools";
const CHECKS = {
  types: "typescript/bin/tsc -p tsconfig.check.json",
  "types of the viewer": "typescript/bin/tsc -p viewer",
  "types of the page": "typescript/bin/tsc -p browser",
  lint: "eslint/bin/eslint.js .",
  imports: `dependency-cruiser/bin/dependency-cruise.mjs --config dependency-cruiser.config.mjs ${LAYERED}`,
  format: "prettier/bin/prettier.cjs --check .",
};

const root = fileURLToPath(new URL("..", import.meta.url));
endWithChildren();
const start = performance.now();
const passed = await Promise.all(
  Object.entries(CHECKS).map(async ([name, program]) => {
    const { code, stdout, stderr } = await run(process.execPath, `node_modules/${program}`.split(" "), { cwd: root });
    if (code !== 0) console.log(`${stdout}${stderr}`.trim());
    console.log(`${name}: ${code === 0 ? "passed" : "FAILED"} (${secondsSince(start)})`);
    return code === 0;
  }),
);
process.exitCode = passed.every(Boolean) ? 0 : 1;
