// The tables that the code prints, against what is known of the paper: its appendix, the released configurations of DMO and of
// the benchmark (DiffRL). Typed from these, and from nothing in lib/.
import { expect, test } from "vitest";
import { tasks, training } from "../api/index.js";
import { DIFFERENCES, hyperparameters, tablesPage } from "./tables.js";
import { taskPages } from "./task-pages.js";

type Values = { [path: string]: unknown };
type Table = { [algorithm: string]: { all?: Values; [task: string]: Values | undefined } };

const PLANAR = { "actor.hidden": [128, 64, 32], "critic.hidden": [64, 64], "actor.learningRate": 2e-3 };
const NETWORKS: { [task: string]: Values } = {
  hopper: { ...PLANAR, "critic.learningRate": 2e-4, "critic.targetAlpha": 0.2 },
  cheetah: { ...PLANAR, "critic.learningRate": 2e-3, "critic.targetAlpha": 0.2 },
  ant: { ...PLANAR, "critic.learningRate": 2e-3, "critic.targetAlpha": 0.2 },
  humanoid: { "actor.hidden": [256, 128], "critic.hidden": [128, 128], "actor.learningRate": 2e-3, "critic.learningRate": 5e-4, "critic.targetAlpha": 0.995 }, // prettier-ignore
  snu: { "actor.hidden": [512, 256], "critic.hidden": [256, 256], "actor.learningRate": 2e-3, "critic.learningRate": 5e-4, "critic.targetAlpha": 0.995 }, // prettier-ignore
};

const model = (
  hidden: number[],
  learningRate: number,
  updates: number,
  batch: number,
  initialUpdates = 1000,
): Values => ({
  "dynamics.hidden": hidden,
  "dynamics.learningRate": learningRate,
  "dynamics.updates": updates,
  "dynamics.batch": batch,
  "dynamics.initialUpdates": initialUpdates,
  "dynamics.minReplay": 4 * initialUpdates,
});
const rollouts = (envs: number, horizon: number, epochs: number): Values => ({ envs, horizon, epochs });
const CRITIC = { "critic.lambda": 0.95, "critic.iterations": 16, "critic.minibatches": 4 };
const MOMENTS = { "actor.betas": [0.7, 0.95], "critic.betas": [0.7, 0.95] };
const LARGE_PPO = rollouts(1024, 32, 5000);

const PAPER: Table = {
  dmo: {
    all: { gamma: 0.99, finalLearningRate: 1e-5, "actor.clip": 1, "critic.clip": 1, ...CRITIC },
    hopper: { ...NETWORKS["hopper"], ...MOMENTS, ...rollouts(256, 16, 1000), ...model([512, 512], 2e-3, 128, 256), "dynamics.replayCapacity": 1e6 }, // prettier-ignore
    cheetah: { ...NETWORKS["cheetah"], ...MOMENTS, ...rollouts(64, 16, 4000), ...model([512, 512], 2e-3, 128, 256), "dynamics.replayCapacity": 1e6 }, // prettier-ignore
    ant: { ...NETWORKS["ant"], ...MOMENTS, ...rollouts(64, 16, 4000), ...model([512, 512], 2e-3, 128, 512), "dynamics.replayCapacity": 1e6 }, // prettier-ignore
    humanoid: {
      ...NETWORKS["humanoid"],
      ...MOMENTS,
      ...rollouts(64, 16, 4000),
      ...model([1792, 1792], 3e-4, 256, 32),
      "dynamics.recurrent.width": 256,
      "dynamics.recurrent.sequence": 25,
      "dynamics.outlierSigmas": 6,
      "dynamics.replayCapacity": 999_936,
    },
    snu: { ...NETWORKS["snu"], ...MOMENTS, ...rollouts(64, 16, 4000), ...model([1792, 1792], 3e-4, 256, 1024, 10_000), "dynamics.replayCapacity": 1e6 }, // prettier-ignore
    go2: {
      ...rollouts(256, 16, 1000),
      ...model([1024, 1024], 3e-4, 32, 64, 10_000),
      "actor.hidden": [256, 128, 64],
      "critic.hidden": [256, 128, 64],
      "actor.learningRate": 3e-4,
      "critic.learningRate": 5e-4,
      "critic.targetAlpha": 0.2,
      "actor.betas": [0.9, 0.999],
      "actor.policy": "deterministic",
      value: "none",
      "dynamics.recurrent.width": 256,
      "dynamics.replayCapacity": 99_840,
    },
  },
  shac: {
    all: { gamma: 0.99, ...MOMENTS, ...CRITIC },
    cartpole: { ...rollouts(64, 32, 500), "actor.hidden": [64, 64], "actor.learningRate": 1e-2, "critic.learningRate": 1e-3 }, // prettier-ignore
    hopper: { ...NETWORKS["hopper"], ...rollouts(256, 32, 2000) },
    cheetah: { ...NETWORKS["cheetah"], ...rollouts(64, 32, 2000) },
    ant: { ...NETWORKS["ant"], ...rollouts(64, 32, 2000) },
    humanoid: { ...NETWORKS["humanoid"], ...rollouts(64, 32, 2000) },
    snu: { ...NETWORKS["snu"], ...rollouts(64, 32, 2000) },
  },
  bptt: {
    cartpole: { horizon: 240, envs: 64, "actor.learningRate": 1e-2 },
    hopper: { horizon: 128, envs: 32, "actor.learningRate": 1e-3 },
    cheetah: { horizon: 128, envs: 32, "actor.learningRate": 2e-3 },
    ant: { horizon: 1000, envs: 32, "actor.learningRate": 4e-3 },
    humanoid: { horizon: 1000, envs: 32, "actor.learningRate": 2e-3 },
    snu: { horizon: 1000, envs: 16, "actor.learningRate": 2e-3 },
  },
  ppo: {
    all: { gamma: 0.99, "ppo.lambda": 0.95, "ppo.clip": 0.2, "ppo.learningRate": 3e-4, "ppo.targetKl": 0.008, "ppo.valueWeight": 4, "ppo.boundWeight": 1e-4, "ppo.rewardScale": 0.01, "ppo.gradientClip": 1, "ppo.minibatches": 4 }, // prettier-ignore
    cartpole: { envs: 32, horizon: 240, "ppo.hidden": [64, 64], "ppo.passes": 5 },
    hopper: { ...LARGE_PPO, "ppo.hidden": [128, 64, 32], "ppo.passes": 5 },
    cheetah: { ...LARGE_PPO, "ppo.hidden": [128, 64, 32], "ppo.passes": 5 },
    ant: { ...rollouts(2048, 32, 2500), "ppo.hidden": [128, 64, 32], "ppo.passes": 5 },
    humanoid: { ...LARGE_PPO, "ppo.hidden": [256, 128, 64], "ppo.passes": 5 },
    snu: { ...LARGE_PPO, "ppo.hidden": [512, 512, 256], "ppo.passes": 6 },
  },
  sac: {
    all: { gamma: 0.99, "critic.tau": 0.005, "replay.capacity": 1e6 },
    cartpole: sac(32, [64, 64], 1024, 5e-4, 5e-3),
    hopper: sac(64, [256, 128, 64], 2048, 5e-4, 5e-3),
    cheetah: sac(64, [256, 128, 64], 2048, 5e-4, 5e-3),
    ant: sac(128, [256, 128, 64], 4096, 5e-4, 5e-3),
    humanoid: sac(64, [512, 256], 2048, 3e-4, 2e-4),
    snu: sac(256, [512, 512, 512, 256], 4096, 3e-4, 2e-4),
  },
  sapo: {
    all: { "critic.count": 2, "temperature.learningRate": 5e-3, "temperature.targetEntropy": -0.5 },
    hopper: NETWORKS["hopper"],
    ant: NETWORKS["ant"],
  },
};

