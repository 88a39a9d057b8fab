/** The script of the page's workers: one trains, another one plays. */
import { registerTasks } from "../lib/tasks/index.js";
import { startBackend } from "./backend.js";
import { OWN } from "./experiment.js";
import type { WorkerStart } from "./messages.js";
import { ownTask } from "./own-task.js";
import { Player } from "./player.js";
import { Trainer } from "./trainer.js";

const report = (message: unknown): void => self.postMessage(message);

async function start(wanted: WorkerStart): Promise<{ obey(command: never): void | Promise<void> }> {
  await startBackend(wanted.threads);
  const { robot } = wanted;
  if (robot) registerTasks({ [OWN]: () => ownTask(robot) });
  return wanted.be === "trainer" ? new Trainer(wanted.experiment, report) : new Player(wanted.task, report);
}

/** Set by the first message, which says what this worker is; those after it are its commands. */
let started: ReturnType<typeof start> | undefined;

async function obey(data: unknown): Promise<void> {
  try {
    if (started) await (await started).obey(data as never);
    else await (started = start(data as WorkerStart));
  } catch (error) {
    report({ is: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

self.addEventListener("message", ({ data }) => void obey(data));
