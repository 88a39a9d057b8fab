// The settings of first-order methods on each task: the official ones where there are some (paper, appendix; released
// configurations). CartPole has none: ours, smaller.
import type { ActorConfig, CriticsConfig, FirstOrderConfig } from "../algorithms/first-order-settings.js";
import { namesOf } from "../algorithms/choices.js";
import { dmo, dmoBptt } from "../algorithms/dmo.js";
import { imagination } from "../algorithms/imagination.js";
import { dmoSapo, sapo } from "../algorithms/sapo.js";
import { bptt, shac } from "../algorithms/shac.js";
import type { DynamicsConfig } from "../dynamics/dynamics-settings.js";

export const presetTasks = ["cartpole", "hopper", "cheetah", "ant", "humanoid", "snu", "go2"] as const;
/** A task with settings of its own. */
export type PresetTask = (typeof presetTasks)[number];

/** Settings by task; a task without takes Ant's. */
export type ByTask<R> = { ant: R } & { [task in PresetTask]?: R };

/** Tasks with the settings of another. */
const SAME_AS: { [task: string]: PresetTask } = {
  ...{ "go2-bipedal": "go2", "go2-bipedal-robust": "go2" },
  ...{ "go2-robust": "go2", "go2-robust-no-memory": "go2" },
};

/** Whose settings a task starts from: its own or its robot's, or Ant's where it has none (Allegro, tasks of users). */
export const presetOf = (task: string): PresetTask =>
  SAME_AS[task] ?? presetTasks.find((name) => name === task) ?? "ant";

const schedule = (envs: number, horizon: number, epochs: number) => ({
  ...{ envs, horizon, gamma: 0.99, epochs },
  ...{ decayEpochs: epochs, finalLearningRate: 1e-5 },
});

/** The same on all tasks, but where a row says otherwise. */
const ACTOR = { policy: "stochastic", betas: [0.7, 0.95], clip: 1 } satisfies Partial<ActorConfig>;
const CRITIC = {
  count: 1,
  forward: "simulator",
  iterations: 16,
  minibatches: 4,
  lambda: 0.95,
  targetAlpha: 0.2,
  betas: [0.7, 0.95],
  clip: 1,
} satisfies Partial<CriticsConfig>;
const MODEL = {
  initialUpdates: 1000,
  minReplay: 4000,
  replayCapacity: 1_000_000,
  prediction: "residual",
  loss: "gaussian",
} satisfies Partial<DynamicsConfig>;

type DmoRow = FirstOrderConfig & Required<Pick<FirstOrderConfig, "critic" | "dynamics">>;

const dmoRows: Record<PresetTask, DmoRow> = {
  cartpole: {
    ...namesOf(dmo),
    ...schedule(32, 48, 300),
    actor: { ...ACTOR, hidden: [64, 64], learningRate: 1e-2 },
    critic: { ...CRITIC, hidden: [64, 64], learningRate: 1e-3 },
    dynamics: { ...MODEL, hidden: [64, 64], learningRate: 2e-3, updates: 16, batch: 256 },
  },
  hopper: {
    ...namesOf(dmo),
    ...schedule(256, 16, 1000),
    actor: { ...ACTOR, hidden: [128, 64, 32], learningRate: 2e-3 },
    critic: { ...CRITIC, hidden: [64, 64], learningRate: 2e-4 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 256 },
  },
  cheetah: {
    ...namesOf(dmo),
    ...schedule(64, 16, 4000),
    actor: { ...ACTOR, hidden: [128, 64, 32], learningRate: 2e-3 },
    critic: { ...CRITIC, hidden: [64, 64], learningRate: 2e-3 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 256 },
  },
  ant: {
    ...namesOf(dmo),
    ...schedule(64, 16, 4000),
    actor: { ...ACTOR, hidden: [128, 64, 32], learningRate: 2e-3 },
    critic: { ...CRITIC, hidden: [64, 64], learningRate: 2e-3 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 512 },
  },
  humanoid: {
    ...namesOf(dmo),
    ...schedule(64, 16, 4000),
    actor: { ...ACTOR, hidden: [256, 128], learningRate: 2e-3 },
    critic: { ...CRITIC, hidden: [128, 128], learningRate: 5e-4, targetAlpha: 0.995 },
    dynamics: {
      ...{ ...MODEL, hidden: [1792, 1792], learningRate: 3e-4, updates: 256, batch: 32 },
      ...{ replayCapacity: 999_936, recurrent: { width: 256, sequence: 25 }, outlierSigmas: 6 },
    },
  },
  snu: {
    ...namesOf(dmo),
    ...schedule(64, 16, 4000),
    actor: { ...ACTOR, hidden: [512, 256], learningRate: 2e-3 },
    critic: { ...CRITIC, hidden: [256, 256], learningRate: 5e-4, targetAlpha: 0.995 },
    dynamics: {
      ...{ ...MODEL, hidden: [1792, 1792], learningRate: 3e-4, updates: 256, batch: 1024 },
      ...{ initialUpdates: 10_000, minReplay: 40_000 },
    },
  },
  go2: {
    ...namesOf(dmo),
    value: "none",
    ...schedule(256, 16, 1000),
    actor: { policy: "deterministic", hidden: [256, 128, 64], learningRate: 3e-4, betas: [0.9, 0.999], clip: 1 },
    critic: { ...CRITIC, hidden: [256, 128, 64], learningRate: 5e-4, betas: [0.9, 0.999] },
    dynamics: {
      ...{ ...MODEL, hidden: [1024, 1024], learningRate: 3e-4, updates: 32, batch: 64 },
      ...{ initialUpdates: 10_000, minReplay: 40_000, replayCapacity: 99_840, recurrent: { width: 256, sequence: 25 } },
    },
  },
};

