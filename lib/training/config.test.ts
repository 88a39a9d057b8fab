import { describe, expect, it } from "vitest";
import { InputError } from "@dmo-lab/input/errors";
import "../../baselines/index.js";
import { algorithmNames, allSettings, findAlgorithm, settingsOfAlgorithm } from "./algorithms.js";
import { defaultsOf, resolveConfig } from "./config.js";
import { laptopSettings } from "./laptop-preset.js";
import { presetTasks } from "./presets.js";
import { changes, settingsOf } from "@dmo-lab/input/configuration";
import { checkConfig } from "./config-check.js";
import "../../robots/index.js";

const resolve = (...assignments: string[]) => resolveConfig("hopper", "dmo", 1, assignments);

describe("settings", () => {
  it("hold the official Hopper configuration", () => {
    expect(resolve()).toMatchObject({
      envs: 256,
      horizon: 16,
      gamma: 0.99,
      epochs: 1000,
      decayEpochs: 1000,
      actor: { hidden: [128, 64, 32], learningRate: 2e-3, betas: [0.7, 0.95], clip: 1 },
      critic: { hidden: [64, 64], learningRate: 2e-4, iterations: 16, minibatches: 4, lambda: 0.95, targetAlpha: 0.2 },
      dynamics: { hidden: [512, 512], updates: 128, batch: 256, initialUpdates: 1000, minReplay: 4000 },
    });
  });

  const presets = algorithmNames.flatMap((algorithm) =>
    presetTasks.map((task) => ({ algorithm, task, preset: findAlgorithm(algorithm).preset(task) })),
  );

  it.each(presets)("are documented and valid in the preset of $algorithm on $task", ({ algorithm, preset }) => {
    const known = settingsOfAlgorithm(algorithm);
    expect(settingsOf(preset).flatMap(([path]) => (path in known ? [] : path))).toEqual([]);
    checkConfig(preset, known);
    const wrong = { ...preset, gamma: 2 };
    expect(() => checkConfig(wrong, known)).toThrow(/gamma is "2"/);
  });

  it("are each held by some preset, but for those of a run and the optional ones", () => {
    const settings = allSettings();
    const held = new Set(presets.flatMap(({ preset }) => settingsOf(preset).map(([path]) => path)));
    const unheld = Object.keys(settings).filter((path) => !held.has(path) && !settings[path].optional);
    expect(unheld).toEqual(["engine", "evaluationEpisodes"]);
  });

  it.each(presetTasks.filter((task) => task !== "go2"))("give MAAC DMO's samples and updates on %s", (task) => {
    const [dmo, maac] = [resolveConfig(task, "dmo", 1), resolveConfig(task, "maac", 1)];
    expect(maac.envs * maac.horizon * maac.epochs).toBe(dmo.envs * dmo.horizon * dmo.epochs);
    const shared = maac.imagination.models * maac.dynamics.updates * maac.epochs;
    const updates = dmo.dynamics!.updates * dmo.epochs;
    expect(shared).toBeGreaterThanOrEqual(updates);
    expect(shared).toBeLessThan(updates + maac.imagination.models * maac.epochs); // each model's are rounded up
  });

  it("hold Humanoid's recurrent model; other tasks take one on demand, and Humanoid one without memory", () => {
    const humanoid = (...assignments: string[]) => resolveConfig("humanoid", "dmo", 1, assignments).dynamics;
    expect(humanoid()).toMatchObject({ batch: 32, updates: 256, recurrent: { width: 256, sequence: 25 } });
    expect(resolveConfig("go2", "dmo", 1)).toMatchObject({
      value: "none",
      actor: { betas: [0.9, 0.999] },
      dynamics: { batch: 64, replayCapacity: 99_840, recurrent: { width: 256, sequence: 25 } },
    });
    expect(humanoid("dynamics.recurrent.width=0")?.recurrent).toEqual({ width: 0, sequence: 25 });
    expect(resolve().dynamics?.recurrent).toBeUndefined();
    expect(resolve("dynamics.recurrent.width=64").dynamics?.recurrent).toEqual({ width: 64 });
    expect(() => resolve("dynamics.recurrent.width=-1")).toThrow(/a whole number from 0/);
    for (const algorithm of ["shac", "maac"])
      expect(() => resolveConfig("hopper", algorithm, 1, ["dynamics.recurrent.width=64"])).toThrow(/is unknown/);
  });

  it("of training's help are there on demand", () => {
    const config = resolveConfig("go2", "ppo", 1, ["rewardBonus=3", "ppo.initialStd=0.4"]);
    expect(config).toMatchObject({ rewardBonus: 3, ppo: { initialStd: 0.4 } });
    expect(resolveConfig("go2", "ppo", 1)).not.toHaveProperty("rewardBonus");
    expect(() => resolve("rewardBonus=-1")).toThrow(/rewardBonus is "-1"; allowed: a number from 0/);
    expect(() => resolve("ppo.initialStd=1")).toThrow(/is unknown/);
  });

  it.each([
    ["go2", "ppo"],
    ["go2", "dmo"],
    ["go2-bipedal", "ppo"],
    ["go2-bipedal", "dmo"],
    ["hopper", "dmo"],
    ["humanoid", "dmo"],
  ])("of the preset laptop fit %s, %s, and leave the official ones as they are", (task, algorithm) => {
    const official = resolveConfig(task, algorithm, 1);
    const laptop = resolveConfig(task, algorithm, 1, ["preset=laptop"]);
    expect(laptop.preset).toBe("laptop");
    expect(changes(official, laptop).length).toBeGreaterThan(3);
    expect(resolveConfig(task, algorithm, 1)).toEqual(official);
    expect(resolveConfig(task, algorithm, 1, ["preset=laptop", "preset=official"])).toEqual(official);
    expect(defaultsOf(laptop)).toEqual(laptop);
    expect(defaultsOf(official)).toEqual(official);
  });

  it("of a preset are what others are set over, wherever it stands", () => {
    const laptop = resolveConfig("hopper", "dmo", 1, ["dynamics.updates=7", "preset=laptop"]);
    const expected = resolveConfig("hopper", "dmo", 1, [...laptopSettings("hopper", "dmo"), "dynamics.updates=7"]);
    expect(laptop).toEqual({ ...expected, preset: "laptop" });
    expect(laptop.dynamics?.prediction).toBe("kinematic");
  });

  it.each(["hopper", "humanoid", "snu"])(
    "of the preset on %s are imagination's as they are DMO's, but for the forward",
    (task) => {
      const dmo = resolveConfig(task, "dmo", 1, ["preset=laptop"]);
      const forward = { forward: "model", critic: { ...dmo.critic, forward: "model" } };
      expect(resolveConfig(task, "imagination", 1, ["preset=laptop"])).toEqual({
        ...dmo,
        algorithm: "imagination",
        ...forward,
      });
    },
  );

  it("refuse a preset that there is not", () => {
    expect(() => resolve("preset=lapto")).toThrow(
      /setting preset is "lapto"; allowed: official or laptop. Did you mean "laptop"\?/,
    );
    expect(() => resolveConfig("hopper", "shac", 1, ["preset=laptop"])).toThrow(
      'setting preset is "laptop"; allowed for shac on hopper: official. It has settings there for dmo, imagination, maac-v.',
    );
  });

  it("are assigned by path, and leave the preset as it was", () => {
    const config = resolve("dynamics.hidden=256,128", "epochs=7", "dynamics.loss=squared");
    expect(config).toMatchObject({ epochs: 7, decayEpochs: 1000, dynamics: { hidden: [256, 128], loss: "squared" } });
    expect(resolve().dynamics?.hidden).toEqual([512, 512]);
  });

  it.each([
    ["dynamics.hiden=8,8", /setting "dynamics.hiden" is unknown. Did you mean "dynamics.hidden"\?/],
    ["epochs=0", /setting epochs is "0"; allowed: a whole number from 1/],
    ["epochs=ten", /setting epochs is "ten"/],
    ["gamma=1.5", /setting gamma is "1.5"; allowed: a number from 0 to 1/],
    ["actor.hidden=64,,32", /setting actor.hidden is "64,,32"/],
    ["dynamics.hidden=100,64", /the first a multiple of 8/],
    ["dynamics.loss=huber", /allowed: gaussian or squared/],
    ["critic.minibatches=5", /a divisor of horizon \(16\)/],
    ["actor.learningRate=-1", /a number above 0/],
    ["epochs", /not an assignment/],
    ["seed=3", /setting "seed" is unknown/],
  ])("refuse %s", (assignment, message) => {
    expect(() => resolve(assignment)).toThrow(InputError);
    expect(() => resolve(assignment)).toThrow(message);
  });

  it("refuse what a method does not have", () => {
    expect(() => resolveConfig("hopper", "bptt", 0, ["critic.lambda=0.9"])).toThrow(
      /setting "critic.lambda" is unknown/,
    );
  });

  it("hold PPO's settings in the benchmark, and refuse minibatches of broken environments", () => {
    const resolvePpo = (task: string, ...assignments: string[]) => resolveConfig(task, "ppo", 0, assignments);
    expect(resolvePpo("hopper")).toMatchObject({
      ...{ envs: 1024, horizon: 32, epochs: 5000, gamma: 0.99 },
      ppo: {
        ...{ hidden: [128, 64, 32], passes: 5, minibatches: 4, lambda: 0.95, clip: 0.2, rewardScale: 0.01 },
        ...{ learningRate: 3e-4, targetKl: 0.008, valueWeight: 4, boundWeight: 1e-4, gradientClip: 1 },
      },
    });
    expect(resolvePpo("ant")).toMatchObject({ envs: 2048, epochs: 2500 });
    expect(resolvePpo("snu").ppo).toMatchObject({ hidden: [512, 512, 256], passes: 6 });
    expect(() => resolvePpo("hopper", "ppo.minibatches=3")).toThrow(/a divisor of envs \(1024\)/);
  });

  it.each([
    ["hoper", "dmo", 0, /task "hoper" is unknown. Did you mean "hopper"\?/],
    ["hopper", "dmoo", 0, /algorithm "dmoo" is unknown. Did you mean "dmo"\?/],
    ["hopper", "dmo", -1, /seed is "-1"/],
  ])("refuse task %s, algorithm %s, seed %s", (task, algorithm, seed, message) => {
    expect(() => resolveConfig(task, algorithm, seed)).toThrow(message);
  });
});
