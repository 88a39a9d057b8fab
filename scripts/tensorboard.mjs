/**
 * Shows runs in TensorBoard, which is installed if need be: npm run tensorboard [-- --logdir FOLDER --port 6007]. Only
 * this machine can connect. All arguments are TensorBoard's.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "./setup/main.mjs";
import { ensureTensorBoard } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ready = await runAlone(root, () => ensureTensorBoard(root));
if (ready) showRuns(ready);

/** @param {{ python: string, env: NodeJS.ProcessEnv }} ready */
function showRuns({ python, env }) {
  // The last of an option counts: the folder may be another, the address may not.
  const options = ["--logdir", join(root, "runs"), ...process.argv.slice(2), "--host", "127.0.0.1"];
  const board = spawn(python, ["-m", "tensorboard.main", ...options], {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  process.on("SIGINT", () => {}); // Ctrl-C reaches TensorBoard as well
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => board.kill(signal));
  board.on("exit", (code) => (process.exitCode = code ?? 1));
}
