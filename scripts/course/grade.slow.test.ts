import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../setup/process.mjs";
import { handIn, solutions } from "../../tests/submissions.js";

// Every assignment handed in by three students: one who can do all, one who hands in what he was given, and one who makes
// the mistake that many make. A fourth one has written something that never ends.

type Mistake = { of: string; to: string; check: string; says: string; points: number };
const MISTAKES: { [assignment: string]: Mistake } = {
  "go2-reward": {
    of: ".mul(100)",
    to: "",
    check: "swing-value",
    says: "your swing term does not see a force of 40 N",
    points: 5,
  },
  "model-loss": {
    of: "logVariance.neg().exp()",
    to: "logVariance.exp()",
    check: "loss-variance",
    says: "your loss multiplies the error by the variance",
    points: 5,
  },
  reward: {
    of: ".sum(1)",
    to: ".mean(1)",
    check: "smooth-value",
    says: "your smoothness is a mean over the components",
    points: 8,
  },
  swap: {
    of: "tf.zerosLike(dy)",
    to: "dy.clone()",
    check: "swap-gradient-simulator",
    says: "your swap passes the gradient to the simulator's value as well",
    points: 6,
  },
  "td-lambda": {
    of: " || truncated[t]",
    to: "",
    check: "cut-by-time",
    says: "your targets go on behind the cut",
    points: 6,
  },
};
const names = Object.keys(MISTAKES);

let folder = "";
let output = "";
const read = (...path: string[]): string => readFileSync(join(folder, "grades", ...path), "utf8");

beforeAll(async () => {
  mkdirSync(".cache", { recursive: true });
  folder = mkdtempSync(join(".cache", "course-test-"));
  const [release, submissions] = [join(folder, "release"), join(folder, "submissions")];
  await run(process.execPath, ["scripts/course.mjs", "--out", release]);
  for (const [name, { of, to }] of Object.entries(MISTAKES)) {
    const right = solutions(name);
    handIn(submissions, "perfect", release, name, (id) => right.get(id)!);
    handIn(submissions, "empty", release, name, (_, stub) => stub);
    handIn(submissions, "wrong", release, name, (id) => right.get(id)!.replace(of, to));
  }
  const task = solutions("reward").get("task")!.replace("// BEGIN SOLUTION", "while (true);");
  handIn(submissions, "endless", release, "reward", (id) => (id === "task" ? task : solutions("reward").get(id)!));
  const { stdout, stderr } = await run(process.execPath, [
    ...["scripts/grade.mjs", submissions, "--out", join(folder, "grades"), "--seconds", "30"],
  ]);
  output = stdout + stderr;
}, 1_200_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the table has a row for each student", () => {
  const points = names.map((name) => MISTAKES[name].points);
  const sum = points.reduce((a, b) => a + b);
  // What is answered in words, 2 points of swap, stays empty in all of them.
  expect(read("points.csv").trim().split("\r\n"), output).toEqual([
    `student,${names.join()},points,of`,
    "empty,0,0,0,0,0,0,50",
    "endless,-,-,6,-,-,6,50", // handed in one
    "perfect,10,10,10,8,10,48,50",
    `wrong,${points.join()},${sum},50`,
  ]);
});

test.each(Object.entries(MISTAKES))(
  "what is wrong with %s is said, in the table and in the feedback",
  (name, mistake) => {
    const row = read("checks.csv")
      .split("\r\n")
      .find((line) => line.startsWith(`wrong,${name},${mistake.check},`));
    expect(row).toContain(mistake.says);
    expect(read("feedback", "wrong", `${name}.html`).includes(`</span>: ${mistake.says}`)).toBe(true);
  },
);

test("what never ends is stopped, and the rest is graded", () => {
  expect(read("checks.csv")).toMatch(/^endless,reward,task-terms,0,1,Timeout: the cell took longer than 30 s/m);
});
