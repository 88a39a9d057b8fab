// The settings of PPO, SAC and both kinds of MAAC on each task: the benchmark's own where there are some.
import type { FirstOrderConfig } from "../lib/algorithms/first-order-settings.js";
import type { MaacConfig } from "./maac.js";
import type { MaacVConfig } from "./maac-v.js";
import type { PpoConfig } from "./ppo.js";
import type { SacConfig } from "./sac.js";
import { dmoPreset, type PresetTask, type ByTask } from "../lib/training/presets.js";

/** PPO's on all tasks. */
const PPO = {
  ...{ minibatches: 4, learningRate: 3e-4, targetKl: 0.008, gradientClip: 1 },
  ...{ lambda: 0.95, clip: 0.2, valueWeight: 4, boundWeight: 1e-4, rewardScale: 0.01 },
};
const schedule = (envs: number, horizon: number, epochs: number) => ({ envs, horizon, gamma: 0.99, epochs });

/** CartPole's epochs are the benchmark's own; the others are those of the comparison with DMO. */
const ppoRows: ByTask<PpoConfig> = {
  cartpole: { ...schedule(32, 240, 500), ppo: { ...PPO, hidden: [64, 64], passes: 5 } },
  hopper: { ...schedule(1024, 32, 5000), ppo: { ...PPO, hidden: [128, 64, 32], passes: 5 } },
  cheetah: { ...schedule(1024, 32, 5000), ppo: { ...PPO, hidden: [128, 64, 32], passes: 5 } },
  ant: { ...schedule(2048, 32, 2500), ppo: { ...PPO, hidden: [128, 64, 32], passes: 5 } },
  humanoid: { ...schedule(1024, 32, 5000), ppo: { ...PPO, hidden: [256, 128, 64], passes: 5 } },
  snu: { ...schedule(1024, 32, 5000), ppo: { ...PPO, hidden: [512, 512, 256], passes: 6 } },
};

export const ppoPreset = (task: PresetTask): PpoConfig => ppoRows[task] ?? ppoRows.ant;

/** Learning rates of SAC on small and on large robots. */
const FAST = { actor: 5e-4, critic: 5e-4, temperature: 5e-3 };
const SLOW = { actor: 3e-4, critic: 3e-4, temperature: 2e-4 };

type SacNetworks = { hidden: number[]; rates: typeof FAST };

const soft = ({ hidden, rates }: SacNetworks) => ({
  actor: { hidden, learningRate: rates.actor },
  critic: { hidden, learningRate: rates.critic, tau: 0.005 },
  temperature: { initial: 1, learningRate: rates.temperature },
});

const CAPACITY = 1_000_000;

/**
 * The benchmark's own settings, budgets (640,000 steps of all environments; CartPole 128,000, SNU 1,280,000) included. An
 * epoch of 64 steps is ours: as many samples as an epoch of DMO on Hopper.
 */
const sacRows = {
  cartpole: {
    ...schedule(32, 64, 2000),
    ...soft({ hidden: [64, 64], rates: FAST }),
    replay: { capacity: CAPACITY, initial: 20_480, batch: 1024 },
  },
  hopper: {
    ...schedule(64, 64, 10_000),
    ...soft({ hidden: [256, 128, 64], rates: FAST }),
    replay: { capacity: CAPACITY, initial: 40_960, batch: 2048 },
  },
  cheetah: {
    ...schedule(64, 64, 10_000),
    ...soft({ hidden: [256, 128, 64], rates: FAST }),
    replay: { capacity: CAPACITY, initial: 40_960, batch: 2048 },
  },
  ant: {
    ...schedule(128, 64, 10_000),
    ...soft({ hidden: [256, 128, 64], rates: FAST }),
    replay: { capacity: CAPACITY, initial: 81_920, batch: 4096 },
  },
  humanoid: {
    ...schedule(64, 64, 10_000),
    ...soft({ hidden: [512, 256], rates: SLOW }),
    replay: { capacity: CAPACITY, initial: 16_384, batch: 2048 },
  },
  snu: {
    ...schedule(256, 64, 20_000),
    ...soft({ hidden: [512, 512, 512, 256], rates: SLOW }),
    replay: { capacity: CAPACITY, initial: 65_536, batch: 4096 },
  },
} satisfies ByTask<SacConfig>;

export const sacPreset = (task: PresetTask): SacConfig => (sacRows as ByTask<SacConfig>)[task] ?? sacRows.ant;

