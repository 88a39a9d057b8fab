/**
 * Comparison of methods over tasks and seeds: final value and curve of each method on each task, and aggregates over tasks.
 * Nothing is invented: what one seed, a run that ended early or a task that a method lacks leave unknown is left out, and
 * the notes say so. See docs/studies.md.
 */
import { InputError, oneOf } from "@dmo-lab/input/errors";
import "../../baselines/index.js";
import { allColumns, type Column } from "../../lib/training/columns.js";
import { aggregate, type Aggregates } from "./compare-aggregate.js";
import { choose } from "./compare-choice.js";
import { distinct, groupRuns, measure, methodName, nameOf, type ComparedRun, type Group } from "./compare-groups.js";
import { notesOnRuns, notesOnTimes } from "./compare-notes.js";
import { timed, type Timed } from "./timed.js";

export type { Aggregate, Aggregates } from "./compare-aggregate.js";
export { curveBand, finalValue, meanCurve, pointsOf, type Band, type Estimate } from "./compare-curves.js";
export { mainMethods } from "./compare-choice.js";
export { largestBlock, type Block } from "./largest-block.js";
export { distinct, methodName, runOf, type ComparedRun, type Group } from "./compare-groups.js";

/** What curves can be drawn against, as columns of metrics.csv. */
export const AGAINST = { samples: "samples", wall: "wall_seconds" } as const;
/** What runs are compared against: samples, or time. */
export type Against = keyof typeof AGAINST;

/**
 * Against time, only runs that have one.
 * @param against samples or time @param runs of which some may have been timed on a busy machine
 */
export const usableAgainst = <Run extends Timed>(against: Against, runs: readonly Run[]): Run[] =>
  runs.flatMap((run) => (against === "samples" ? run : (timed(run) ?? [])));

/** What can be compared: the columns of metrics.csv that count nothing. */
export const METRICS = (Object.keys(allColumns()) as Column[]).filter(
  (name) => !["epoch", "samples", "wall_seconds"].includes(name),
);

/** In place of a column: the final score, the return of the deterministic policy. */
export const SCORE = "score";
/** What is compared: a column of metrics.csv, or the final score. */
export type Metric = Column | typeof SCORE;

/** Runs by task and method, what they come to over all tasks, and notes on what keeps them from being comparable. */
export type Comparison = {
  /** The column of metrics.csv that is compared, or `score`. */
  metric: Metric;
  /** What curves are drawn against: samples or seconds. */
  against: Against;
  /** One for each task and method that have runs. */
  groups: Group[];
  /** Of returns and scores; absent for other metrics, and where no task can be normalised. */
  aggregates?: Aggregates;
  /** What a reader of the numbers has to know, a sentence each. */
  notes: string[];
};

/** What is compared, against what, with whom. */
export type CompareOptions = {
  /** One of {@link METRICS}, or {@link SCORE}; default: return. */
  metric?: string;
  /** samples (the default) or wall. */
  against?: string;
  /** The method that others are compared with; default: the one with the most tasks, the first of these. */
  baseline?: string;
  /** Only runs on these tasks, and with these methods (`dmo`, `dmo+laptop`); default: all. */
  tasks?: readonly string[];
  /** Only these, such as `dmo` or `dmo+mujoco`; default: all. */
  methods?: readonly string[];
  /** Looks at the first so many samples of each run only, for values after equal samples. */
  at?: number;
};

/**
 * Compares runs. Tasks and methods keep the order in which they come. The same runs give the same numbers: resamples are
 * drawn from one fixed seed.
 * @param all runs of any tasks and methods
 * @param options what is compared, against what, with whom; default: returns against samples
 * @throws InputError that names the field, the value and what is allowed
 */
export function compare(all: readonly ComparedRun[], options: CompareOptions = {}): Comparison {
  if (all.length === 0) throw new InputError("runs are none; allowed: one or more.");
  const runs = choose(all, options.tasks, options.methods);
  if (runs.length === 0) throw new InputError("no run has one of these methods on one of these tasks.");
  const metric = oneOf("metric", options.metric ?? "return", [...METRICS, SCORE]);
  const column = metric === SCORE ? "return" : metric;
  const against = oneOf("against", options.against ?? "samples", Object.keys(AGAINST) as Against[]);
  if (options.baseline !== undefined) oneOf("baseline", options.baseline, distinct(runs.map(methodName)));
  requireOnce(runs);
  const { at = Infinity } = options;
  if (metric === SCORE && options.at !== undefined)
    throw new InputError(`at is "${at}"; allowed with the metric ${SCORE}, which is of a run's end: none.`);
  if (!(at > 0)) throw new InputError(`at is "${at}"; allowed: a number of samples above 0.`);
  const shown = usableAgainst(against, runs);
  if (shown.length === 0)
    throw new InputError("against wall: the machine of all runs was busy, and their time is unknown.");
  const seen = shown.map((run) => ({ ...run, rows: run.rows.filter(({ samples }) => samples! <= at) }));
  const usable = seen.filter(
    ({ rows, evaluation }) => rows.some((row) => row[column] !== undefined) && (metric !== SCORE || evaluation),
  );
  if (usable.length === 0) throw lacking(metric, seen);
  const groups = groupRuns(usable).map((group) => measure(group, metric, AGAINST[against]));
  const { found, notes } = column === "return" ? aggregate(groups, AGAINST[against], options.baseline) : { notes: [] };
  const empty = seen.filter((run) => !usable.includes(run));
  return {
    metric,
    against,
    groups: groups.map(({ bySamples: _, curves: __, lowest: ___, highest: ____, ...group }) => group),
    ...(found && { aggregates: found }),
    notes: [
      ...(empty.length > 0 ? [`Left out, as they have no ${metric} yet: ${empty.map(nameOf).join(", ")}.`] : []),
      ...(against === "wall" ? notesOnTimes(runs) : []),
      ...notesOnRuns(usable, groups, AGAINST[against]),
      ...notes,
    ],
  };
}

/** Says what runs have in place of a metric that none of them has. */
function lacking(metric: Metric, runs: readonly ComparedRun[]): InputError {
  if (metric === SCORE)
    return new InputError("metric score: none of the runs has a final score; a run has one once it came to its end.");
  const has = METRICS.filter((name) => runs.some(({ rows }) => rows.some((row) => row[name] !== undefined)));
  return new InputError(`metric "${metric}" has no value in any of the runs; they have ${has.join(", ")}.`);
}

/** @throws InputError where a run is there twice: counted twice, it would feign precision */
function requireOnce(runs: readonly ComparedRun[]): void {
  const names = runs.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice) throw new InputError(`run "${twice}" is given twice; allowed: each seed of a method on a task once.`);
}
