// The settings of each method on each task: the official ones where there are some (paper, appendix; released configurations).
import type { CriticsConfig } from "../algorithms/critics.js";
import type { Choices } from "../algorithms/choices.js";
import { dmo, dmoBptt } from "../algorithms/dmo.js";
import type { FirstOrderConfig } from "../algorithms/first-order.js";
import { imagination } from "../algorithms/imagination.js";
import type { MaacConfig } from "../algorithms/maac.js";
import type { PpoConfig } from "../algorithms/ppo.js";
import type { SacConfig } from "../algorithms/sac.js";
import type { TemperatureConfig } from "../algorithms/sapo.js";
import { bptt, shac } from "../algorithms/shac.js";
import type { DynamicsConfig } from "../dynamics/learned-dynamics.js";

type NetworkRow = {
  actor: number[];
  critic: number[];
  rates: { actor: number; critic: number };
  targetAlpha: number;
  betas?: [number, number];
};

/** Actor and critic, shared by all first-order methods. */
const networks = {
  cartpole: { actor: [64, 64], critic: [64, 64], rates: { actor: 1e-2, critic: 1e-3 }, targetAlpha: 0.2 },
  hopper: { actor: [128, 64, 32], critic: [64, 64], rates: { actor: 2e-3, critic: 2e-4 }, targetAlpha: 0.2 },
  cheetah: { actor: [128, 64, 32], critic: [64, 64], rates: { actor: 2e-3, critic: 2e-3 }, targetAlpha: 0.2 },
  ant: { actor: [128, 64, 32], critic: [64, 64], rates: { actor: 2e-3, critic: 2e-3 }, targetAlpha: 0.2 },
  humanoid: { actor: [256, 128], critic: [128, 128], rates: { actor: 2e-3, critic: 5e-4 }, targetAlpha: 0.995 },
  snu: { actor: [512, 256], critic: [256, 256], rates: { actor: 2e-3, critic: 5e-4 }, targetAlpha: 0.995 },
  go2: {
    actor: [256, 128, 64],
    critic: [256, 128, 64],
    rates: { actor: 3e-4, critic: 5e-4 },
    targetAlpha: 0.2,
    betas: [0.9, 0.999],
  },
} satisfies Record<string, NetworkRow>;

export type PresetTask = keyof typeof networks;

/** Rows of a table by task; a task without one takes Ant's. */
type Rows<R> = { ant: R } & { [task in PresetTask]?: R };

const rowOf = <R>(rows: Rows<R>, task: PresetTask): R => rows[task] ?? rows.ant;

type ModelRow = Pick<DynamicsConfig, "hidden" | "learningRate" | "updates" | "batch"> &
  Partial<Pick<DynamicsConfig, "initialUpdates" | "minReplay" | "replayCapacity" | "recurrent" | "outlierSigmas">>;

/** The learned model. CartPole has no official settings: ours, smaller. */
const models: Record<PresetTask, ModelRow> = {
  cartpole: { hidden: [64, 64], learningRate: 2e-3, updates: 16, batch: 256 },
  hopper: { hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 256 },
  cheetah: { hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 256 },
  ant: { hidden: [512, 512], learningRate: 2e-3, updates: 128, batch: 512 },
  humanoid: {
    hidden: [1792, 1792],
    learningRate: 3e-4,
    updates: 256,
    batch: 32,
    replayCapacity: 999_936,
    recurrent: { width: 256, sequence: 25 },
    outlierSigmas: 6,
  },
  snu: {
    hidden: [1792, 1792],
    learningRate: 3e-4,
    updates: 256,
    batch: 1024,
    initialUpdates: 10_000,
    minReplay: 40_000,
  },
  go2: {
    hidden: [1024, 1024],
    learningRate: 3e-4,
    updates: 32,
    batch: 64,
    initialUpdates: 10_000,
    minReplay: 40_000,
    replayCapacity: 99_840,
    recurrent: { width: 256, sequence: 25 },
  },
};

const betasOf = (task: PresetTask): [number, number] => (networks[task] as NetworkRow).betas ?? [0.7, 0.95];

function actorOf(task: PresetTask, learningRate = networks[task].rates.actor): FirstOrderConfig["actor"] {
  return { hidden: networks[task].actor, policy: "stochastic", learningRate, betas: betasOf(task), clip: 1 };
}

function criticOf(task: PresetTask): CriticsConfig {
  const { critic, rates, targetAlpha } = networks[task];
  const fit = { iterations: 16, minibatches: 4, lambda: 0.95 };
  const kind = { count: 1, forward: "simulator" } as const;
  return { ...kind, hidden: critic, learningRate: rates.critic, ...fit, targetAlpha, betas: betasOf(task), clip: 1 };
}

/** SAPO's; where it starts is ours. */
const temperature: TemperatureConfig = { initial: 1, learningRate: 5e-3, targetEntropy: -0.5 };

/** What SAPO has beside the settings of the method without entropy. */
const soft = (task: PresetTask) => ({ critic: { ...criticOf(task), count: 2 }, temperature });

