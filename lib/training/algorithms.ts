/** The algorithms by the names used on the command line, and those of users: files (docs/your-own-algorithm.md). */
import { firstOrderColumns } from "../algorithms/first-order-columns.js";
import { firstOrderSettings } from "../algorithms/first-order-settings.js";
import type { Columns, CreateLearner, LearnerConfig } from "../algorithms/learner.js";
import { maac, maacColumns, maacSettings } from "../algorithms/maac.js";
import { offPolicy } from "../algorithms/off-policy.js";
import { ppo, ppoColumns, ppoSettings } from "../algorithms/ppo.js";
import { sac, sacColumns, sacSettings } from "../algorithms/sac.js";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { check, dictionary, text } from "@dmo-lab/input/schema";
import type { Settings, SettingTree } from "../setting.js";
import { importUserFile, isUserFile } from "../user-file.js";
import { maacPreset, ppoPreset, sacPreset } from "./baseline-presets.js";
import { firstOrder } from "./gradient-quality.js";
import { flat } from "./config-settings.js";
import * as presets from "./presets.js";
import type { PresetTask } from "./presets.js";
import { runSettings, settings } from "./settings.js";

export type Algorithm<C extends LearnerConfig = LearnerConfig> = {
  summary: string;
  /** The settings it starts from on a task; tasks without settings of their own take Ant's. */
  preset: (task: PresetTask) => C;
  create: CreateLearner<C>;
  /** Takes its gradients from the engine, which has to be the differentiable one. */
  engineGradients?: boolean;
  /** Its settings; an algorithm of a user's needs to give those alone that no algorithm here has. */
  settings?: SettingTree;
  /** What its learner measures; an algorithm of a user's needs to give those alone that no algorithm here has. */
  columns?: Columns;
};

/** Gives an algorithm its type. */
export const defineAlgorithm = <C extends LearnerConfig>(algorithm: Algorithm<C>): Algorithm<C> => algorithm;

const firstOrderMethod = { create: firstOrder, settings: firstOrderSettings, columns: firstOrderColumns };

const builtIn = {
  dmo: defineAlgorithm({
    summary: "roll out the simulator, backpropagate through a learned model (DMO-SHAC)",
    preset: presets.dmoPreset,
    ...firstOrderMethod,
  }),
  "dmo-bptt": defineAlgorithm({
    summary: "DMO without a critic, over a long horizon",
    preset: presets.dmoBpttPreset,
    ...firstOrderMethod,
  }),
  "dmo-sapo": defineAlgorithm({
    summary: "DMO with maximum entropy: soft values, two critics, a tuned temperature",
    preset: presets.dmoSapoPreset,
    ...firstOrderMethod,
  }),
  shac: defineAlgorithm({
    summary: "true gradients through the differentiable simulator, with a critic",
    preset: presets.shacPreset,
    ...firstOrderMethod,
    engineGradients: true,
  }),
  bptt: defineAlgorithm({
    summary: "true gradients over a long horizon, without a critic",
    preset: presets.bpttPreset,
    ...firstOrderMethod,
    engineGradients: true,
  }),
  sapo: defineAlgorithm({
    summary: "SHAC with maximum entropy: soft values, two critics, a tuned temperature",
    preset: presets.sapoPreset,
    ...firstOrderMethod,
    engineGradients: true,
  }),
  imagination: defineAlgorithm({
    summary: "roll out the learned model and backpropagate through it; all else as DMO",
    preset: presets.imaginationPreset,
    ...firstOrderMethod,
  }),
  ppo: defineAlgorithm({
    summary: "proximal policy optimisation: many environments, no gradient through any dynamics",
    preset: ppoPreset,
    create: ppo,
    settings: ppoSettings,
    columns: ppoColumns,
  }),
  sac: defineAlgorithm({
    summary: "soft actor-critic: learns Q functions from everything seen so far, no gradient through any dynamics",
    preset: sacPreset,
    create: offPolicy(sac),
    settings: sacSettings,
    columns: sacColumns,
  }),
  maac: defineAlgorithm({
    summary:
      "model-augmented actor-critic: backpropagate through short rollouts in learned models that end in Q functions",
    preset: maacPreset,
    create: offPolicy(maac),
    settings: maacSettings,
    columns: maacColumns,
  }),
};

export type AlgorithmName = keyof typeof builtIn;

/** The settings of the algorithm of that name. */
export type ConfigOf<A extends string> = A extends AlgorithmName
  ? ReturnType<(typeof builtIn)[A]["preset"]>
  : LearnerConfig;
export const algorithmNames = Object.keys(builtIn) as AlgorithmName[];

/** Of files, by the name that the user gave. */
const loaded = new Map<string, Algorithm>();

/** The algorithm of that name, or of a file that was loaded. @throws InputError with a suggestion where there is none */
export function findAlgorithm(name: string): Algorithm {
  // its settings are checked before `create` sees them, so the type of these may be forgotten
  if (!isUserFile(name)) return builtIn[oneOf("algorithm", name, algorithmNames)] as unknown as Algorithm;
  const algorithm = loaded.get(name);
  if (!algorithm) throw new InputError(`algorithm file "${name}" is not loaded; loadAlgorithm("${name}") does that.`);
  return algorithm;
}

/** Every setting that a configuration of an algorithm may hold; files may build on any algorithm here. */
export function settingsOfAlgorithm(name: string): Settings {
  const own = flat(findAlgorithm(name).settings ?? {});
  return isUserFile(name) ? { ...own, ...settings } : { ...flat(runSettings), ...own };
}

/** The same, where an algorithm file (`./mine.js`) is loaded first; {@link findAlgorithm} knows it from then on. */
export async function loadAlgorithm(name: string): Promise<Algorithm> {
  if (!isUserFile(name)) return findAlgorithm(name);
  const algorithm = (await importUserFile("algorithm file", name)) as Partial<Algorithm> | undefined;
  const place = `algorithm file "${name}": `;
  if (typeof algorithm?.create !== "function" || typeof algorithm.preset !== "function")
    throw new InputError(`${place}its default export is no algorithm; write: export default defineAlgorithm({ ... }).`);
  check(dictionary(text), algorithm.columns ?? {}, `${place}columns`);
  for (const column of Object.keys(algorithm.columns ?? {}))
    if (!/^\w+$/.test(column))
      throw new InputError(
        `${place}column "${column}" has a name that is not allowed; allowed: letters, digits and _.`,
      );
  loaded.set(name, algorithm as Algorithm);
  return algorithm as Algorithm;
}
