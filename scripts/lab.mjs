/**
 * Opens the notebooks in JupyterLab, in an environment of the project's own that is set up if need be. Arguments are
 * JupyterLab's: npm run lab -- --no-browser --port 9000
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "./setup/main.mjs";
import { ensurePython } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = await runAlone(root, () => ensurePython(root));
if (python) openLab(python);

/** @param {string} python */
function openLab(python) {
  const options = [
    `--ServerApp.root_dir=${join(root, "notebooks")}`,
    "--LabApp.default_url=/lab/tree/01_quickstart.ipynb",
  ];
  if (process.getuid?.() === 0) options.push("--allow-root"); // in a container, for example
  const lab = spawn(python, ["-m", "jupyterlab", ...options, ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches JupyterLab as well, which asks first.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => lab.kill(signal));
  lab.on("exit", (code) => (process.exitCode = code ?? 1));
}