function dynamicsOf(task: PresetTask): DynamicsConfig {
  const start = { initialUpdates: 1000, minReplay: 4000, replayCapacity: 1_000_000 };
  return { ...start, ...models[task], prediction: "residual", loss: "gaussian" };
}

type Schedule = { envs: number; horizon: number; epochs: number };

const scheduled = ({ envs, horizon, epochs }: Schedule) => ({
  envs,
  horizon,
  gamma: 0.99,
  epochs,
  decayEpochs: epochs,
  finalLearningRate: 1e-5,
});

const dmoSchedule: Record<PresetTask, Schedule> = {
  cartpole: { envs: 32, horizon: 48, epochs: 300 },
  hopper: { envs: 256, horizon: 16, epochs: 1000 },
  cheetah: { envs: 64, horizon: 16, epochs: 4000 },
  ant: { envs: 64, horizon: 16, epochs: 4000 },
  humanoid: { envs: 64, horizon: 16, epochs: 4000 },
  snu: { envs: 64, horizon: 16, epochs: 4000 },
  go2: { envs: 256, horizon: 16, epochs: 1000 },
};

/** DMO's choices where they differ: Go2's actor climbs its rewards alone. */
const dmoChoices: { [task in PresetTask]?: Partial<Choices> } = { go2: { value: "none" } };

const shacSchedule: Rows<Schedule> = {
  cartpole: { envs: 64, horizon: 32, epochs: 500 },
  hopper: { envs: 256, horizon: 32, epochs: 2000 },
  cheetah: { envs: 64, horizon: 32, epochs: 2000 },
  ant: { envs: 64, horizon: 32, epochs: 2000 },
  humanoid: { envs: 64, horizon: 32, epochs: 2000 },
  snu: { envs: 64, horizon: 32, epochs: 2000 },
};

/** Without released budgets: about as many samples as DMO (CartPole: as SHAC). */
const bpttSchedule: Rows<Schedule & { rate: number }> = {
  cartpole: { envs: 64, horizon: 240, epochs: 500, rate: 1e-2 },
  hopper: { envs: 32, horizon: 128, epochs: 1000, rate: 1e-3 },
  cheetah: { envs: 32, horizon: 128, epochs: 1000, rate: 2e-3 },
  ant: { envs: 32, horizon: 1000, epochs: 128, rate: 4e-3 },
  humanoid: { envs: 32, horizon: 1000, epochs: 128, rate: 2e-3 },
  snu: { envs: 16, horizon: 1000, epochs: 256, rate: 2e-3 },
};

export const dmoPreset = (task: PresetTask): FirstOrderConfig => ({
  ...dmo,
  ...dmoChoices[task],
  ...scheduled(dmoSchedule[task]),
  actor: task === "go2" ? { ...actorOf(task), policy: "deterministic" } : actorOf(task),
  critic: criticOf(task),
  dynamics: dynamicsOf(task),
});

export const dmoSapoPreset = (task: PresetTask): FirstOrderConfig => ({
  ...dmoPreset(task),
  ...soft(task),
  actor: actorOf(task), // entropy is a stochastic policy's
});

export const imaginationPreset = (task: PresetTask): FirstOrderConfig => ({
  ...dmoPreset(task),
  ...imagination,
  critic: { ...criticOf(task), forward: "model" },
});

export const shacPreset = (task: PresetTask): FirstOrderConfig => ({
  ...shac,
  ...scheduled(rowOf(shacSchedule, task)),
  actor: actorOf(task),
  critic: criticOf(task),
});

/** Without released settings: SHAC's, and so about as many samples as DMO. */
export const sapoPreset = (task: PresetTask): FirstOrderConfig => ({ ...shacPreset(task), ...soft(task) });

export const bpttPreset = (task: PresetTask): FirstOrderConfig => ({
  ...bptt,
  ...scheduled(rowOf(bpttSchedule, task)),
  actor: actorOf(task, rowOf(bpttSchedule, task).rate),
});

/** BPTT's rollouts and actor with DMO's model: the two differ in the backward alone. */
export const dmoBpttPreset = (task: PresetTask): FirstOrderConfig => ({
  ...bpttPreset(task),
  ...dmoBptt,
  dynamics: dynamicsOf(task),
});

type PpoRow = Schedule & { hidden: number[]; passes: number };

/** CartPole's epochs are the benchmark's own; the others are those of the comparison with DMO. */
const ppoRows: Rows<PpoRow> = {
  cartpole: { envs: 32, horizon: 240, epochs: 500, hidden: [64, 64], passes: 5 },
  hopper: { envs: 1024, horizon: 32, epochs: 5000, hidden: [128, 64, 32], passes: 5 },
  cheetah: { envs: 1024, horizon: 32, epochs: 5000, hidden: [128, 64, 32], passes: 5 },
  ant: { envs: 2048, horizon: 32, epochs: 2500, hidden: [128, 64, 32], passes: 5 },
  humanoid: { envs: 1024, horizon: 32, epochs: 5000, hidden: [256, 128, 64], passes: 5 },
  snu: { envs: 1024, horizon: 32, epochs: 5000, hidden: [512, 512, 256], passes: 6 },
};

