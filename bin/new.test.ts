import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { build, start, TINY } from "../tests/command-line.js";
import { temporaryFolder } from "../tests/temporary.js";

beforeAll(build);

test("a new task is described and trained as it is, in any folder, and never written over", async () => {
  const folder = temporaryFolder();
  const dmoLab = (...argv: string[]) => start("dmo-lab.mjs", argv, {}, folder).ended;
  const made = await dmoLab("new", "task", "hopping-lamp");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toContain("npx dmo-lab train --task hopping-lamp.js");
  for (const file of ["hopping-lamp.js", "hopping-lamp.xml"])
    expect(readFileSync(join(folder, file), "utf8")).not.toMatch(/balancer|examples/);
  expect((await dmoLab("tasks", "hopping-lamp.js")).stdout).toContain("hopping-lamp");
  const trained = await dmoLab("train", "--task", "hopping-lamp.js", "--algorithm", "dmo", "--epochs", "2", ...TINY);
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  expect(await dmoLab("new", "task", "hopping-lamp")).toMatchObject({
    code: 2,
    stderr: '"hopping-lamp.js" exists already; give the task another name.\n',
  });
});

test.each([
  [["robot"], /^what is new "robot" is unknown\..* Allowed: task\.\n$/],
  [["task", "../up"], /^the task's name is "\.\.\/up"; allowed: letters, .*\n$/],
])("new %j is refused", async (argv, message) => {
  expect(await start("dmo-lab.mjs", ["new", ...argv]).ended).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(message),
  });
});
