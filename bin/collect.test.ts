import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { csvHeader, csvRow } from "../lib/training/metrics.js";
import { readResults } from "../tools/study/results.js";
import { machine } from "../tests/machine.js";
import { runHere } from "../tests/command-line.js";
import { temporaryFolder } from "../tests/temporary.js";

const files = (epochs: number, ...settings: string[]) => ({
  "config.json": JSON.stringify(resolveConfig("cartpole", "dmo", 1, settings)),
  "machine.json": JSON.stringify(machine),
  "metrics.csv":
    csvHeader() + Array.from({ length: epochs }, (_, epoch) => csvRow({ epoch, samples: epoch + 1 })).join(""),
});
const below = (folder: string, content: object): [string, string][] =>
  Object.entries(content).map(([name, text]) => [join(folder, name), text as string]);

test("all runs below a folder are kept, and those that can't be are named", async () => {
  const runs = temporaryFolder(
    Object.fromEntries([
      ...below("a", files(3)),
      ...below(join("study", "runs", "b"), files(2, "engine=mujoco")),
      ...below("other", files(2, "horizon=8")),
      ...below("begun", files(0)),
    ]),
  );
  const into = temporaryFolder();
  const { code, stdout, stderr } = await runHere("collect", runs, "--into", into);
  expect(readResults(into).map(({ variant, epochs }) => [variant, epochs])).toEqual([["", 3], ["mujoco", 2]]); // prettier-ignore
  expect(code).toBe(2);
  expect(stdout.trim().split("\n")).toHaveLength(2);
  expect(stderr).toMatch(
    /begun: .* has no epoch yet: there is nothing to keep\.\n.*other: .* horizon is 48 there and 8 here/,
  );
  const again = await runHere("collect", join(runs, "a"), join(runs, "study"), "--into", into);
  expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: "" });
  const none = await runHere("collect", join(into, "none"), "--into", into);
  expect(none.stderr).toBe(`"${join(into, "none")}" holds no run: there is no config.json in it.\n`);
});
