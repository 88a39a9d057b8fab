import { oneOf } from "@dmo-lab/input/errors";
import { packageVersion } from "../lib/project.js";
import type { Command } from "./command.js";
import { EXIT, explain } from "./exit.js";
import { table } from "./terminal.js";

/** Each command in a file of its own, which loads what it needs only when it runs. */
const commands: { [name: string]: () => Promise<{ command: Command }> } = {
  start: () => import("./commands/start.js"),
  train: () => import("./commands/train.js"),
  evaluate: () => import("./commands/evaluate.js"),
  new: () => import("./commands/new.js"),
  trials: () => import("./commands/trials.js"),
  sweep: () => import("./commands/sweep.js"),
  collect: () => import("./commands/collect.js"),
  compare: () => import("./commands/compare.js"),
  gradients: () => import("./commands/gradients.js"),
  report: () => import("./commands/report.js"),
  export: () => import("./commands/export.js"),
  view: () => import("./commands/view.js"),
  tasks: () => import("./commands/tasks.js"),
  simulate: () => import("./commands/simulate.js"),
  bench: () => import("./commands/bench.js"),
};

/**
 * The command line.
 * @param argv what follows the program's name
 * @returns the exit code: 0 done, 1 a bug, 2 bad input, 3 stopped by a value that is not finite, 4 by a file
 *   that can't be written, 5 where runs of a sweep failed, 128 + its number where a signal ended a run
 */
export async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedOutput();
  try {
    return await dispatch(argv);
  } catch (error) {
    return explain(error);
  }
}

async function dispatch([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(await overview());
    return name === undefined ? EXIT.badInput : EXIT.done;
  }
  if (name === "--version") {
    process.stdout.write(`${packageVersion()}\n`);
    return EXIT.done;
  }
  const { command } = await commands[oneOf("command", name, Object.keys(commands))]();
  await Promise.all([
    import("../baselines/index.js"),
    import("../robots/index.js"),
    import("../tools/study/gradient-quality.js"),
  ]);
  return command.execute(rest);
}

async function overview(): Promise<string> {
  const modules = await Promise.all(Object.values(commands).map((load) => load()));
  const rows = modules.map(({ command }) => [`  ${command.name}`, command.summary]);
  return `DMO Lab ${packageVersion()}: first-order model-based reinforcement learning through decoupled backpropagation.

Usage: dmo-lab COMMAND [options]

Commands:
${table(rows)}

"dmo-lab COMMAND --help" explains a command. Exit codes: 0 done, 2 bad input, 3 stopped by a value that is not
finite, 4 by a file that can't be written, 5 where runs of a sweep failed; of a run that was ended after its epoch at work:
130 by Ctrl-C, 143 by SIGTERM, 129 by a terminal that went away, 141 by a reader that did.
DMO_LAB_BACKEND (tensorflow, wasm, cpu) and DMO_LAB_THREADS choose what computes.
Task, algorithm and study files are programs, which run with your rights; those that came with a run only with --trust.
`;
}

/** A reader that goes away (as `| head` does), or a terminal, ends the output; a run stops at it (`interrupt.ts`). */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    if (stream.listenerCount("error") === 0)
      stream.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      });
}
