// What is said of F3 and F4: captions, and the table of where curves end.
import { report, type study } from "../api/index.js";
import { METHODS, type Own, quantityOf } from "./aggregate-panels.js";
import type { FigureLine } from "./chart.js";
import { aggregateEnd, distinct, highest, listed, type Result, runsOf } from "./measure.js";
import { SIX, SMALL, someStandIn } from "./presets.js";
import { provenance } from "./reproduction.js";
import type { Table } from "./table.js";

/** Whether the order of methods at their ends depends on whose highest return counts as 1: all methods', or those of the block. */
function orderText(results: readonly Result[], own: Own, against: study.Against, named: boolean): string {
  const { tasks, methods } = own.block;
  const order = (scale: readonly Result[]): string => {
    const ends = new Map(methods.map((method) => [method, aggregateEnd(results, tasks, method, against, scale)]));
    return listed(methods.toSorted((a, b) => ends.get(b)! - ends.get(a)!));
  };
  const [ofAll, ofBlock] = [order(results), order(runsOf(results, tasks, methods))];
  const says = ofAll === ofBlock ? "the order is the same" : `the order is another, ${ofBlock}`;
  return `The order of the methods at their ends${named ? `, ${own.settings}, ${report.counted(tasks.length, "task")}` : ""}: ${ofAll}. With returns over the highest of these methods alone ${says}.`;
}

/** A sentence each. */
export function captionOf(results: readonly Result[], panels: readonly Own[], against: study.Against): string[] {
  const drawn = panels.filter(({ block }) => block.tasks.length > 0);
  if (drawn.length === 0) return ["No run of DMO on one of the six tasks yet."];
  const divisors = SIX.filter((task) => drawn.some(({ block }) => block.tasks.includes(task))).map((task) => {
    const { value, method, of } = highest(results, task);
    return `${report.title(task)} ${report.number(value)} (${report.title(method)}, of ${report.counted(of, "method")})`;
  });
  return [
    ...drawn.map((own) => quantityText(own, drawn.length > 1)),
    ...(someStandIn(runsOf(results, ["humanoid"], [`dmo+${SMALL}`]))
      ? [`DMO+${SMALL} is DMO-SAPO on Humanoid, with entropy (docs/laptop.md).`]
      : []),
    `Returns (stochastic policy in training, mean of about the last 100 episodes) are divided by the highest that one of our methods reaches on the task, as mean over seeds: ${divisors.join(", ")}. Mean over seeds, then over tasks; a run over its whole budget keeps its last return, and a curve ends with the first partial run; areas: 95 % bootstrap intervals, where there is more than one seed.`, // prettier-ignore
    ...drawn.map((own) => orderText(results, own, against, drawn.length > 1)),
    ...provenance(distinct(drawn.flatMap(({ block }) => runsOf(results, block.tasks, block.methods)))),
  ];
}

/** What a panel shows, and what it lacks. */
function quantityText({ block, methods, settings }: Own, named: boolean): string {
  const left = methods.filter((method) => !block.methods.includes(method));
  return [
    `Ours${named ? `, ${settings}` : ""}: ${quantityOf(block)}${block.tasks.length < SIX.length ? "; this is another quantity than the paper's mean over six tasks, and is not compared with it" : ""}.`, // prettier-ignore
    ...(left.length > 0 ? [`Not in ours, for want of runs on the same tasks: ${listed(left)}.`] : []),
  ].join(" ");
}

/** Where the curves end. A difference is only taken of equal quantities, in the official settings if they have it. */
export function besideOf(panels: readonly Own[], paper: FigureLine[], unit: string): Table {
  const end = (line: FigureLine | undefined): string =>
    line ? `${report.number(line.y.at(-1)!, 2)} at ${report.number(line.x.at(-1)!, 1)} ${unit}` : "no run yet";
  const headOf = ({ block, settings }: Own): string =>
    ["ours", ...(block.tasks.length > 0 ? [quantityOf(block)] : []), ...(panels.length > 1 ? [settings] : [])].join(
      ", ",
    );
  const rows = METHODS.map((method, i) => {
    const theirs = paper.find((line) => line.method === method)!;
    const own = panels.map(({ methods, lines }) => lines.find((line) => line.method === methods[i]));
    const equal = own.find((line, k) => line && panels[k].block.tasks.length === SIX.length);
    const gap = equal ? report.number(equal.y.at(-1)! - theirs.y.at(-1)!, 2) : "-";
    return [report.title(method), end(theirs), ...own.map(end), gap];
  });
  return {
    head: ["method", "the paper, six tasks", ...panels.map(headOf), "gap"],
    rows,
  };
}
