import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import "../../baselines/index.js";
import type { Metrics } from "../algorithms/learner.js";
import { loadAlgorithm } from "../../tools/user/algorithm-file.js";
import { algorithmNames, findAlgorithm } from "./algorithms.js";
import { allColumns, checkMetrics, columnsOf } from "./columns.js";
import { csvHeader, csvRow } from "./metrics.js";

it("columns are those of all learners, each with what it means there", () => {
  const COLUMNS = allColumns();
  for (const name of algorithmNames)
    expect(COLUMNS).toMatchObject(mapValues(findAlgorithm(name).columns!, expect.any(String)));
  expect(COLUMNS.kl).toMatch(/^ppo: KL divergence/);
  expect(COLUMNS.actor_loss).toMatch(
    /^minus the mean .*; ppo: the clipped surrogate.*; sac, maac: minus the soft value/,
  );
});

const mapValues = <V>(record: object, value: V) => Object.fromEntries(Object.keys(record).map((key) => [key, value]));

it.each([
  [{ samples: 32, retrun: 0 }, /"dmo": epoch\(\) returns retrun, which is no column of it. Did you mean "return"\?/],
  [{ samples: 32, kl: 0 }, /returns kl, which is no column of it\. .*columns: \{ kl: "\.\.\." \}/],
  [{ samples: 32, return: "0" }, /returns return "0"; allowed: a number/],
  [{ return: 0 }, /returns samples undefined; allowed: environment steps so far/],
  [Promise.resolve({ samples: 32 }), /is asynchronous/],
])("a row is refused: %j", (row, message) => {
  expect(() => checkMetrics(row as unknown as Metrics, "dmo")).toThrow(message);
});

it("an algorithm of a file has the columns of all, and those that it declares", async () => {
  const file = join(temporaryFolder(), "mine.mjs");
  const content = (columns: string) =>
    `export default { summary: "", preset: () => 0, create: () => 0, columns: ${columns} }`;
  writeFileSync(file, content(`{ spread: "of returns" }`));
  await loadAlgorithm(file);
  const row = { samples: 32, return: NaN, kl: 1, spread: 2 };
  expect(checkMetrics(row, file)).toBe(row);
  const columns = columnsOf(file);
  expect(csvHeader(columns)).toBe(`${csvHeader().trim()},spread\n`);
  expect(csvRow(row, columns)).toMatch(/^,32,,.*,2\n$/);
  for (const [wrong, message] of [
    [`{ "a,b": "" }`, /columns\.a,b is ""; allowed: a text/],
    [`{ "a,b": "two" }`, /column "a,b" has a name/],
    [`{ spread: 1 }`, /columns\.spread is 1; allowed: a text/],
  ] as const) {
    const other = join(temporaryFolder(), "other.mjs");
    writeFileSync(other, content(wrong));
    await expect(loadAlgorithm(other)).rejects.toThrow(message);
  }
});
