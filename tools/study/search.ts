/**
 * Search over settings: random trials, and successive halving (Jamieson and Talwalkar 2016), in which all trials train for
 * a few epochs and the best part of them goes on. Trials follow from the study alone and ranks from the rows of its runs,
 * so a search that was stopped goes on from its folder.
 */
import * as v from "valibot";
import { InputError } from "@dmo-lab/input/errors";
import { allow, check, dictionary, flag, list, number, optional, record, whole } from "@dmo-lab/input/schema";
import { type RandomStream, streams } from "../../lib/tensor/random.js";
import type { Row } from "../../lib/training/metrics.js";
import { finalValue, pointsOf } from "./compare-curves.js";
import { distinct } from "./compare-groups.js";
import type { Job, StudySettings } from "./job.js";
import { mean } from "./statistics.js";

type Value = number | string | readonly number[];

/** A number from `from` to `to`: evenly drawn, or its logarithm is; `whole`: rounded. */
export type Range = {
  /** Lower end. */
  from: number;
  /** Upper end. */
  to: number;
  /** Whether the logarithm is drawn evenly. */
  log?: boolean;
  /** Whether the number is rounded. */
  whole?: boolean;
};

/** How settings are searched for: at random, or by successive halving. */
export type Search = {
  /** How many settings are drawn. More of them later leave those before as they are. */
  trials: number;
  /** Of the draws (default 0). */
  seed?: number;
  /** Settings by path: one of a list of values, or of a range. */
  space: { readonly [path: string]: readonly Value[] | Range };
  /** Trains all trials for `from` epochs; one in `keep` (default 3) goes on to `keep` times as many, up to the full number. */
  halving?: { from: number; keep?: number };
};

const isValue = (value: unknown): boolean =>
  typeof value === "number" ||
  typeof value === "string" ||
  (Array.isArray(value) && value.every((x) => typeof x === "number"));
const valueSchema = allow("numbers, texts or lists of numbers", v.custom<Value>(isValue));

const rangeSchema = record({ from: number, to: number, log: optional(flag), whole: optional(flag) });

const schema = record({
  trials: whole(1),
  seed: optional(whole(0)),
  space: dictionary(allow("a list of values, or a range such as { from: 1e-4, to: 1e-2, log: true }", v.union([list(valueSchema, "values", 1), rangeSchema]))), // prettier-ignore
  halving: optional(record({ from: whole(1), keep: optional(whole(2)) })),
} satisfies { [field in keyof Search]-?: unknown });

/** @throws InputError unless it is a search */
export function checkSearch(value: unknown, place: string): Search {
  const search = check(schema, value, place) as Search;
  for (const [path, range] of Object.entries(search.space))
    if ("from" in range && !(range.from < range.to && (!range.log || range.from > 0)))
      throw new InputError(`${place}.space.${path} is from ${range.from} to ${range.to}; allowed: ascending, and with log above 0.`); // prettier-ignore
  return search;
}

/** The settings of each trial, `trial1` first. */
export const trialsOf = ({ trials, seed = 0, space }: Search): (StudySettings & { name: string })[] =>
  Array.from({ length: trials }, (_, k) => {
    const name = `trial${k + 1}`;
    const random = streams(seed)(name);
    const drawn = Object.entries(space).map(([path, values]) => [path, draw(values, random)] as const);
    return { ...Object.fromEntries(drawn), name };
  });

/** Three digits tell settings apart, and can be read. */
function draw(values: readonly Value[] | Range, random: RandomStream): Value {
  if (!("from" in values)) return values[random.integer(values.length)];
  const { from, to, log, whole } = values;
  const drawn = log ? Math.exp(random.uniform(Math.log(from), Math.log(to))) : random.uniform(from, to);
  return whole ? Math.round(drawn) : Number(drawn.toPrecision(3));
}

/** Epochs after which trials are ranked, the full number last. */
export function rungsOf({ halving }: Search, full: number): number[] {
  if (!halving) return [full];
  const { from, keep = 3 } = halving;
  return from < full ? [from, ...rungsOf({ halving: { from: from * keep, keep } } as Search, full)] : [full];
}

/** What is known of a trial's runs. */
export type Progress = {
  rows: (job: Job) => readonly Row[];
  /** Whether a run that is not done will not go on. */
  gaveUp: (job: Job) => boolean;
};

/** Of a trial, its seeds together. */
export type Standing = { task: string; algorithm: string; trial: string; epochs: number; value: number; jobs: Job[] };

/** Each trial where it stands: its runs with the epochs of the last rung that it reached, and the return there. */
export function standings(search: Search, jobs: readonly Job[], progress: Progress): Standing[] {
  const contests = distinct(jobs.map(contestOf));
  return contests.flatMap((contest) => {
    const own = jobs.filter((job) => contestOf(job) === contest);
    return contested(search, own, rungsOf(search, own[0].config.epochs), progress);
  });
}

/** Trials are ranked among those of a task and an algorithm. */
const contestOf = ({ place }: Job): string => `${place.task}/${place.algorithm}`;

function contested(search: Search, jobs: readonly Job[], rungs: readonly number[], progress: Progress): Standing[] {
  const [epochs, ...later] = rungs;
  const here = distinct(jobs.map(({ place }) => place.variant)).map((trial): Standing => {
    const own = jobs.filter(({ place }) => place.variant === trial).map((job) => withEpochs(job, epochs));
    const { task, algorithm } = own[0].place;
    return { task, algorithm, trial, epochs, jobs: own, value: mean(own.map((job) => valueOf(job, progress))) };
  });
  const waiting = here.some(({ jobs }) => jobs.some((job) => !isDone(job, progress) && !progress.gaveUp(job)));
  if (waiting || later.length === 0) return here;
  const able = here.filter(({ jobs }) => jobs.every((job) => isDone(job, progress)));
  if (able.length > 0 && able.every(({ value }) => value === -Infinity))
    throw new InputError(`no run on ${here[0].task} has a return after ${epochs} epochs, by which trials are ranked; allowed for search.halving.from: more epochs.`); // prettier-ignore
  const best = able.toSorted((a, b) => b.value - a.value || 0);
  const kept = best.slice(0, Math.ceil(here.length / (search.halving!.keep ?? 3)));
  const survivors = jobs.filter(({ place }) => kept.some(({ trial }) => trial === place.variant));
  const further = survivors.length > 0 ? contested(search, survivors, later, progress) : [];
  return here.map((standing) => further.find(({ trial }) => trial === standing.trial) ?? standing);
}

const withEpochs = (job: Job, epochs: number): Job => ({
  ...job,
  assignments: [...job.assignments, `epochs=${epochs}`],
  config: { ...job.config, epochs },
});

const isDone = (job: Job, { rows }: Progress): boolean => rows(job).length >= job.config.epochs;

/** The return at the run's end, as a comparison takes it; of a run that did not get there, or has none, the lowest. */
function valueOf(job: Job, progress: Progress): number {
  if (!isDone(job, progress)) return -Infinity;
  const points = pointsOf(progress.rows(job).slice(0, job.config.epochs), "samples", "return");
  return points.x.length > 0 ? finalValue(points, points.x.at(-1)!) : -Infinity;
}
