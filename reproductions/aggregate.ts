// F3 and F4: the paper's aggregate curves beside ours, against samples or minutes.
import { packageFile, report, study } from "../api/index.js";
import { type FigureChart, type FigureLine, minutesAxis, samplesAxis } from "./chart.js";
import {
  aggregateCurve,
  aggregateEnd,
  highest,
  listed,
  methodName,
  partialText,
  type Result,
  runsOf,
} from "./measure.js";
import { SIX } from "./presets.js";
import { provenance, type Drawn, type Reproduction } from "./reproduction.js";
import { readTable, type Table } from "./table.js";

/** The paper's methods, in the order of its legend. */
export const METHODS = ["dmo", "maac", "ppo", "sac"];

const figure = (id: string, against: study.Against, about: Pick<Reproduction, "title" | "paper" | "causes">) => ({
  ...{ id, ...about, needs: [{ tasks: SIX, algorithms: METHODS }] },
  draw: (results: readonly Result[]) => drawAggregate(results, against),
});

export const f3: Reproduction = figure("f3", "samples", {
  title: "Sample efficiency",
  paper:
    "Mean over six tasks of the normalised return against samples: DMO reaches the highest, with the fewest samples (curves read off the paper's figure: +-0.01 in return, +-0.2 M samples).",
  causes: [
    "Returns are divided by the highest that any method reaches, so each curve depends on which methods have runs: the fewer there are, the higher the others.",
    "The paper's MAAC is another method than ours: one model and a V critic, 16 imagined steps from replayed observations. It is here as MAAC-V, and has no run on these tasks yet (docs/algorithms/maac.md).",
  ],
});

export const f4: Reproduction = figure("f4", "wall", {
  title: "Wall clock",
  paper:
    "The same means against minutes on one GPU (read off the paper's figure: +-0.01 in return, +-1 min): DMO ends highest, and before PPO ends.",
  causes: [
    "The paper's clock is a GPU's, with its own simulator; ours is that of a few processor cores, some of which did other work at the same time (data/results/README.md). Minutes compare methods on one machine, and not machines.",
  ],
});

const AXES = {
  samples: { axis: samplesAxis, file: "paper_sample_efficiency.csv", column: "samples_millions", unit: "M samples" },
  wall: { axis: minutesAxis, file: "paper_wall_clock.csv", column: "minutes", unit: "min" },
} as const;

/** The largest set of tasks and methods, DMO among them, without a gap: all its methods have runs on all its tasks. */
export function blockOf(results: readonly Result[]): study.Block {
  const pairs = METHODS.flatMap((method) => runsOf(results, SIX, [method]).map(({ task }) => ({ task, method })));
  return study.largestBlock(pairs, "dmo") ?? { tasks: [], methods: [] };
}

/** What the mean of a block is called: only that over all six tasks is the paper's quantity. */
export const quantityOf = ({ tasks }: study.Block): string =>
  tasks.length === SIX.length
    ? "mean normalised return, six tasks"
    : tasks.length === 1
      ? `normalised return, ${report.title(tasks[0])} only`
      : `mean over ${listed(tasks)} only`;

function drawAggregate(all: readonly Result[], against: study.Against): Drawn {
  const results = study.usableAgainst(against, all);
  const block = blockOf(results);
  const { axis } = AXES[against];
  const usable = results.filter(({ variant }) => variant === "");
  const ours = block.tasks.length > 0 ? block.methods.map((method) => ourLine(usable, block, method, against)) : [];
  const paper = paperLines(against);
  const yaxis = { range: [-0.1, 1.05] };
  const heading = block.tasks.length > 0 ? `ours: ${quantityOf(block)}` : "ours";
  const chart: FigureChart = {
    panels: [
      { ...axis, heading: "the paper: mean, six tasks", yaxis, empty: "" },
      { ...axis, heading, yaxis, empty: "no run yet" },
    ],
    lines: [...paper, ...ours],
  };
  return {
    drawing: chart,
    caption: captionOf(usable, block, against),
    beside: besideOf(block, paper, ours, AXES[against].unit),
  };
}

