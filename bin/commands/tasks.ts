import { defineCommand } from "../command.js";
import { table } from "../terminal.js";

export const command = defineCommand({
  name: "tasks",
  summary: "list the tasks, or show everything about one",
  usage: "[T | FILE.js]",
  operands: { min: 0, max: 1 },
  options: {},

  async run({ operands: [name] }) {
    const { findTask, taskNames } = await import("../../lib/tasks/index.js");
    const { loadTask } = await import("../../tools/user/task-file.js");
    const { describePresets, describeTask, taskRow, TASK_COLUMNS } = await import("../task-text.js");
    if (name !== undefined) console.log([describeTask(await loadTask(name)), ...describePresets(name)].join("\n\n"));
    else console.log(table([TASK_COLUMNS, ...taskNames.map((each) => taskRow(findTask(each)))], [1, 2, 3]));
    return 0;
  },
});
