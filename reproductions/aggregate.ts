// F3 and F4: the paper's aggregate curves beside ours, against samples or minutes.
import { packageFile, report, study } from "../api/index.js";
import { type FigureChart, type FigureLine, minutesAxis, samplesAxis } from "./chart.js";
import {
  aggregateCurve,
  aggregateEnd,
  distinct,
  highest,
  listed,
  partialText,
  type Result,
  runsOf,
} from "./measure.js";
import { LAPTOP_NEEDS, SIX } from "./presets.js";
import { provenance, type Drawn, type Reproduction } from "./reproduction.js";
import { readTable, type Table } from "./table.js";

/** The paper's methods, in the order of its legend. */
export const METHODS = ["dmo", "maac", "ppo", "sac"];
/** The same in the preset `laptop`, where MAAC is of the authors' kind; PPO and SAC have one set of settings. */
export const LAPTOP_METHODS = ["dmo+laptop", "maac-v+laptop", "ppo", "sac"];

const figure = (id: string, against: study.Against, about: Pick<Reproduction, "title" | "paper" | "causes">) => ({
  ...{ id, ...about, needs: [{ tasks: SIX, algorithms: METHODS }, ...LAPTOP_NEEDS] },
  draw: (results: readonly Result[]) => drawAggregate(results, against),
});

export const f3: Reproduction = figure("f3", "samples", {
  title: "Sample efficiency",
  paper:
    "Mean over six tasks of the normalised return against samples: DMO reaches the highest, with the fewest samples (curves read off the paper's figure: +-0.01 in return, +-0.2 M samples).",
  causes: [
    "Returns are divided by the highest that any method reaches, so each curve depends on which methods have runs: the fewer there are, the higher the others.",
    "The paper's MAAC is MAAC-V here: one model and a V critic, 16 imagined steps from replayed observations. Its official settings cost what DMO's do and more, so it has runs in the preset laptop alone; MAAC is the published method, of five models (docs/algorithms/maac.md).",
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

/**
 * The largest set of tasks and of these methods, the first of them (DMO) among them, without a gap: all its methods have
 * runs on all its tasks.
 */
export function blockOf(results: readonly Result[], methods: readonly string[] = METHODS): study.Block {
  const pairs = methods.flatMap((method) => runsOf(results, SIX, [method]).map(({ task }) => ({ task, method })));
  return study.largestBlock(pairs, methods[0]) ?? { tasks: [], methods: [] };
}

/** What the mean of a block is called: only that over all six tasks is the paper's quantity. */
export const quantityOf = ({ tasks }: study.Block): string =>
  tasks.length === SIX.length
    ? "mean normalised return, six tasks"
    : tasks.length === 1
      ? `normalised return, ${report.title(tasks[0])} only`
      : `mean over ${listed(tasks)} only`;

/** A panel of ours. */
type Own = { panel: number; settings: string; methods: readonly string[]; block: study.Block; lines: FigureLine[] };

/** The official settings, and the preset `laptop` where it has runs. */
function ownPanels(results: readonly Result[], against: study.Against): Own[] {
  const panelOf = (settings: string, methods: readonly string[], panel: number): Own => {
    const block = blockOf(results, methods);
    const lines =
      block.tasks.length > 0 ? block.methods.map((method) => ourLine(results, block, method, against, panel)) : [];
    return { panel, settings, methods, block, lines };
  };
  const laptop = panelOf("preset laptop", LAPTOP_METHODS, 2);
  return [panelOf("official settings", METHODS, 1), ...(laptop.lines.length > 0 ? [laptop] : [])];
}

function drawAggregate(all: readonly Result[], against: study.Against): Drawn {
  const results = study.usableAgainst(against, all);
  const panels = ownPanels(results, against);
  const { axis } = AXES[against];
  const paper = paperLines(against);
  const yaxis = { range: [-0.1, 1.05] };
  const headingOf = ({ block, settings }: Own): string => {
    if (block.tasks.length === 0) return "ours";
    const quantity = quantityOf(block);
    return panels.length > 1
      ? `ours, ${settings}: ${quantity.replace("mean over ", "mean over<br>")}`
      : `ours: ${quantity}`;
  };
  const chart: FigureChart = {
    panels: [
      { ...axis, heading: "the paper: mean, six tasks", yaxis, empty: "" },
      ...panels.map((own) => ({ ...axis, heading: headingOf(own), yaxis, empty: "no run yet" })),
    ],
    lines: [...paper, ...panels.flatMap(({ lines }) => lines)],
  };
  return {
    drawing: chart,
    caption: captionOf(results, panels, against),
    beside: besideOf(panels, paper, AXES[against].unit),
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
  panel: number,
): FigureLine {
  const partial = partialText(runsOf(results, tasks, [method]));
  return { panel, method, from: "ours", ...aggregateCurve(results, tasks, method, against), partial };
}

/** Whether the order of methods at their ends depends on whose highest return counts as 1: all methods', or those of the block. */
function orderText(results: readonly Result[], own: Own, against: study.Against, named: boolean): string {
  const { tasks, methods } = own.block;
  const order = (scale: readonly Result[]): string => {
    const ends = new Map(methods.map((method) => [method, aggregateEnd(results, tasks, method, against, scale)]));
    return listed(methods.toSorted((a, b) => ends.get(b)! - ends.get(a)!));
  };
  const [ofAll, ofBlock] = [order(results), order(runsOf(results, tasks, methods))];
  const says = ofAll === ofBlock ? "the order is the same" : `the order is another, ${ofBlock}`;
  return `The order of the methods at their ends${named ? `, ${own.settings}` : ""}: ${ofAll}. With returns over the highest of these methods alone ${says}.`;
}

function captionOf(results: readonly Result[], panels: readonly Own[], against: study.Against): string[] {
  const drawn = panels.filter(({ block }) => block.tasks.length > 0);
  if (drawn.length === 0) return ["No run of DMO on one of the six tasks yet."];
  const divisors = SIX.filter((task) => drawn.some(({ block }) => block.tasks.includes(task))).map((task) => {
    const { value, method, of } = highest(results, task);
    return `${report.title(task)} ${report.number(value)} (${report.title(method)}, of ${report.counted(of, "method")})`;
  });
  return [
    ...drawn.map((own) => quantityText(own, drawn.length > 1)),
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
function besideOf(panels: readonly Own[], paper: FigureLine[], unit: string): Table {
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
