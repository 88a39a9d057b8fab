/** Writes the assignments as students get them: npm run course [-- --out FOLDER], without FOLDER to course/release. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCourse } from "./course/run.mjs";

const { values } = parseArgs({ options: { out: { type: "string", default: join("course", "release") } } });
await runCourse("release.py", [resolve(values.out)]);
