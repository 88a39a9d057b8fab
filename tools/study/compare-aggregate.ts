// Aggregates over tasks, of returns normalised by the highest that any method reaches on the task: over it where it is above
// 0; of a cost, whose highest is not, by where it lies between the lowest and the highest.
import { number, title } from "../report/format.js";
import { streams } from "../../lib/tensor/random.js";
import type { Column } from "../../lib/training/columns.js";
import { type Block, largestBlock } from "./largest-block.js";
import { bandOf, curveBand, type Band, type Estimate } from "./compare-curves.js";
import { distinct, onTasks, SLACK, type MeasuredGroup } from "./compare-groups.js";
import {
  interquartileCurve,
  interquartileMean,
  meanScore,
  medianScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  sharedRange,
  stratifiedBootstrap,
  type Points,
  type Runs,
} from "./statistics.js";

/** A method over all tasks of the aggregates; each run counts with its final return, normalised. */
export type Aggregate = {
  /** An algorithm with its variant: `dmo`, `dmo+mujoco`. */
  method: string;
  /** `[task][seed]` */
  scores: number[][];
  /** Interquartile mean of the scores, all tasks together. */
  iqm: Estimate;
  /** Mean over tasks of the mean over seeds. */
  mean: Estimate;
  /** Median over tasks of the mean over seeds. */
  median: Estimate;
  /** By how much runs fall short of 1 on average; lower is better. */
  optimalityGap: Estimate;
  /** How likely a run of it is better than one of the baseline on the same task; absent for the baseline itself. */
  improvement?: Estimate;
  /** IQM of the normalised return, over the range that all its runs have; absent where they share none. */
  curve?: Band;
  /** Fraction of runs above each normalised return. */
  profile: Band;
};

/** Methods over several tasks, by returns that are normalised on each task. */
export type Aggregates = {
  /** Those that all methods have runs of. */
  tasks: string[];
  /** The return that counts as 1 on each task: the highest that a method reaches, of its mean over seeds, at any time in training. */
  highest: number[];
  /** The return that counts as 0: 0 itself, and of a cost, whose highest is not above it, the lowest of that kind. */
  lowest: number[];
  /** The method that improvement is over. */
  baseline: string;
  /** In the order of the comparison, the baseline among them. */
  methods: Aggregate[];
};

/** A number of each method: its name in files, its title in tables, its meaning above a panel and along it. */
export type Score = {
  name: string;
  title: string;
  heading: string;
  x: string;
  of: (aggregate: Aggregate) => Estimate | undefined;
};

/** All that is told of methods; a number may be there for some of them alone. */
export function scoresOf({ baseline }: Aggregates): Score[] {
  const [x, better] = ["normalised return", `probability of improvement over ${title(baseline)}`];
  return [
    { name: "iqm", title: "IQM", heading: "interquartile mean", x, of: ({ iqm }) => iqm },
    { name: "median", title: "median", heading: "median", x, of: ({ median }) => median },
    { name: "mean", title: "mean", heading: "mean", x, of: ({ mean }) => mean },
    { name: "optimality_gap", title: "optimality gap", heading: "optimality gap (lower is better)", x, of: ({ optimalityGap }) => optimalityGap }, // prettier-ignore
    { name: "improvement", title: `P(better than ${baseline})`, heading: better, x: "probability", of: ({ improvement }) => improvement }, // prettier-ignore
  ];
}

const stream = streams(0);

/**
 * Aggregates of the largest block of tasks and methods, the baseline among them, that has no gap: all its methods have
 * all its tasks, so that their numbers can be compared.
 * @returns nothing where no task can be normalised; and what a reader has to know of what was left out
 */
export function aggregate(
  groups: readonly MeasuredGroup[],
  against: Column,
  wanted?: string,
): { found?: Aggregates; notes: string[] } {
  const scales = scalesOf(groups);
  const usable = groups.filter(({ task }) => scales.get(task)!.highest > scales.get(task)!.lowest);
  const baseline = wanted ?? widest(usable);
  const block = largestBlock(usable, baseline);
  const notes = notesOn(groups, usable, scales, block);
  if (!block) return { notes };
  const { tasks, methods } = block;
  const inBlock = (method: string): MeasuredGroup[] =>
    tasks.map((task) => usable.find((group) => group.task === task && group.method === method)!);
  const scoresOf = (method: string): number[][] =>
    inBlock(method).map(({ task, values }) => values.map((value) => normalized(value, scales.get(task)!)));
  const top = Math.ceil(10 * Math.max(1, ...methods.flatMap(scoresOf).flat())) / 10;
  const thresholds = Array.from({ length: 101 }, (_, k) => (top * k) / 100);
  const found = {
    tasks,
    highest: tasks.map((task) => scales.get(task)!.highest),
    lowest: tasks.map((task) => scales.get(task)!.lowest),
    baseline,
    methods: methods.map((method) => ({
      ...summarize(method, scoresOf(method), thresholds),
      ...(method !== baseline && { improvement: improvement(method, scoresOf(method), scoresOf(baseline)) }),
      curve: normalizedCurve(method, inBlock(method), scales),
    })),
  };
  return { found, notes: [...notes, ...endsOf(methods, inBlock, against)] };
}

