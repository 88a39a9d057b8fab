/**
 * Shows runs in TensorBoard, which is installed if need be: npm run tensorboard [-- --logdir FOLDER --port 6007]. Only
 * this machine can connect. All arguments are TensorBoard's.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone } from "./setup/main.mjs";
import { runInTerminal } from "./setup/process.mjs";
import { ensureBeside } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ready = await runAlone(root, () => ensureBeside(root, "tensorboard"));
// The last of an option counts: the folder may be another, the address may not.
const options = ["--logdir", join(root, "runs"), ...process.argv.slice(2), "--host", "127.0.0.1"];
if (ready) process.exitCode = await runInTerminal(ready.python, ["-m", "tensorboard.main", ...options], ready.env);
