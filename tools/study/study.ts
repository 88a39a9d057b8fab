// A study: the same comparison as a grid of runs, tasks x algorithms x settings x seeds (docs/studies.md).
import * as v from "valibot";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { allow, anyRecord, check, dictionary, list, optional, record, text, whole } from "@dmo-lab/input/schema";
import { loadTask } from "../user/task-file.js";
import { loadAlgorithm } from "../user/algorithm-file.js";
import { resolveConfig } from "../../lib/training/config.js";
import { settingsOf } from "@dmo-lab/input/configuration";
import { importUserFile } from "@dmo-lab/input/import-file";
import { isUserFile } from "@dmo-lab/input/user-file";
import { thisLibrary } from "../../lib/project.js";
import type { Job, StudySettings } from "./job.js";
import { checkSearch, type Search, trialsOf } from "./search.js";
import { isVariant, placeOf, resultPath, VARIANT_ALLOWED } from "./result-place.js";

/** A grid of runs: tasks, algorithms, seeds and settings, each with each. */
export type Study = {
  /** Letters, digits and . , = _ -; its runs lie in a folder of that name. */
  name: string;
  /** Names or files. */
  tasks: readonly string[];
  /** Names or files. */
  algorithms: readonly string[];
  /** Each makes one run of everything. */
  seeds: readonly number[];
  /** Of all runs. */
  base?: StudySettings;
  /** Of the runs on a task, with an algorithm, or both (`"hopper/dmo"`): each goes over what is before it. */
  overrides?: { readonly [taskOrAlgorithm: string]: StudySettings };
  /** What is compared besides; `name` stands for the settings of a variant, by default `horizon=8`. Default: `[{}]`. */
  settings?: readonly Variant[];
  /** In place of `settings`: draws them. */
  search?: Search;
};

type Variant = StudySettings & { readonly name?: string };

export type { Job, StudySettings } from "./job.js";

/** Gives a study its type. @param study what a study file exports as its default */
export const defineStudy = (study: Study): Study => study;

/**
 * The study in a file, checked, its tasks and algorithms loaded.
 * @param file path that ends in .ts, .mts, .js or .mjs
 * @throws InputError that names the field, its value and what is allowed
 */
export async function loadStudy(file: string): Promise<Study> {
  if (!isUserFile(file))
    throw new InputError(`study file "${file}"; allowed: a file that ends in .ts, .mts, .js or .mjs.`);
  const study = checkStudy(await importUserFile("study file", file, thisLibrary()), file);
  for (const task of study.tasks) await loadTask(task);
  for (const algorithm of study.algorithms) await loadAlgorithm(algorithm);
  return study;
}

/**
 * All runs of a study, each seed's together: the first are one of everything. Tasks and algorithms have to be loaded.
 * @param study checked, of a file or given by hand
 * @throws InputError that names the run, the setting, its value and what is allowed
 */
export function jobsOf(study: Study): Job[] {
  const { tasks, algorithms, seeds } = study;
  const settings: readonly Variant[] = study.search ? trialsOf(study.search) : (study.settings ?? [{}]);
  const jobs = seeds.flatMap((seed) =>
    tasks.flatMap((task) =>
      algorithms.flatMap((algorithm) => settings.map((variant) => jobOf(study, task, algorithm, variant, seed))),
    ),
  );
  const names = jobs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice)
    throw new InputError(
      `study "${study.name}" has two runs ${twice}; allowed: tasks, algorithms, settings and seeds of different names.`,
    );
  return jobs;
}

function jobOf(study: Study, task: string, algorithm: string, variant: Variant, seed: number): Job {
  const { name: given, ...settings } = variant;
  const place = placeOf({ task, algorithm, seed }, given ?? variantName(settings));
  const name = resultPath(place);
  if (place.variant && !isVariant(place.variant))
    throw new InputError(`the name of settings is "${place.variant}"; allowed: ${VARIANT_ALLOWED}.`);
  const overrides = [task, algorithm, `${task}/${algorithm}`].map((key) => study.overrides?.[key]);
  const assignments = [study.base, ...overrides, settings].flatMap((layer) => assignmentsOf(layer ?? {}));
  try {
    return { place, name, assignments, config: resolveConfig(task, algorithm, seed, assignments) };
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`run ${name} of the study: ${error.message}`);
    throw error;
  }
}

/**
 * The arguments of `dmo-lab train` for a run, which goes on where it stopped.
 * @param directory folder of that run @param job one run of a study
 */
export const trainArguments = (
  { config: { task, algorithm, seed }, assignments }: Job,
  directory: string,
): string[] => [
  ...["--task", task, "--algorithm", algorithm, "--seed", String(seed)],
  ...assignments.flatMap((assignment) => ["--set", assignment]),
  ...["--out", directory, "--resume"],
];

export const assignmentsOf = (settings: object): string[] =>
  settingsOf(settings).map(([path, value]) => `${path}=${String(value)}`);

/** An engine and a preset stand for themselves: `mujoco`, `laptop`. */
const variantName = (settings: object): string =>
  assignmentsOf(settings)
    .map((assignment) => assignment.replace(/^(engine|preset)=/, ""))
    .join(",");

const settingsSchema = anyRecord("settings such as { epochs: 20 }");

const studySchema = record({
  name: allow(VARIANT_ALLOWED, v.pipe(v.string(), v.check(isVariant))),
  tasks: list(text, "a list of tasks", 1),
  algorithms: list(text, "a list of algorithms", 1),
  seeds: list(whole(0), "a list of whole numbers from 0", 1),
  base: optional(settingsSchema),
  overrides: optional(dictionary(settingsSchema)),
  settings: optional(list(settingsSchema, "a list of settings, such as [{}, { horizon: 8 }]", 1)),
  search: optional(anyRecord("a search such as { trials: 16, space: { horizon: [8, 16, 32] } }")),
} satisfies { [field in keyof Study]-?: unknown });

/** @throws InputError unless a file's default export is a study */
export function checkStudy(value: unknown, file: string): Study {
  const place = `study "${file}": `;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${place}its default export is no study; write: export default defineStudy({ ... }).`);
  const study = check(studySchema, value, place) as Study;
  const { tasks, algorithms, overrides = {}, search, settings } = study;
  if (search) checkSearch(search, `${place}search`);
  if (search && settings) throw new InputError(`${place}settings and search are both given; allowed: one of them.`);
  const keys = [...tasks, ...algorithms, ...tasks.flatMap((task) => algorithms.map((each) => `${task}/${each}`))];
  for (const key of Object.keys(overrides)) oneOf(`${place}override`, key, keys);
  return study;
}
