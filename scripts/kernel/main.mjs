/**
 * A Jupyter kernel for TypeScript: tslab, with what it lacks. Output in bursts arrives, an error in a cell is an error of
 * the notebook with the cell's line, Interrupt reaches loops of the library, and nothing that a package does to the
 * process's handlers ends it.
 *
 *   node scripts/kernel/main.mjs CONNECTION_FILE
 */
import { Compiler } from "./compile.mjs";
import { Handler } from "./handler.mjs";
import { Server } from "./server.mjs";
import { describeError } from "./traceback.mjs";

const ENDINGS = /** @type {const} */ (["uncaughtException", "unhandledRejection"]);

const compiler = new Compiler();
const handler = new Handler(compiler, process.cwd());

/** Says what went wrong outside of a running cell, where the last cell's output is. @param {unknown} thrown */
const report = (thrown) => {
  const { traceback } = describeError(thrown, compiler.cells, { name: "", source: "" });
  process.stderr.write(`Not awaited: ${traceback.join("\n")}\n`);
};
for (const event of ENDINGS) process.on(event, report);
// Loaders of WebAssembly modules add handlers that end the process on any rejection.
process.on("newListener", (event, listener) => {
  if (ENDINGS.includes(/** @type {any} */ (event))) queueMicrotask(() => process.off(event, listener));
});
process.on("SIGINT", () => handler.interrupt());

// A server that was killed takes its kernels along, and what they are training.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(0), 2000).unref();

Error.stackTraceLimit = 30;
await new Server(handler, process.argv[2]).init();