export function ppoPreset(task: PresetTask): PpoConfig {
  const { envs, horizon, epochs, hidden, passes } = rowOf(ppoRows, task);
  const rates = { learningRate: 3e-4, targetKl: 0.008, gradientClip: 1 };
  const loss = { lambda: 0.95, clip: 0.2, valueWeight: 4, boundWeight: 1e-4, rewardScale: 0.01 };
  return { envs, horizon, gamma: 0.99, epochs, ppo: { hidden, passes, minibatches: 4, ...rates, ...loss } };
}

type SacRow = {
  envs: number;
  epochs: number;
  hidden: number[];
  batch: number;
  rates: { networks: number; temperature: number };
  /** Steps of all environments with random actions before the first epoch. */
  randomSteps: number;
};

const fast = { networks: 5e-4, temperature: 5e-3 };
const slow = { networks: 3e-4, temperature: 2e-4 };

/** The benchmark's own settings, budgets (640,000 steps of all environments; CartPole 128,000, SNU 1,280,000) included. */
const sacRows: Rows<SacRow> = {
  cartpole: { envs: 32, epochs: 2000, hidden: [64, 64], batch: 1024, rates: fast, randomSteps: 640 },
  hopper: { envs: 64, epochs: 10_000, hidden: [256, 128, 64], batch: 2048, rates: fast, randomSteps: 640 },
  cheetah: { envs: 64, epochs: 10_000, hidden: [256, 128, 64], batch: 2048, rates: fast, randomSteps: 640 },
  ant: { envs: 128, epochs: 10_000, hidden: [256, 128, 64], batch: 4096, rates: fast, randomSteps: 640 },
  humanoid: { envs: 64, epochs: 10_000, hidden: [512, 256], batch: 2048, rates: slow, randomSteps: 256 },
  snu: { envs: 256, epochs: 20_000, hidden: [512, 512, 512, 256], batch: 4096, rates: slow, randomSteps: 256 },
};

/** An epoch of 64 steps is ours: as many samples as an epoch of DMO on Hopper. */
export function sacPreset(task: PresetTask): SacConfig {
  const { envs, epochs, hidden, batch, rates, randomSteps } = rowOf(sacRows, task);
  return {
    envs,
    horizon: 64,
    gamma: 0.99,
    epochs,
    actor: { hidden, learningRate: rates.networks },
    critic: { hidden, learningRate: rates.networks, tau: 0.005 },
    temperature: { initial: 1, learningRate: rates.temperature },
    replay: { capacity: 1_000_000, initial: randomSteps * envs, batch },
  };
}

/**
 * DMO's samples, and its updates of a model, shared by five feed-forward ones; SAC's loop, actor and Q functions. No settings
 * were released: number of models and imagined steps are ours.
 */
export function maacPreset(task: PresetTask): MaacConfig {
  const { minReplay, replayCapacity, recurrent, outlierSigmas: _, ...dynamics } = dynamicsOf(task);
  const sac = sacPreset(task);
  const { envs, horizon, epochs } = dmoSchedule[task];
  const longer = (sac.envs * sac.horizon) / (envs * horizon); // epochs of DMO in one of these
  const models = 5;
  const updates = Math.ceil((dynamics.updates * longer) / models);
  return {
    ...sac,
    epochs: Math.ceil(epochs / longer),
    replay: { ...sac.replay, capacity: replayCapacity, initial: minReplay },
    dynamics: { ...dynamics, updates, batch: recurrent ? 1024 : dynamics.batch },
    imagination: { models, steps: 3 },
  };
}

const laptopPpo = ["envs=512", "horizon=24", "epochs=4000", "ppo.hidden=256,128,64"];
const laptopDmo = [
  ...["epochs=4000", "decayEpochs=4000", "dynamics.hidden=256,256", "dynamics.recurrent.width=64"],
  ...["dynamics.batch=16", "dynamics.learningRate=1e-3"],
];

/**
 * Ours, for `--set`: what a core learns something with in an hour on Go2, where the official sizes take days. The bonus keeps
 * rewards off their floor.
 */
export const laptopSettings = {
  go2: {
    ppo: [...laptopPpo, "ppo.initialStd=0.4", "rewardBonus=3"],
    dmo: [
      ...laptopDmo,
      ...["envs=64", "actor.learningRate=1e-3", "rewardBonus=3"],
      ...["dynamics.initialUpdates=500", "dynamics.minReplay=4096"],
    ],
  },
  "go2-bipedal": {
    ppo: [...laptopPpo, "ppo.initialStd=0.3", "rewardBonus=1"],
    dmo: [
      ...laptopDmo,
      ...["envs=128", "horizon=8", "value=critic", "actor.learningRate=1e-4", "rewardBonus=1"],
      ...["dynamics.initialUpdates=2000", "dynamics.minReplay=8192"],
    ],
  },
};

export const presetTasks = Object.keys(networks) as PresetTask[];

/** Whose settings a task starts from: its own or its robot's, or Ant's where it has none (Allegro, tasks of users). */
export const presetOf = (task: string): PresetTask =>
  task === "go2-bipedal" ? "go2" : (presetTasks.find((name) => name === task) ?? "ant");
