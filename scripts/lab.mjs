/**
 * Opens the notebooks in JupyterLab, in an environment of the project's own that is set up if need be. Arguments are
 * JupyterLab's: npm run lab -- --no-browser --port 9000
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "./setup/main.mjs";
import { runInTerminal } from "./setup/process.mjs";
import { ensurePython } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const python = await runAlone(root, () => ensurePython(root));
const options = [
  `--ServerApp.root_dir=${join(root, "notebooks")}`,
  "--LabApp.default_url=/lab/tree/01_quickstart.ipynb",
];
if (process.getuid?.() === 0) options.push("--allow-root"); // in a container, for example
if (python) process.exitCode = await runInTerminal(python, ["-m", "jupyterlab", ...options, ...process.argv.slice(2)]);
