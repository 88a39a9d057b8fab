/** The algorithms by the names used on the command line, and those of users: files (docs/your-own-algorithm.md). */
import { methodOf } from "../algorithms/choices.js";
import { FirstOrderLearner } from "../algorithms/first-order.js";
import { firstOrderColumns } from "../algorithms/first-order-columns.js";
import { firstOrderSettings, type FirstOrderConfig } from "../algorithms/first-order-settings.js";
import { unobserved, type GradientObserver } from "../algorithms/parts.js";
import type { Task } from "../tasks/task.js";
import type { RandomStream } from "../tensor/random.js";
import type { Columns, CreateLearner, LearnerConfig } from "../algorithms/learner.js";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import type { Settings, SettingTree } from "@dmo-lab/input/setting";
import { isUserFile } from "@dmo-lab/input/user-file";
import { flat } from "@dmo-lab/input/configuration";
import * as presets from "./presets.js";
import type { PresetTask } from "./presets.js";
import { runSettings } from "./settings.js";

/** An algorithm: what {@link defineAlgorithm} takes, and what a file of your own exports. */
export type Algorithm<C extends LearnerConfig = LearnerConfig> = {
  /** What it does, in one line. */
  summary: string;
  /** The settings it starts from on a task; tasks without settings of their own take Ant's. */
  preset: (task: PresetTask) => C;
  /** Makes its learner. */
  create: CreateLearner<C>;
  /** Takes its gradients from the engine, which has to be the differentiable one. */
  engineGradients?: boolean;
  /** Its settings; an algorithm of a user's needs to give those alone that no algorithm here has. */
  settings?: SettingTree;
  /** Refuses settings that are allowed alone and not together. @throws InputError */
  check?: (config: C) => void;
  /** What its learner measures; an algorithm of a user's needs to give those alone that no algorithm here has. */
  columns?: Columns;
};

/** Gives an algorithm its type; the default export of a file is such an `algorithm`. */
export const defineAlgorithm = <C extends LearnerConfig>(algorithm: Algorithm<C>): Algorithm<C> => algorithm;

/** Makes who looks at the gradients of a first-order method, if its settings want somebody to. */
type Observe = (config: FirstOrderConfig, task: Task, stream: (name: string) => RandomStream) => GradientObserver;

let observer: Observe = unobserved;

/** Hands over who compares gradients with the true one (`tools/study/`). */
export function observeGradients(by: Observe): void {
  observer = by;
}

/** The learner of a first-order method in `environment`, whose `config` chooses its functions, observed if it says so; `stream` draws by name. */
export const firstOrder: CreateLearner<FirstOrderConfig> = (config, environment, stream) =>
  new FirstOrderLearner(config, environment, methodOf(config), stream, observer(config, environment.task, stream));

const firstOrderMethod = { create: firstOrder, settings: firstOrderSettings, columns: firstOrderColumns };

const firstOrderMethods = {
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
};

/** What the names of algorithms stand for that a room of its own registers: it says so here (`declare module`). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- others fill it
export interface Registered {}

type FirstOrder = { config: FirstOrderConfig; columns: keyof typeof firstOrderColumns };
type Known = { [name in keyof typeof firstOrderMethods]: FirstOrder } & Registered;

/** Name of an algorithm. */
export type AlgorithmName = keyof Known;

/** The settings of the algorithm of that name. */
export type ConfigOf<A extends string> = A extends AlgorithmName ? Known[A]["config"] : LearnerConfig;

/** What algorithms measure in an epoch. */
export type MeasuredColumn = Known[AlgorithmName]["columns"];

// settings are checked before `create` sees them, so the type of these may be forgotten
const algorithms: { [name: string]: Algorithm } = { ...(firstOrderMethods as object) };

/** Names of all algorithms that come with the program. */
export const algorithmNames = Object.keys(algorithms) as AlgorithmName[];

/** Adds algorithms that live in a room of their own (`baselines/`): `more` has them by name. */
export function registerAlgorithms(more: { [A in AlgorithmName]?: Algorithm<ConfigOf<A>> }): void {
  algorithmNames.push(...(Object.keys(more) as AlgorithmName[]).filter((name) => !(name in algorithms)));
  Object.assign(algorithms, more);
}

/** Of files, by the name that the user gave. */
const ofFiles = new Map<string, Algorithm>();

/** Adds the algorithm of a user's file. */
export function registerAlgorithmFile(name: string, algorithm: Algorithm): void {
  ofFiles.set(name, algorithm);
}

/** The algorithm of that `name`, or of a file that was loaded under it. @throws InputError with a suggestion where there is none */
export function findAlgorithm(name: string): Algorithm {
  if (!isUserFile(name)) return algorithms[oneOf("algorithm", name, algorithmNames)];
  const algorithm = ofFiles.get(name);
  if (!algorithm) throw new InputError(`algorithm file "${name}" is not loaded; loadAlgorithm("${name}") does that.`);
  return algorithm;
}

/** Every setting that a configuration of an algorithm here may hold, by its path, section by section. */
export function allSettings(): Settings {
  const trees = algorithmNames.map((name) => flat(findAlgorithm(name).settings ?? {}));
  const all = Object.entries(Object.assign(flat(runSettings), ...trees) as Settings);
  const section = ([path]: (typeof all)[number]): string => path.split(".")[0];
  const sections = [...new Set(all.map(section))];
  return Object.fromEntries(sections.flatMap((each) => all.filter((entry) => section(entry) === each)));
}

/** Every setting that a configuration of an algorithm may hold; files may build on any algorithm here. */
export function settingsOfAlgorithm(name: string): Settings {
  const own = flat(findAlgorithm(name).settings ?? {});
  return isUserFile(name) ? { ...own, ...allSettings() } : { ...flat(runSettings), ...own };
}