function paperLines(against: study.Against): FigureLine[] {
  const { file, column } = AXES[against];
  const rows = readTable(packageFile(`data/reference/${file}`));
  return METHODS.map((method) => {
    const own = rows.filter(({ algorithm, [column]: x }) => algorithm.toLowerCase() === method && Number(x) > 0);
    return {
      panel: 0,
      method,
      from: "paper",
      x: own.map((row) => Number(row[column])),
      y: own.map((row) => Number(row["mean_normalized_return"])),
    };
  });
}

function ourLine(
  results: readonly Result[],
  { tasks }: study.Block,
  method: string,
  against: study.Against,
): FigureLine {
  const partial = partialText(runsOf(results, tasks, [method]));
  return { panel: 1, method, from: "ours", ...aggregateCurve(results, tasks, method, against), partial };
}

/** Whether the order of methods at their ends depends on whose highest return counts as 1: all methods', or those of the block. */
function orderText(results: readonly Result[], { tasks, methods }: study.Block, against: study.Against): string {
  const order = (scale: readonly Result[]): string => {
    const ends = new Map(methods.map((method) => [method, aggregateEnd(results, tasks, method, against, scale)]));
    return listed(methods.toSorted((a, b) => ends.get(b)! - ends.get(a)!));
  };
  const [ofAll, ofBlock] = [order(results), order(runsOf(results, tasks, methods))];
  const says = ofAll === ofBlock ? "the order is the same" : `the order is another, ${ofBlock}`;
  return `The order of the methods at their ends: ${ofAll}. With returns over the highest of these methods alone ${says}.`;
}

function captionOf(results: readonly Result[], block: study.Block, against: study.Against): string[] {
  if (block.tasks.length === 0) return ["No run of DMO on one of the six tasks yet."];
  const divisors = block.tasks.map((task) => {
    const { value, method } = highest(results, task);
    const methods = new Set(results.filter((result) => result.task === task).map(methodName)).size;
    return `${report.title(task)} ${report.number(value)} (${report.title(method)}, of ${report.counted(methods, "method")})`;
  });
  const left = METHODS.filter((method) => !block.methods.includes(method));
  return [
    `Ours: ${quantityOf(block)}${block.tasks.length < SIX.length ? "; this is another quantity than the paper's mean over six tasks, and is not compared with it" : ""}.`, // prettier-ignore
    `Returns (stochastic policy in training, mean of about the last 100 episodes) are divided by the highest that one of our methods reaches on the task, as mean over seeds: ${divisors.join(", ")}. Mean over seeds, then over tasks; areas: 95 % bootstrap intervals, where there is more than one seed.`, // prettier-ignore
    orderText(results, block, against),
    ...(left.length > 0 ? [`Not in ours, for want of runs on the same tasks: ${listed(left)}.`] : []),
    ...provenance(runsOf(results, block.tasks, block.methods)),
  ];
}

/** Where the curves end. A difference is only taken of equal quantities. */
function besideOf(block: study.Block, paper: FigureLine[], ours: FigureLine[], unit: string): Table {
  const end = (line: FigureLine | undefined): string =>
    line ? `${report.number(line.y.at(-1)!, 2)} at ${report.number(line.x.at(-1)!, 1)} ${unit}` : "no run yet";
  const comparable = block.tasks.length === SIX.length;
  return {
    head: ["method", "the paper, six tasks", `ours${ours.length > 0 ? `, ${quantityOf(block)}` : ""}`, "gap"],
    rows: METHODS.map((method) => {
      const [theirs, own] = [paper, ours].map((lines) => lines.find((line) => line.method === method));
      const gap = own && comparable ? report.number(own.y.at(-1)! - theirs!.y.at(-1)!, 2) : "-";
      return [report.title(method), end(theirs), end(own), gap];
    }),
  };
}
