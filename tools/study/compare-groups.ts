// The runs of each method on each task, measured.
import { InputError } from "@dmo-lab/input/errors";
import { number } from "../report/format.js";
import { streams } from "../../lib/tensor/random.js";
import type { Column } from "../../lib/training/columns.js";
import { defaultsOf } from "../../lib/training/config.js";
import { changes } from "@dmo-lab/input/configuration";
import type { RunFolder } from "../../lib/training/run-folder.js";
import { curveBand, finalValue, meanCurve, pointsOf, type Band, type Estimate } from "./compare-curves.js";
import { placeOf } from "./result-place.js";
import type { Result } from "./results.js";
import { bootstrapInterval, commonGrid, interpolate, mean, sharedRange, type Points } from "./statistics.js";

/** What a comparison needs of a run; a {@link Result} is one. */
export type ComparedRun = Pick<
  Result,
  "task" | "algorithm" | "variant" | "seed" | "rows" | "epochs" | "partial" | "busyClock" | "trainedOn" | "evaluation"
> & {
  /** Epochs that it was to have. */
  config: { epochs: number };
  /** Absent: it is not known. */
  machine?: Result["machine"];
};

/** The runs of a method on a task. */
export type Group = {
  /** Name of the task. */
  task: string;
  /** An algorithm with its variant: `dmo`, `dmo+mujoco`. */
  method: string;
  /** Ascending; `values` are in this order. */
  seeds: number[];
  /** Where the shortest run ends: values are taken there, so that seeds are compared after equal samples. */
  samples: number;
  /** For each seed the mean of the metric over the rows of the last 5 % of `samples`; of the metric score, that. */
  values: number[];
  /** Mean of `values`, with the bootstrap interval of that mean. */
  final: Estimate;
  /** Mean over seeds of the metric (of the metric score, of the return), against samples or seconds, over the range that all seeds have. */
  curve: Band;
};

/** A group with what else is made of it. */
export type MeasuredGroup = Group & {
  /** For each seed the metric against samples, and against what is drawn. */
  bySamples: Points[];
  curves: Points[];
  /** The lowest and the highest value of the mean over seeds, of curves; of scores, the highest is their mean. */
  lowest: number;
  highest: number;
};

/** Runs whose ends differ by less than this part count as equally long: epochs are of whole rollouts. */
export const SLACK = 0.05;

const stream = streams(0);

/** The run in a folder. Settings that differ from its algorithm's default name its variant. */
export function runOf(folder: RunFolder): ComparedRun {
  const [config, rows, evaluation] = [folder.config(), folder.rows(), folder.evaluation()];
  const changed = changes(defaultsOf(config), config).filter(
    ({ path, here }) => here !== undefined && !UNNAMED.has(path),
  );
  const own = changed.map(({ path, here }) => (path === "engine" ? String(here) : `${path}=${String(here)}`));
  const variant = [...(config.preset ? [config.preset] : []), ...own].join(",");
  const [epochs, machine, trainedOn] = [rows.length, folder.machine(), folder.trainedOn()];
  return {
    ...placeOf(config, variant),
    rows,
    epochs,
    partial: epochs < config.epochs,
    machine,
    trainedOn,
    config,
    evaluation,
  };
}

/** How long a run is and how it is scored makes no variant. */
const UNNAMED = new Set(["epochs", "evaluationEpisodes", "evaluateEvery"]);

/** An algorithm with its variant, as in `dmo+mujoco`. @param run a result, or what has its algorithm and variant */
export const methodName = ({ algorithm, variant }: Pick<Result, "algorithm" | "variant">): string =>
  variant ? `${algorithm}+${variant}` : algorithm;

/** `dmo on ant, hopper; shac on ant` */
export const onTasks = (groups: readonly Pick<Group, "task" | "method">[]): string =>
  distinct(groups.map(({ method }) => method))
    .map(
      (method) =>
        `${method} on ${groups
          .filter((group) => group.method === method)
          .map(({ task }) => task)
          .join(", ")}`,
    )
    .join("; ");

export const nameOf = (run: ComparedRun): string => `${run.task} ${methodName(run)} seed ${run.seed}`;

/** The values without repetitions, in their order. @param values compared by === */
export const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Runs by task and method, in the order in which these come; seeds ascending. */
export function groupRuns(runs: readonly ComparedRun[]): ComparedRun[][] {
  const methods = distinct(runs.map(methodName));
  return distinct(runs.map(({ task }) => task)).flatMap((task) =>
    methods
      .map((method) => runs.filter((run) => run.task === task && methodName(run) === method))
      .filter(({ length }) => length > 0)
      .map((group) => group.sort((a, b) => a.seed - b.seed)),
  );
}

/** @throws InputError where seeds have no range of samples or seconds in common */
export function measure(runs: readonly ComparedRun[], metric: Column | "score", against: Column): MeasuredGroup {
  const column = metric === "score" ? "return" : metric;
  const [task, method] = [runs[0].task, methodName(runs[0])];
  const bySamples = runs.map(({ rows }) => pointsOf(rows, "samples", column));
  const curves = runs.map(({ rows }) => pointsOf(rows, against, column));
  requireShared(runs, bySamples, "samples", column);
  requireShared(runs, curves, against, column);
  const samples = sharedRange(bySamples)[1];
  const last = bySamples.map((points) => finalValue(points, samples));
  const values = metric === "score" ? runs.map(({ evaluation }) => evaluation!.mean) : last;
  const grid = commonGrid(bySamples);
  const means = meanCurve(bySamples.map((points) => interpolate(points, grid)));
  return {
    task,
    method,
    seeds: runs.map(({ seed }) => seed),
    samples,
    values,
    final: { value: mean(values), interval: bootstrapInterval(values, stream(`${task} ${method}`)) },
    curve: curveBand([curves], ([seeds]) => meanCurve(seeds), stream(`${task} ${method} curve`)),
    bySamples,
    curves,
    lowest: Math.min(...means),
    highest: metric === "score" ? mean(values) : Math.max(...means),
  };
}

function requireShared(runs: readonly ComparedRun[], curves: readonly Points[], x: Column, metric: Column): void {
  const [from, to] = sharedRange(curves);
  if (from <= to) return;
  const late = runs[curves.findIndex((curve) => curve.x[0] === from)];
  const short = runs[curves.findIndex((curve) => curve.x.at(-1) === to)];
  throw new InputError(
    `"${nameOf(short)}" ends at ${number(to)} ${x}, where "${nameOf(late)}" has no ${metric} yet (its first is at ${number(from)}); ` +
      `allowed: seeds that have some of their curves in common. Leave one out.`,
  );
}