/** What counts as 0 and as 1. */
type Scale = { lowest: number; highest: number };
type Scales = ReadonlyMap<string, Scale>;

const normalized = (value: number, { lowest, highest }: Scale): number => (value - lowest) / (highest - lowest);

/** By task, over all methods. */
function scalesOf(groups: readonly MeasuredGroup[]): Scales {
  return new Map(
    distinct(groups.map(({ task }) => task)).map((task) => {
      const own = groups.filter((group) => group.task === task);
      const highest = Math.max(...own.map(({ highest }) => highest));
      return [task, { lowest: highest > 0 ? 0 : Math.min(...own.map(({ lowest }) => lowest)), highest }];
    }),
  );
}

/** The method with the most tasks, the first of these. */
function widest(groups: readonly MeasuredGroup[]): string {
  const count = (method: string): number => groups.filter((group) => group.method === method).length;
  return distinct(groups.map(({ method }) => method)).sort((a, b) => count(b) - count(a))[0];
}

function summarize(method: string, scores: Runs, thresholds: number[]): Omit<Aggregate, "curve"> {
  const statistics = (runs: Runs): number[] => [
    interquartileMean(runs),
    meanScore(runs),
    medianScore(runs),
    optimalityGap(runs),
    ...performanceProfile(runs, thresholds),
  ];
  const values = statistics(scores);
  const intervals = stratifiedBootstrap([scores], statistics, stream(`${method} aggregates`));
  const [iqm, mean, median, gap] = values.map((value, k): Estimate => ({ value, interval: intervals?.[k] }));
  const profile = bandOf(thresholds, values.slice(4), intervals?.slice(4));
  return { method, scores: scores.map((runs) => [...runs]), iqm, mean, median, optimalityGap: gap, profile };
}

function improvement(method: string, scores: Runs, baseline: Runs): Estimate {
  const statistic = (x: Runs, y: Runs): number[] => [probabilityOfImprovement(x, y)];
  const intervals = stratifiedBootstrap([scores, baseline], statistic, stream(`${method} improvement`));
  return { value: probabilityOfImprovement(scores, baseline), interval: intervals?.[0] };
}

function normalizedCurve(method: string, groups: readonly MeasuredGroup[], scales: Scales): Band | undefined {
  const curves = groups.map(({ task, curves }) =>
    curves.map(({ x, y }): Points => ({ x, y: y.map((value) => normalized(value, scales.get(task)!)) })),
  );
  const [from, to] = sharedRange(curves.flat());
  return from <= to ? curveBand(curves, interquartileCurve, stream(`${method} aggregate curve`)) : undefined;
}

function notesOn(
  groups: readonly MeasuredGroup[],
  usable: readonly MeasuredGroup[],
  scales: Scales,
  block: Block | undefined,
): string[] {
  const left = usable.filter(({ task, method }) => !(block?.tasks.includes(task) && block.methods.includes(method)));
  const flat = distinct(groups.filter((group) => !usable.includes(group)).map(({ task }) => task));
  return [
    ...[...scales].flatMap(([task, { lowest, highest }]) =>
      lowest < 0 && lowest < highest
        ? [
            `${task} is a cost: returns are normalised between the lowest and the highest of any method's mean (${number(lowest, 1)} and ${number(highest, 1)}).`,
          ]
        : [],
    ),
    ...(flat.length > 0 ? [`Not in the aggregates, as their returns never change: ${flat.join(", ")}.`] : []),
    ...(left.length > 0
      ? [
          `The aggregates are of what has no gap: ${block ? `${block.methods.join(", ")} on ${block.tasks.join(", ")}` : "nothing"}. ` +
            `Not in them: ${onTasks(left)}.`,
        ]
      : []),
  ];
}

/** Where the curves of aggregates end. */
function endsOf(methods: readonly string[], groupsOf: (method: string) => MeasuredGroup[], against: Column): string[] {
  const ends = methods.flatMap((method) => {
    const ends = groupsOf(method).map(({ task, curve }) => ({ task, end: curve.x.at(-1)! }));
    const [first, last] = [ends.toSorted((a, b) => a.end - b.end)[0], Math.max(...ends.map(({ end }) => end))];
    const unit = against === "samples" ? "samples" : "s";
    return first.end < (1 - SLACK) * last ? [`${method} at ${number(first.end)} ${unit} with ${first.task}`] : [];
  });
  return ends.length > 0 ? [`Curves of aggregates end with their shortest task: ${ends.join(", ")}.`] : [];
}
