// A comparison as tables: for people (the terminal, the page) and as CSV.
import { number } from "../report/format.js";
import type { Aggregates, Comparison, Estimate } from "./compare.js";
import { scoresOf } from "./compare-aggregate.js";

/** Texts in a row of heads and rows of cells. */
export type Table = {
  /** One text for each column. */
  head: string[];
  /** `[row][column]`. */
  rows: string[][];
};

/** As many digits as tell numbers of that size apart. */
const shown = (value: number): string => number(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3);

const seedList = (seeds: readonly number[]): string => `${seeds.length} (${seeds.join(", ")})`;

const range = ({ interval }: Estimate, write: (value: number) => string): string =>
  interval ? interval.map(write).join(" to ") : "-";

/**
 * A row for each task and method: seeds, samples, final value and its interval.
 * @param comparison whose groups are told
 */
export const groupTable = ({ groups, metric }: Comparison): Table => ({
  head: ["task", "method", "seeds", "samples", metric === "score" ? metric : `final ${metric}`, "95 % interval"],
  rows: groups.map(({ task, method, seeds, samples, final }) => [
    task,
    method,
    seedList(seeds),
    number(samples),
    shown(final.value),
    range(final, shown),
  ]),
});

/** What the final value of {@link groupTable} is. */
export const finalMeaning = ({ metric }: Comparison): string =>
  (metric === "score"
    ? "Score: return of the deterministic policy at the end of the run, mean over its episodes, mean over seeds; "
    : `Final value: ${metric} of metrics.csv, mean over the rows of the last 5 % of the samples, mean over seeds; `) +
  `interval: percentile bootstrap of that mean over seeds.`;

/**
 * A row for each method; an interval follows its value. Undefined where there are no aggregates.
 * @param comparison whose aggregates are told
 */
export function aggregateTable({ aggregates }: Comparison): Table | undefined {
  if (!aggregates) return undefined;
  const shown = scoresOf(aggregates).filter(({ of }) => aggregates.methods.some((method) => of(method)));
  const cell = (estimate: Estimate | undefined): string => {
    if (!estimate) return "-";
    const interval = estimate.interval ? ` (${range(estimate, (x) => number(x, 2))})` : "";
    return number(estimate.value, 3) + interval;
  };
  return {
    head: ["method", ...shown.map(({ title }) => title)],
    rows: aggregates.methods.map((method) => [method.method, ...shown.map(({ of }) => cell(of(method)))]),
  };
}

/** What the numbers of {@link aggregateTable} are. */
export function aggregateMeaning({ tasks, lowest, highest, methods }: Aggregates): string {
  const intervals = methods.some(({ iqm }) => iqm.interval) ? "; in brackets 95 % intervals, stratified bootstrap" : "";
  const ends = tasks.map(
    (task, k) => `${task} ${lowest[k] === 0 ? "" : `${shown(lowest[k])} to `}${shown(highest[k])}`,
  );
  return `Over ${tasks.join(", ")}: final returns, 1 being the highest that a method reaches on the task, mean over seeds, and 0 no return, or the lowest of a cost (${ends.join(", ")})${intervals}.`; // prettier-ignore
}

const csv = (rows: readonly (readonly (string | number | undefined)[])[]): string =>
  rows.map((row) => row.map(field).join(",") + "\n").join("");

/** A name with a comma, such as that of a variant, stands in quotes. */
const field = (value: string | number | undefined): string =>
  String(value ?? "").includes(",") ? `"${value}"` : String(value ?? "");

/** `task,method,seeds,samples,final,low,high`; seeds are separated by spaces, an interval that is not there is empty. */
export const groupCsv = ({ groups }: Comparison): string =>
  csv([
    ["task", "method", "seeds", "samples", "final", "low", "high"],
    ...groups.map(({ task, method, seeds, samples, final: { value, interval } }) => [
      task,
      method,
      seeds.join(" "),
      samples,
      value,
      ...(interval ?? ["", ""]),
    ]),
  ]);

/** `method,iqm,iqm_low,iqm_high,median,...` */
export function aggregateCsv({ aggregates }: Comparison): string | undefined {
  if (!aggregates) return undefined;
  const shown = scoresOf(aggregates);
  return csv([
    ["method", ...shown.flatMap(({ name }) => [name, `${name}_low`, `${name}_high`])],
    ...aggregates.methods.map((method) => [
      method.method,
      ...shown.flatMap(({ of }) => [of(method)?.value, ...(of(method)?.interval ?? ["", ""])]),
    ]),
  ]);
}
