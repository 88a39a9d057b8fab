import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../setup/process.mjs";
import { handIn, readNotebook, solutions } from "../../tests/submissions.js";

// nbgrader for real, on one assignment; grade.slow.test.ts does the others. Where its packages can't be had, a user's
// machine skips the tests.

const program = (name: string, ...args: string[]) => run(process.execPath, [join("scripts", name), ...args]);

let folder = "";
let missing = "";
const release = (): string => join(folder, "release");
beforeAll(async () => {
  mkdirSync(".cache", { recursive: true });
  folder = mkdtempSync(join(".cache", "course-test-"));
  const { code, stdout, stderr } = await program("course.mjs", "--out", release());
  if (code !== 0 && (process.env.CI || existsSync(join(".venv", "coursework", "requirements.txt"))))
    throw new Error(stdout + stderr);
  if (code !== 0) missing = stderr;
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the student version", () => {
  test("has neither solutions nor hidden checks, and all the rest", ({ skip }) => {
    skip(missing !== "", missing);
    const { cells } = readNotebook(join(release(), "swap.ipynb"));
    const sources = cells.map(({ source }) => source).join("\n");
    expect(sources).not.toMatch(/SOLUTION|HIDDEN|customGrad\(\(/);
    expect(sources.match(/YOUR CODE HERE\n +throw new Error/g)).toHaveLength(2);
    expect(cells.filter(({ metadata }) => metadata.nbgrader?.solution)).toHaveLength(3);
    expect(cells.at(-1)!.source).toBe("YOUR ANSWER HERE");
    expect(sources).toContain("your swap passes the gradient to the simulator's value as well");
  });

  test("is what lies in the notebooks' folder, with nothing else that JupyterLab would show", ({ skip }) => {
    skip(missing !== "", missing);
    const names = ["go2-reward", "model-loss", "reward", "swap", "td-lambda"];
    const files = names.map((name) => `${name}.ipynb`);
    expect(readdirSync(join("notebooks", "exercises")).filter((file) => !file.startsWith("."))).toEqual(files);
    for (const name of names)
      expect(readNotebook(join(release(), `${name}.ipynb`))).toEqual(
        readNotebook(join("notebooks", "exercises", `${name}.ipynb`)),
      );
  });
});

describe("grading", () => {
  test("gives points for what holds, and says what is wrong with the rest", { timeout: 300_000 }, async ({ skip }) => {
    skip(missing !== "", missing);
    const swap = solutions("swap").get("swap")!.replace("tf.zerosLike(dy)", "dy.clone()");
    const submissions = join(folder, "submissions");
    handIn(submissions, "Ada", release(), "swap", (id, stub) => (id === "swap" ? swap : stub));
    // Some cells are missing, and a check is not what it was.
    const file = join(submissions, "Ada", "swap.ipynb");
    const notebook = readNotebook(file);
    const named = (name: string) => notebook.cells.findIndex(({ metadata }) => metadata.nbgrader?.grade_id === name);
    for (const name of ["given-2", "swap-value"]) notebook.cells.splice(named(name), 1);
    notebook.cells[named("rollout-value")].source = "";
    notebook.cells[named("in-words")].source = "The states are true, so errors do not add up.";
    writeFileSync(file, JSON.stringify(notebook));
    mkdirSync(join(submissions, "Zoe"));
    writeFileSync(join(submissions, "Zoe", "swap.ipynb"), "no notebook");
    const grades = join(folder, "grades");
    const { code, stdout, stderr } = await program("grade.mjs", submissions, "--out", grades);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^student +swap +points +of\nAda +3 +3 +10\nZoe +0 +0 +10$/m);
    expect(stdout).toContain("Answers that nobody has given points yet: 1.");
    expect(stderr).toMatch(/^Zoe, swap: is no notebook/m);
    expect(readFileSync(join(grades, "points.csv"), "utf8")).toBe(
      "student,swap,points,of\r\nAda,3,3,10\r\nZoe,0,0,10\r\n",
    );
    const checks = readFileSync(join(grades, "checks.csv"), "utf8");
    expect(checks).toContain("Ada,swap,swap-gradient-model,2,2,\r\n");
    expect(checks).toMatch(
      /Ada,swap,swap-gradient-simulator,0,2,.*passes the gradient to the simulator.*\(cell 6, line 3\)/,
    );
    expect(checks).toContain("Ada,swap,in-words,0,2,to be read by a person (answers.csv)\r\n");
    expect(checks).toMatch(/Ada,swap,rollout-value,0,1,.*This part is not written yet/);
    const feedback = readFileSync(join(grades, "feedback", "Ada", "swap.html"), "utf8");
    expect([...feedback.matchAll(/<li>.*\(Score: ([\d.]+) \/ [12]/g)].map(([, score]) => Number(score))).toEqual([
      1, 2, 0, 0, 0, 0,
    ]);
    expect(feedback.includes("</span>: your swap passes the gradient to the simulator's value as well")).toBe(true);
  });

  test("counts the points that a person wrote for an answer", { timeout: 300_000 }, async ({ skip }) => {
    skip(missing !== "", missing);
    const [submissions, grades] = [join(folder, "submissions"), join(folder, "grades")];
    const answers = join(grades, "answers.csv");
    const given = "Ada,swap,in-words,1.5,2,";
    const before = readFileSync(answers, "utf8");
    expect(before).toContain("Ada,swap,in-words,,2,");
    writeFileSync(answers, before.replace("Ada,swap,in-words,,2,", "Ada,swap,in-words,three,2,"));
    const refused = await program("grade.mjs", submissions, "--out", grades);
    expect(refused.stderr).toBe('answers.csv: Ada has "three" points for in-words: a number from 0 to 2.\n');
    expect(refused.code).toBe(1);
    writeFileSync(answers, before.replace("Ada,swap,in-words,,2,", given));
    const { stdout } = await program("grade.mjs", submissions, "--out", grades);
    expect(stdout).toMatch(/^Ada +4\.5 +4\.5 +10$/m);
    expect(stdout).not.toContain("nobody has given points");
    expect(readFileSync(answers, "utf8")).toContain(given);
  });

  test.each([
    [[], /^Name one folder of submissions/],
    [["nowhere"], /^There is no folder "nowhere"/],
  ])("says in one line what is wrong: %j", async (args, message) => {
    const { code, stderr } = await program("grade.mjs", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