/** Number of models and imagined steps are ours. */
const IMAGINATION = { models: 5, steps: 3 };
const MODEL = { initialUpdates: 1000, prediction: "residual", loss: "gaussian" } as const;

/**
 * SAC's loop, actor and Q functions, with DMO's samples and its updates of a model, shared by the models, which are
 * feed-forward. No settings were released.
 */
const maacRows: Record<PresetTask, MaacConfig> = {
  cartpole: {
    ...{ ...sacRows.cartpole, epochs: 225 },
    replay: { capacity: CAPACITY, initial: 4000, batch: 1024 },
    dynamics: { ...MODEL, hidden: [64, 64], learningRate: 2e-3, updates: 5, batch: 256 },
    imagination: IMAGINATION,
  },
  hopper: {
    ...{ ...sacRows.hopper, epochs: 1000 },
    replay: { capacity: CAPACITY, initial: 4000, batch: 2048 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 26, batch: 256 },
    imagination: IMAGINATION,
  },
  cheetah: {
    ...{ ...sacRows.cheetah, epochs: 1000 },
    replay: { capacity: CAPACITY, initial: 4000, batch: 2048 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 103, batch: 256 },
    imagination: IMAGINATION,
  },
  ant: {
    ...{ ...sacRows.ant, epochs: 500 },
    replay: { capacity: CAPACITY, initial: 4000, batch: 4096 },
    dynamics: { ...MODEL, hidden: [512, 512], learningRate: 2e-3, updates: 205, batch: 512 },
    imagination: IMAGINATION,
  },
  humanoid: {
    ...{ ...sacRows.humanoid, epochs: 1000 },
    replay: { capacity: 999_936, initial: 4000, batch: 2048 },
    dynamics: { ...MODEL, hidden: [1792, 1792], learningRate: 3e-4, updates: 205, batch: 1024 },
    imagination: IMAGINATION,
  },
  snu: {
    ...{ ...sacRows.snu, epochs: 250 },
    replay: { capacity: CAPACITY, initial: 40_000, batch: 4096 },
    dynamics: { ...MODEL, hidden: [1792, 1792], learningRate: 3e-4, updates: 820, batch: 1024, initialUpdates: 10_000 },
    imagination: IMAGINATION,
  },
  go2: {
    ...{ ...sacRows.ant, epochs: 500 },
    replay: { capacity: 99_840, initial: 40_000, batch: 4096 },
    dynamics: { ...MODEL, hidden: [1024, 1024], learningRate: 3e-4, updates: 13, batch: 1024, initialUpdates: 10_000 },
    imagination: IMAGINATION,
  },
};

/** MAAC's settings on a task. @param task one of the benchmark's, or `go2` */
export const maacPreset = (task: PresetTask): MaacConfig => maacRows[task];

/** Environments, epochs, imagined rollouts and first updates of the models in the authors' development settings. */
const maacVRows: ByTask<{ envs: number; epochs: number; robots: number; initialUpdates?: number; batch?: number }> = {
  cartpole: { envs: 256, epochs: 1350, robots: 32 },
  hopper: { envs: 1024, epochs: 3906, robots: 256 },
  cheetah: { envs: 1024, epochs: 3906, robots: 64 },
  ant: { envs: 1024, epochs: 3906, robots: 64, initialUpdates: 10_000 },
  humanoid: { envs: 128, epochs: 31_250, robots: 64, batch: 1024 }, // the authors': 32 sequences
  snu: { envs: 1024, epochs: 3906, robots: 64, initialUpdates: 10_000 },
};

/** The authors' development settings (CartPole: ours, as many samples as DMO) with DMO's networks; no model has a memory. */
export function maacVPreset(task: PresetTask): MaacVConfig {
  const { actor, critic, dynamics } = dmoPreset(task) as Required<FirstOrderConfig>;
  const { envs, epochs, robots, initialUpdates = 1000, batch = dynamics.batch } = maacVRows[task] ?? maacVRows.ant;
  const { hidden, learningRate, updates, prediction, loss, replayCapacity } = dynamics;
  const { forward: _forward, count: _one, ...value } = critic;
  return {
    ...{ ...schedule(envs, 1, epochs), decayEpochs: epochs, finalLearningRate: 1e-5, actor, critic: value },
    dynamics: {
      ...{ hidden, learningRate, updates, batch, initialUpdates },
      ...{ minReplay: 4000, replayCapacity, prediction, loss },
    },
    imagination: { robots, steps: 16 },
  };
}
