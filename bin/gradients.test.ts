import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/temporary.js";
import { runHere, TINY } from "../tests/command-line.js";

test("compares gradients against the horizon at a run's checkpoint, the same again each time", async () => {
  const run = join(temporaryFolder(), "run");
  const train = ["train", "--task", "cartpole", "--epochs", "2", "--out", run, ...TINY];
  expect(await runHere(...train, "--algorithm", "dmo")).toMatchObject({ code: 0 });
  const compare = () => runHere("gradients", run, "--horizons", "1,4", "--repeats", "2");
  const first = await compare();
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/After epoch 2, means of 2/);
  const csv = readFileSync(join(run, "gradients.csv"), "utf8");
  const [header, ...rows] = csv
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  expect(header).toContain("dmo_cosine");
  expect(rows.map(([epochs, horizon, repeat]) => [epochs, horizon, repeat])).toEqual([
    ["2", "1", "0"],
    ["2", "1", "1"],
    ["2", "4", "0"],
    ["2", "4", "1"],
  ]);
  for (const row of rows)
    for (const name of ["dmo_cosine", "imagination_cosine"])
      expect(Math.abs(Number(row[header.indexOf(name)]))).toBeLessThanOrEqual(1);
  await compare();
  expect(readFileSync(join(run, "gradients.csv"), "utf8")).toBe(csv);
});

test("refuses a run without a model, and horizons that are none", async () => {
  const run = join(temporaryFolder(), "run");
  await runHere(
    "train",
    "--task",
    "cartpole",
    "--epochs",
    "1",
    "--out",
    run,
    ...TINY.slice(0, 2),
    "--algorithm",
    "ppo",
  );
  expect(await runHere("gradients", run)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/ppo has no learned model/) as string,
  });
  expect(await runHere("gradients", run, "--horizons", "4,0")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--horizons is "0"/) as string,
  });
});