function sac(envs: number, hidden: number[], batch: number, rate: number, temperature: number): Values {
  const rates = { "actor.learningRate": rate, "critic.learningRate": rate, "temperature.learningRate": temperature };
  return { envs, "actor.hidden": hidden, "critic.hidden": hidden, "replay.batch": batch, ...rates };
}

const TASKS: { [task: string]: { sizes: number[]; weights?: number[] } } = {
  // observation, what the actor sees, action, steps of an episode; weights in the order of the paper's table
  cartpole: { sizes: [5, 5, 1, 240], weights: [-1, -0.1, -0.05, -0.1] },
  hopper: { sizes: [11, 11, 3, 1000], weights: [1, 1, 1, -0.1] },
  cheetah: { sizes: [17, 17, 6, 1000], weights: [1, -0.1] },
  ant: { sizes: [37, 37, 8, 1000], weights: [1, 0.1, 1, 1] },
  humanoid: { sizes: [76, 76, 21, 1000], weights: [1, 0.1, 1, 1, -0.002] },
  snu: { sizes: [53, 53, 152, 1000], weights: [1, 0.1, 1, -0.001] },
  allegro: { sizes: [72, 72, 16, 600], weights: [-10, 1, -0.0002, 250] },
  go2: { sizes: [68, 49, 12, 499], weights: [1, 0.5, -10, -0.1, -5, -0.02, -0.001, -1e-4, -30, 4] },
  "go2-bipedal": { sizes: [68, 49, 12, 499] },
};

test("settings are the paper's but for the differences that are listed", () => {
  const found = Object.entries(PAPER).flatMap(([algorithm, { all = {}, ...byTask }]) =>
    Object.entries(byTask).flatMap(([task, values]) => {
      const ours = new Map(training.settingsOf(training.resolveConfig(task, algorithm, 1)));
      return Object.entries({ ...all, ...values }).flatMap(([path, value]) =>
        String(ours.get(path)) === String(value) ? [] : [`${algorithm} on ${task}: ${path} is ${String(value)}`],
      );
    }),
  );
  const rewards = Object.entries(TASKS).flatMap(([name, { sizes, weights }]) => {
    const task = tasks.findTask(name);
    expect([task.observationSize, task.actorSees.length, task.actionSize, task.episodeLength], name).toEqual(sizes);
    const terms = Object.entries(task.rewardTerms);
    if (!weights) return [];
    expect(terms.length, name).toBe(weights.length);
    return terms.flatMap(([term, { weight }], i) =>
      weight === weights[i] ? [] : [`reward of ${name}: weight of ${term} is ${weights[i]}`],
    );
  });
  expect([...found, ...rewards]).toEqual(DIFFERENCES.map(({ where, paper }) => `${where} is ${paper}`));
});

test("every algorithm has a table, in which what all tasks share stands once", () => {
  const { common, table } = hyperparameters("shac");
  expect(common).toContainEqual(["gamma", "0.99"]);
  expect(table).not.toContain("gamma");
  expect(table).toMatch(/`envs` +\| 64 +\| 256/);
  expect(table).not.toContain("Allegro"); // no differentiable engine
  expect(tablesPage()).toContain("[SNU Humanoid](tasks/snu.md)");
  expect(taskPages([])["snu"]).toContain("Observation 53, action 152, episodes of 1000 steps of 1/60 s.");
});
