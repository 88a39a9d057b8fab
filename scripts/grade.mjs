/**
 * Grades what students handed in: npm run grade -- SUBMISSIONS [--out FOLDER]. SUBMISSIONS holds a folder for each student
 * with notebooks named like the assignments; points and feedback go to FOLDER, without it to course/grades.
 */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCourse } from "./course/run.mjs";

const options = { out: { type: /** @type {const} */ ("string"), default: join("course", "grades") } };
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [submissions] = positionals;

if (positionals.length !== 1) {
  console.error("Name one folder of submissions: npm run grade -- SUBMISSIONS [--out FOLDER]");
  process.exit(2);
}
if (!statSync(submissions, { throwIfNoEntry: false })?.isDirectory()) {
  console.error(`There is no folder "${submissions}".`);
  process.exit(2);
}
await runCourse("grade.py", [resolve(submissions), resolve(values.out)]);
