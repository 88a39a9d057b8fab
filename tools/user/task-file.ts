/** Tasks of users: files whose default export is a task (docs/your-own-robot.md). */
import { InputError } from "@dmo-lab/input/errors";
import { importUserFile } from "@dmo-lab/input/import-file";
import { isUserFile } from "@dmo-lab/input/user-file";
import { thisLibrary } from "../../lib/project.js";
import { findTask, registerTaskFile } from "../../lib/tasks/index.js";
import type { Task } from "../../lib/tasks/task.js";

/**
 * The task of that name; `findTask` knows that of a file from then on.
 * @param name of a task, or path of a task file (`./my-robot.js`), which is loaded
 * @throws InputError for a name that there is not, and for a file without a task
 */
export async function loadTask(name: string): Promise<Task> {
  if (!isUserFile(name)) return findTask(name);
  const task = (await importUserFile("task file", name, thisLibrary())) as Partial<Task> | undefined;
  if (typeof task?.reward !== "function" || typeof task.observe !== "function")
    throw new InputError(
      `task file "${name}": its default export is no task; write: export default defineTask({ ... }).`,
    );
  registerTaskFile(name, task as Task);
  return task as Task;
}
