// What a comparison finds in a folder: results, and curves of other software, which have no record beside them.
import type { ComparedRun } from "./compare-groups.js";
import { isEventFile } from "../export/event-file.js";
import { readForeign } from "./foreign.js";
import { filesBelow, readResult, RESULT } from "./results.js";

/** All runs below a folder. @throws InputError that names the file, and what is wrong with it */
export function readCurves(directory: string): ComparedRun[] {
  const files = filesBelow(directory);
  const results = files.filter((name) => RESULT.test(name));
  const recorded = results.filter((name) => name.endsWith(".json")).map((name) => name.replace(/json$/, "csv"));
  const alone = results.filter((name) => name.endsWith(".csv") && !recorded.includes(name));
  return [
    ...recorded.map((name) => readResult(name.replace(/\.csv$/, ""))),
    ...[...alone, ...files.filter(isEventFile)].map(readForeign),
  ];
}
