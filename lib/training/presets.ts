// The settings of first-order methods on each task: the official ones where there are some (paper, appendix; released
// configurations).
import type { CriticsConfig } from "../algorithms/critics.js";
import type { Choices, FirstOrderConfig } from "../algorithms/choices.js";
import { dmo, dmoBptt } from "../algorithms/dmo.js";
import { imagination } from "../algorithms/imagination.js";
import type { TemperatureConfig } from "../algorithms/temperature.js";
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
export type Rows<R> = { ant: R } & { [task in PresetTask]?: R };

export const rowOf = <R>(rows: Rows<R>, task: PresetTask): R => rows[task] ?? rows.ant;

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

export function dynamicsOf(task: PresetTask): DynamicsConfig {
  const start = { initialUpdates: 1000, minReplay: 4000, replayCapacity: 1_000_000 };
  return { ...start, ...models[task], prediction: "residual", loss: "gaussian" };
}

export type Schedule = { envs: number; horizon: number; epochs: number };

const scheduled = ({ envs, horizon, epochs }: Schedule) => ({
  envs,
  horizon,
  gamma: 0.99,
  epochs,
  decayEpochs: epochs,
  finalLearningRate: 1e-5,
});

export const dmoSchedule: Record<PresetTask, Schedule> = {
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

export const presetTasks = Object.keys(networks) as PresetTask[];

/** Whose settings a task starts from: its own or its robot's, or Ant's where it has none (Allegro, tasks of users). */
export const presetOf = (task: string): PresetTask =>
  task === "go2-bipedal" ? "go2" : (presetTasks.find((name) => name === task) ?? "ant");
