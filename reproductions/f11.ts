// F11: what rliable tells of few runs over several tasks (Agarwal et al. 2021, arXiv 2108.13264). The paper has no such figure.
import { report, study } from "../api/index.js";
import type { FigureChart, FigureLine } from "./chart.js";
import { SHOWN, SHOWN_NEEDS } from "./f5.js";
import { listed, million, type Result, runsOf } from "./measure.js";
import { SIX } from "./presets.js";
import { provenance, type Drawn, type Reproduction } from "./reproduction.js";
import type { Table } from "./table.js";

export const f11: Reproduction = {
  id: "f11",
  title: "Aggregates over tasks and seeds",
  paper:
    "Not in the paper, whose aggregates are means. Interquartile mean, probability of improvement over DMO and performance profiles with stratified bootstrap intervals, as the package rliable computes them.",
  needs: SHOWN_NEEDS,
  causes: [
    "Intervals tell what other seeds would do on these tasks, not what other tasks would; a method with one seed on a task has none.",
  ],
  draw: (results) => drawAggregates(runsOf(results, SIX, SHOWN)),
};

/** Where methods are compared: each at its own end, or after as many samples as the shortest run has. */
type Moment = { heading: string; comparison?: study.Comparison };

function drawAggregates(runs: readonly Result[]): Drawn {
  const moments = momentsOf(runs);
  const drawn = moments.map(({ heading, comparison }, row) => panelsOf(heading, row, comparison?.aggregates));
  const chart: FigureChart = {
    panels: drawn.flatMap(({ panels }) => panels),
    lines: drawn.flatMap(({ lines }) => lines),
  };
  const used = moments[0].comparison?.aggregates;
  if (!used) return { drawing: chart, caption: ["No run of DMO on one of the six tasks yet."] };
  const methods = used.methods.map(({ method }) => method);
  const caption = [
    `Over ${listed(used.tasks)}${used.tasks.length < SIX.length ? ` alone, the largest set of tasks on which ${listed(methods)} all have runs` : ""}. Returns (mean of the last 5 %) are divided by the highest that one of the methods reaches on the task; areas and bars: 95 % intervals of the stratified bootstrap, where a method has more than one seed on every task.`,
    ...provenance(runsOf(runs, used.tasks, methods)),
  ];
  return { drawing: chart, caption, beside: tableOf(moments) };
}

function momentsOf(runs: readonly Result[]): Moment[] {
  const returning = runs.filter(({ rows }) => rows.some((row) => row.return !== undefined));
  if (!returning.some(({ algorithm }) => algorithm === "dmo"))
    return [{ heading: "at the end" }, { heading: "after equal samples" }];
  const whole = study.compare(returning, { baseline: "dmo" });
  const { tasks = [], methods = [] } = whole.aggregates ?? {};
  const within = runsOf(returning, tasks, methods.map(({ method }) => method)); // prettier-ignore
  const shortest = Math.min(...within.map(({ rows }) => rows.at(-1)!.samples!));
  const equal = within.length > 0 ? study.compare(within, { baseline: "dmo", at: shortest }) : undefined;
  return [
    { heading: "at the end", comparison: whole },
    { heading: `after ${million(shortest)} samples`, comparison: equal },
  ];
}

/** The three panels of a moment, the row-th in the figure. */
function panelsOf(heading: string, row: number, aggregates?: study.Aggregates): FigureChart {
  const methods = aggregates?.methods ?? [];
  const first = 3 * row;
  const names = methods.map(({ method }) => report.title(method));
  const estimates = { empty: "no run yet", estimates: true as const };
  const line = (method: string, panel: number) => ({ panel, method, from: "ours" as const });
  const point = (k: number, at: number, method: string, estimate?: study.Estimate): FigureLine[] =>
    estimate ? [{ ...line(method, first + k), x: [estimate.value], y: [at], ...boundsOf(estimate) }] : [];
  return {
    panels: [
      { x: "normalised return", heading: `IQM ${heading}`, yaxis: report.axisOfNames(names, 0, 3), ...estimates },
      { x: "probability", heading: "better than DMO", yaxis: report.axisOfNames(names, 1, 3), xaxis: { range: [0, 1.03] }, rule: 0.5, ...estimates }, // prettier-ignore
      {
        x: "normalised return r",
        heading: "fraction of runs above r",
        yaxis: { range: [0, 1.02] },
        empty: "no run yet",
      },
    ],
    lines: methods.flatMap(({ method, iqm, improvement, profile }, at) => [
      ...point(0, at, method, iqm),
      ...point(1, at, method, improvement),
      { ...line(method, first + 2), ...profile },
    ]),
  };
}

const boundsOf = ({ interval }: study.Estimate): Pick<FigureLine, "low" | "high"> =>
  interval ? { low: [interval[0]], high: [interval[1]] } : {};

function tableOf(moments: readonly Moment[]): Table {
  const shown = (estimate?: study.Estimate): string => {
    if (!estimate) return "-";
    const { value, interval } = estimate;
    const bounds = interval ? ` [${interval.map((bound) => report.number(bound, 2)).join(", ")}]` : "";
    return report.number(value, 2) + bounds;
  };
  return {
    head: ["", "method", "IQM", "mean", "better than DMO"],
    rows: moments.flatMap(
      ({ heading, comparison }) =>
      (comparison?.aggregates?.methods ?? []).map(({ method, iqm, mean, improvement }) => [heading, report.title(method), shown(iqm), shown(mean), shown(improvement)]), // prettier-ignore
    ),
  };
}
