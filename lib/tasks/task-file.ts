/** Tasks of users: files whose default export is a task (docs/your-own-robot.md). */
import { InputError } from "@dmo-lab/input/errors";
import { importUserFile } from "../user-file.js";
import type { Task } from "./task.js";

/** By the name that the user gave. */
const loaded = new Map<string, Task>();

/** Runs a task file and remembers its task under the file's name. @throws InputError where it holds none */
export async function loadTaskFile(name: string): Promise<Task> {
  const task = (await importUserFile("task file", name)) as Partial<Task> | undefined;
  if (typeof task?.reward !== "function" || typeof task.observe !== "function")
    throw new InputError(
      `task file "${name}": its default export is no task; write: export default defineTask({ ... }).`,
    );
  loaded.set(name, task as Task);
  return task as Task;
}

/** The task of a file that was loaded. */
export function taskOfFile(name: string): Task {
  const task = loaded.get(name);
  if (!task) throw new InputError(`task file "${name}" is not loaded; loadTask("${name}") does that.`);
  return task;
}
