import type { FirstOrderConfig, FirstOrderMethod } from "../algorithms/first-order.js";
import { dmo, dmoBptt } from "../algorithms/dmo.js";
import { imagination } from "../algorithms/imagination.js";
import { bptt, shac } from "../algorithms/shac.js";
import { InputError, oneOf } from "../errors.js";
import type { EngineName } from "../physics/engine.js";
import { findEngine, findTask, taskNames } from "../tasks/index.js";
import { isTaskFile } from "../tasks/task-file.js";
import { bpttPreset, dmoBpttPreset, dmoPreset, presetOf, shacPreset, type PresetTask } from "./presets.js";
import { applySettings, checkConfig, checkSetting, settings, settingsOf } from "./settings.js";

/** Everything that determines a run's numbers, given the same version, backend and thread count. */
export type RunConfig = {
  task: string;
  algorithm: AlgorithmName;
  seed: number;
  /** Absent in older runs: the task's first. */
  engine?: EngineName;
  /** Episodes of the final deterministic evaluation. */
  evaluationEpisodes: number;
} & FirstOrderConfig;

type AlgorithmEntry = {
  summary: string;
  method: FirstOrderMethod;
  preset: (task: PresetTask) => FirstOrderConfig;
  /** Takes its gradients from the engine, which has to be the differentiable one. */
  engineGradients?: true;
};

/** All algorithms by the names used on the command line. */
export const algorithms = {
  dmo: {
    summary: "roll out the simulator, backpropagate through a learned model (DMO-SHAC)",
    method: dmo,
    preset: dmoPreset,
  },
  "dmo-bptt": {
    summary: "DMO without a critic, over a long horizon",
    method: dmoBptt,
    preset: dmoBpttPreset,
  },
  shac: {
    summary: "true gradients through the differentiable simulator, with a critic",
    method: shac,
    preset: shacPreset,
    engineGradients: true,
  },
  bptt: {
    summary: "true gradients over a long horizon, without a critic",
    method: bptt,
    preset: bpttPreset,
    engineGradients: true,
  },
  imagination: {
    summary: "roll out the learned model and backpropagate through it; all else as DMO",
    method: imagination,
    preset: dmoPreset,
  },
} satisfies Record<string, AlgorithmEntry>;

export type AlgorithmName = keyof typeof algorithms;
export const algorithmNames = Object.keys(algorithms) as AlgorithmName[];

/**
 * The resolved configuration of a run: the preset of an algorithm on a task, with assignments such as
 * `dynamics.hidden=256,256` applied in order.
 * @throws InputError that names the field, the value and what is allowed
 */
export function resolveConfig(
  task: string,
  algorithm: string,
  seed: number,
  assignments: readonly string[] = [],
): RunConfig {
  const name = oneOf("algorithm", algorithm, algorithmNames);
  const { engines, episodeLength } = findTask(task);
  const preset = algorithms[name].preset(presetOf(task));
  checkSeed(seed);
  const horizon = Math.min(preset.horizon, episodeLength);
  const tuned = applySettings({ engine: engines[0], evaluationEpisodes: 32, ...preset, horizon }, assignments);
  checkConfig(tuned);
  checkEngine(task, name, tuned.engine);
  return { task, algorithm: name, seed, ...tuned };
}

function checkEngine(task: string, algorithm: AlgorithmName, engine: EngineName): void {
  findEngine(findTask(task), engine);
  if (engine === "differentiable" || !needsEngineGradients(algorithm)) return;
  const others = algorithmNames.filter((name) => !needsEngineGradients(name));
  throw new InputError(
    `algorithm "${algorithm}" needs gradients of the physics, which the engine "${engine}" does not give; allowed with it: ${others.join(", ")}.`,
  );
}

const needsEngineGradients = (name: AlgorithmName): boolean => "engineGradients" in algorithms[name];

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
  oneOf("algorithm", text(algorithm), algorithmNames);
  if (!isTaskFile(text(task))) oneOf("task", text(task), taskNames);
  checkSeed(seed);
  const found = new Map(settingsOf(tuned));
  for (const path of ALWAYS) if (!found.has(path)) throw new InputError(`setting ${path} is missing.`);
  for (const [path, value] of found) if (Object.hasOwn(settings, path)) checkSetting(path, value);
  return saved as RunConfig;
}

function checkSeed(seed: unknown): void {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0)
    throw new InputError(`seed is "${String(seed)}"; allowed: a whole number from 0.`);
}
