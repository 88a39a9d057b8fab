// A run knows what it was trained on: a task file that was edited since is refused or said.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, start, TINY } from "../tests/command-line.js";

const TASK = `
import { tasks, tensor } from "dmo-lab";
const { tf } = tensor;
const cartpole = tasks.findTask("cartpole");
export default tasks.defineTask({
  ...cartpole, name: "own",
  rewardTerms: { upright: { weight: -1, term: (obs) => tf.square(tasks.column(obs, 0)) } },
});
`;

const folder = mkdtempSync(join(tmpdir(), "dmo-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [file, run] = [join(folder, "own.js"), join(folder, "runs", "run")];
const edit = (from: string, to: string): void => writeFileSync(file, TASK.replace(from, to));
const dmoLab = (...argv: string[]) => start("dmo-lab.mjs", argv, {}, folder).ended;
const train = (...more: string[]) =>
  dmoLab("train", "--task", "own.js", "--algorithm", "shac", ...TINY.filter((_, i) => !/dynamics/.test(TINY[i | 1])), ...more, "--quiet"); // prettier-ignore

beforeAll(async () => {
  writeFileSync(file, TASK);
  build();
  const { code, stderr } = await train("--epochs", "2", "--seed", "1", "--out", run);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("an edited reward is refused by --resume, and said by evaluate, export and compare", async () => {
  edit("weight: -1", "weight: -1000");
  const again = (epochs: string) => train("--epochs", epochs, "--seed", "1", "--out", run, "--resume");
  for (const epochs of ["2", "3"])
    expect(await again(epochs)).toMatchObject({ code: 2, stderr: expect.stringMatching(/holds another run: the reward's term "upright" of its task was another\..*\n$/) }); // prettier-ignore
  const note = expect.stringMatching(/^Note: ".*run" was trained on another task: the reward's term "upright" has changed since\.\n$/) as string; // prettier-ignore
  expect(await dmoLab("evaluate", run)).toMatchObject({ code: 0, stderr: note });
  expect(await dmoLab("export", run)).toMatchObject({ code: 0, stderr: note });
  const other = join(folder, "runs", "other");
  expect((await train("--epochs", "2", "--seed", "2", "--out", other)).code).toBe(0);
  expect((await dmoLab("compare", run, other, "--metric", "actor_loss", "--json")).stdout).toMatch(
    /own shac\S* seed 2 was trained on another task than own shac\S* seed 1: the reward's term \\"upright\\" differs\./,
  );
  const results = join(folder, "results");
  expect((await dmoLab("collect", run, other, "--variant", "tiny", "--into", results)).code).toBe(0);
  expect((await dmoLab("compare", results, "--metric", "actor_loss", "--json")).stdout).toContain(
    "own shac+tiny seed 2 was trained on another",
  );
});

test("a table that does not fit the policy is one line", async () => {
  edit('name: "own",', 'name: "own", observation: [{ name: "q", size: 2, unit: "1" }], observe: ({ q }) => [...q],');
  for (const command of ["evaluate", "export", "report"]) {
    const { code, stderr } = await dmoLab(command, run);
    expect(code).toBe(2);
    expect(stderr).toContain('the policy takes 5 observations to 1 actions; the task "own" has 2 and 1.\n');
    expect(stderr).not.toMatch(/^ +at /m);
  }
});

test("a run of an older version, which does not know it, goes on", async () => {
  writeFileSync(file, TASK);
  rmSync(join(run, "task.json"));
  expect(await train("--epochs", "3", "--seed", "1", "--out", run, "--resume")).toMatchObject({ code: 0, stderr: "" });
});

test("a program that came with a run does not run unless the user trusts it", async () => {
  const evil = join(folder, "runs", "evil.js");
  writeFileSync(evil, `${TASK}\nimport { writeFileSync } from "node:fs"; writeFileSync("ran", "");`);
  const config = join(run, "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace('"own.js"', '"runs/evil.js"'));
  for (const command of ["evaluate", "report", "gradients", "compare", "export", "collect"]) {
    const { code, stderr } = await dmoLab(command, run);
    expect({ code, ran: existsSync(join(folder, "ran")) }, command).toEqual({ code: 2, ran: false });
    expect(stderr).toMatch(/needs the program "runs\/evil.js", which lies with it\. If you .* --trust runs it\.\n$/);
  }
  expect((await dmoLab("evaluate", run, "--trust")).stderr).not.toContain("lies with it");
  expect(existsSync(join(folder, "ran"))).toBe(true);
});
