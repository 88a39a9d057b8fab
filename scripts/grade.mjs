/**
 * Grades what students handed in: npm run grade -- SUBMISSIONS [--out FOLDER] [--seconds N]. SUBMISSIONS holds a folder for
 * each student with notebooks named like the assignments; points and feedback go to FOLDER, without it to course/grades. A
 * cell may take N seconds, 60 if not said.
 */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCourse } from "./course/run.mjs";

const text = /** @type {const} */ ("string");
const options = { out: { type: text, default: join("course", "grades") }, seconds: { type: text, default: "60" } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [submissions] = positionals;

const problem =
  positionals.length !== 1
    ? "Name one folder of submissions: npm run grade -- SUBMISSIONS [--out FOLDER] [--seconds N]"
    : !statSync(submissions, { throwIfNoEntry: false })?.isDirectory()
      ? `There is no folder "${submissions}".`
      : !/^[1-9]\d*$/.test(values.seconds)
        ? `--seconds is "${values.seconds}": it should be a whole number, 1 or more.`
        : undefined;
if (problem) {
  console.error(problem);
  process.exitCode = 2;
} else {
  await runCourse("grade.py", [resolve(submissions), resolve(values.out), values.seconds]);
}
