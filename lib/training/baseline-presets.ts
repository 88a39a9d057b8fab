// The settings of PPO, SAC and MAAC on each task: the benchmark's own where there are some.
import type { MaacConfig } from "../algorithms/maac.js";
import type { PpoConfig } from "../algorithms/ppo.js";
import type { SacConfig } from "../algorithms/sac.js";
import { dmoSchedule, dynamicsOf, rowOf, type PresetTask, type Rows, type Schedule } from "./presets.js";

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