/** DMO's actor and critic: all first-order methods have the same. */
const networks = (task: PresetTask) => ({ actor: dmoRows[task].actor, critic: dmoRows[task].critic });

const shacRows: ByTask<FirstOrderConfig> = {
  cartpole: { ...namesOf(shac), ...schedule(64, 32, 500), ...networks("cartpole") },
  hopper: { ...namesOf(shac), ...schedule(256, 32, 2000), ...networks("hopper") },
  cheetah: { ...namesOf(shac), ...schedule(64, 32, 2000), ...networks("cheetah") },
  ant: { ...namesOf(shac), ...schedule(64, 32, 2000), ...networks("ant") },
  humanoid: { ...namesOf(shac), ...schedule(64, 32, 2000), ...networks("humanoid") },
  snu: { ...namesOf(shac), ...schedule(64, 32, 2000), ...networks("snu") },
};

/** DMO's actor with noise and another learning rate. */
const actor = (task: PresetTask, learningRate: number) =>
  ({ ...dmoRows[task].actor, policy: "stochastic", learningRate }) as const;

/** Without released budgets: about as many samples as DMO (CartPole: as SHAC). */
const bpttRows: Record<PresetTask, FirstOrderConfig> = {
  cartpole: { ...namesOf(bptt), ...schedule(64, 240, 500), actor: actor("cartpole", 1e-2) },
  hopper: { ...namesOf(bptt), ...schedule(32, 128, 1000), actor: actor("hopper", 1e-3) },
  cheetah: { ...namesOf(bptt), ...schedule(32, 128, 1000), actor: actor("cheetah", 2e-3) },
  ant: { ...namesOf(bptt), ...schedule(32, 1000, 128), actor: actor("ant", 4e-3) },
  humanoid: { ...namesOf(bptt), ...schedule(32, 1000, 128), actor: actor("humanoid", 2e-3) },
  snu: { ...namesOf(bptt), ...schedule(16, 1000, 256), actor: actor("snu", 2e-3) },
  go2: { ...namesOf(bptt), ...schedule(32, 1000, 128), actor: actor("go2", 4e-3) },
};

/** DMO's settings on a `task`: those of the paper (arXiv 2509.00215) and of its released code (docs/algorithms/dmo.md). */
export const dmoPreset = (task: PresetTask): FirstOrderConfig => dmoRows[task];

export const shacPreset = (task: PresetTask): FirstOrderConfig => shacRows[task] ?? shacRows.ant;

export const bpttPreset = (task: PresetTask): FirstOrderConfig => bpttRows[task];

/** BPTT's rollouts and actor with DMO's model: the two differ in the backward alone. */
export const dmoBpttPreset = (task: PresetTask): FirstOrderConfig => ({
  ...bpttRows[task],
  ...namesOf(dmoBptt),
  dynamics: dmoRows[task].dynamics,
});

/** DMO, but for the forward: critics learn from what is imagined as well. */
export const imaginationPreset = (task: PresetTask): FirstOrderConfig => ({
  ...dmoRows[task],
  ...namesOf(imagination),
  critic: { ...dmoRows[task].critic, forward: "model" },
});

/** What SAPO has where the method without entropy has a critic. Where the temperature starts is ours. */
const soft = (task: PresetTask) => ({
  critic: { ...dmoRows[task].critic, count: 2 },
  temperature: { initial: 1, learningRate: 5e-3, targetEntropy: -0.5 },
});

/** Without released settings: SHAC's, and so about as many samples as DMO. */
export const sapoPreset = (task: PresetTask): FirstOrderConfig => ({
  ...shacPreset(task),
  ...namesOf(sapo),
  ...soft(task),
});

/** DMO's; entropy is a stochastic policy's. */
export const dmoSapoPreset = (task: PresetTask): FirstOrderConfig => ({
  ...dmoRows[task],
  ...namesOf(dmoSapo),
  value: dmoRows[task].value,
  ...soft(task),
  actor: { ...dmoRows[task].actor, policy: "stochastic" },
});
