import type { LearnerConfig } from "../algorithms/learner.js";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import type { Values } from "@dmo-lab/input/setting";
import { type EngineName, enginesOf, findEngine } from "../tasks/engines.js";
import { findTask, taskNames } from "../tasks/index.js";
import { isUserFile } from "@dmo-lab/input/user-file";
import { algorithmNames, allSettings, type ConfigOf, findAlgorithm, settingsOfAlgorithm } from "./algorithms.js";
import { laptopSettings } from "./laptop-preset.js";
import { presetOf } from "./presets.js";
import { applySettings, changes, checkSetting, settingsOf } from "@dmo-lab/input/configuration";
import { checkConfig } from "./config-check.js";
import type { runSettings } from "./settings.js";

/** Everything that determines a run's numbers, given the same version, backend and thread count. */
export type RunConfig<C extends LearnerConfig = LearnerConfig> = {
  /** Name of a task, or the path of a task file. */
  task: string;
  /** Name of an algorithm, or the path of its file. */
  algorithm: string;
  /** From which all random numbers follow, 0 or more. */
  seed: number;
} & Partial<Pick<Values<typeof runSettings>, "engine">> & // absent in older runs: the task's first
  Omit<Values<typeof runSettings>, "engine"> &
  C;

/**
 * The resolved configuration of a run: the preset of an `algorithm` on a `task`, with `seed` and with `assignments`
 * such as `dynamics.hidden=256,256` applied in order. The official preset, unless an assignment is `preset=laptop`.
 * @throws InputError that names the field, the value and what is allowed
 */
export function resolveConfig<A extends string>(
  task: string,
  algorithm: A,
  seed: number,
  assignments: readonly string[] = [],
): RunConfig<ConfigOf<A>> {
  const entry = findAlgorithm(algorithm);
  const found = findTask(task);
  const preset = entry.preset(presetOf(task));
  checkSeed(seed);
  const horizon = Math.min(preset.horizon, found.episodeLength);
  const known = settingsOfAlgorithm(algorithm);
  const start = { engine: enginesOf(found)[0], evaluationEpisodes: 32, ...preset, horizon };
  const tuned = applySettings(start, withPreset(task, algorithm, assignments), known);
  checkConfig(tuned, known);
  entry.check?.(tuned);
  checkEngine(task, algorithm, tuned);
  return { task, algorithm, seed, ...tuned } as LearnerConfig as RunConfig<ConfigOf<A>>;
}

/** What the last `preset=` among assignments stands for goes before the others; the official one stands for nothing. */
function withPreset(task: string, algorithm: string, assignments: readonly string[]): string[] {
  const chosen = assignments.filter((each) => each.startsWith("preset="));
  const others = assignments.filter((each) => !chosen.includes(each));
  const preset = chosen.at(-1);
  if (preset === undefined || preset === "preset=official") return others;
  return [preset, ...(preset === "preset=laptop" ? laptopSettings(task, algorithm) : []), ...others];
}

/** What a run of this `task`, `algorithm`, `seed` and `preset` starts from where nothing is set. Task and algorithm have to be loaded. */
export const defaultsOf = ({ task, algorithm, seed, preset }: RunConfig): RunConfig =>
  resolveConfig(task, algorithm, seed, preset ? [`preset=${preset}`] : []);

/** Settings in which the `config` of a run differs from the official one: path, own value, official one. */
export const unofficial = (config: RunConfig): [path: string, own: string, official: string][] =>
  changes(resolveConfig(config.task, config.algorithm, config.seed), config)
    .filter(({ path }) => path !== "preset" && path !== "evaluateEvery")
    .map(({ path, here, there }) => [path, shown(here), shown(there)]);

/** `256,256`; what a configuration lacks is `none`. */
const shown = (value: unknown): string => (value === undefined ? "none" : String(value as number | string | number[]));

function checkEngine(task: string, algorithm: string, tuned: { engine: EngineName; backward?: string }): void {
  const { engine, backward } = tuned;
  findEngine(findTask(task), engine);
  if (engine === "differentiable") return;
  if (backward === "simulator" && !findAlgorithm(algorithm).engineGradients)
    throw new InputError(`setting backward is "simulator"; allowed with the engine "${engine}": model.`);
  if (!findAlgorithm(algorithm).engineGradients) return;
  const others = algorithmNames.filter((name) => !findAlgorithm(name).engineGradients);
  throw new InputError(
    `algorithm "${algorithm}" needs gradients of the physics, which the engine "${engine}" does not give; allowed with it: ${others.join(", ")}.`,
  );
}

/** What every run has, also one of an older version. */
const ALWAYS = ["evaluationEpisodes", "envs", "horizon", "epochs"];

/**
 * The configuration that was saved with a run. Settings that are unknown or missing here stay so: runs of older versions
 * can be shown and evaluated.
 * @throws InputError
 */
export function readConfig(saved: unknown): RunConfig {
  if (typeof saved !== "object" || saved === null) throw new InputError("it holds no configuration.");
  const { task, algorithm, seed, ...tuned } = saved as { [name: string]: unknown };
  const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  if (!isUserFile(text(algorithm))) oneOf("algorithm", text(algorithm), algorithmNames);
  if (!isUserFile(text(task))) oneOf("task", text(task), taskNames);
  checkSeed(seed);
  const [found, settings] = [new Map(settingsOf(tuned)), allSettings()];
  for (const path of ALWAYS) if (!found.has(path)) throw new InputError(`setting ${path} is missing.`);
  for (const [path, value] of found) if (Object.hasOwn(settings, path)) checkSetting(settings[path], path, value);
  return saved as RunConfig;
}

function checkSeed(seed: unknown): void {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0)
    throw new InputError(`seed is "${String(seed)}"; allowed: a whole number from 0.`);
}
