import { describe, expect, test } from "vitest";
import type { Row } from "../../lib/training/metrics.js";
import "../../baselines/index.js";
import { rungsOf, type Search, standings, trialsOf } from "./search.js";
import { checkStudy, jobsOf } from "./study.js";

const space = {
  "actor.learningRate": { from: 1e-4, to: 1e-2, log: true },
  horizon: [8, 16, 32],
  "critic.iterations": { from: 2, to: 16, whole: true },
} as const;

describe("random trials", () => {
  test("follow from the seed, each from its own number, and fill their ranges", () => {
    const trials = trialsOf({ trials: 300, space });
    expect(trialsOf({ trials: 4, space })).toEqual(trials.slice(0, 4));
    expect(trialsOf({ trials: 4, space, seed: 1 })).not.toEqual(trials.slice(0, 4));
    const rates = trials.map((trial) => trial["actor.learningRate"] as number);
    expect(rates.every((rate) => rate >= 1e-4 && rate <= 1e-2)).toBe(true);
    const low = rates.filter((rate) => rate < 1e-3).length / 300;
    expect(Math.abs(low - 0.5)).toBeLessThan(0.1); // half of the orders of magnitude
    expect(new Set(trials.map(({ horizon }) => horizon))).toEqual(new Set([8, 16, 32]));
    expect(new Set(trials.map((trial) => trial["critic.iterations"])).size).toBe(15);
  });

  test("are the variants of a study's runs", () => {
    const study = { name: "s", tasks: ["cartpole"], algorithms: ["dmo"], seeds: [1, 2], search: { trials: 3, space } };
    const jobs = jobsOf(checkStudy(study, "s.ts"));
    expect(jobs.map(({ name }) => name).slice(0, 3)).toEqual([1, 2, 3].map((k) => `cartpole/dmo+trial${k}/seed1`));
    const [{ horizon }] = trialsOf(study.search);
    expect(jobs[0].config.horizon).toBe(horizon);
    expect(jobs[3].config).toEqual({ ...jobs[0].config, seed: 2 });
  });

  test.each([
    [{ trials: 0, space }, /search\.trials is 0; allowed: a whole number from 1/],
    [{ trials: 1, space: { horizon: { from: 3, to: 3 } } }, /space\.horizon is from 3 to 3; allowed: ascending/],
    [{ trials: 1, space: { gamma: { from: 0, to: 1, log: true } } }, /space\.gamma is from 0 to 1; .*with log above 0/],
    [{ trials: 1, space, halving: { from: 5, keep: 1 } }, /search\.halving\.keep is 1; allowed: a whole number from 2/],
    [{ trials: 1, space, halvings: {} }, /halvings/],
  ])("are refused: %j", (search, message) => {
    const study = { name: "s", tasks: ["cartpole"], algorithms: ["dmo"], seeds: [1], search };
    expect(() => checkStudy(study, "s.ts")).toThrow(message);
    expect(() => checkStudy({ ...study, search: { trials: 1, space }, settings: [{}] }, "s.ts")).toThrow(
      /allowed: one of them/,
    );
  });
});

describe("successive halving", () => {
  const search: Search = { trials: 9, space: { horizon: [16] }, halving: { from: 10, keep: 3 } };
  const study = { name: "s", tasks: ["cartpole"], algorithms: ["dmo"], seeds: [1, 2], base: { epochs: 60 }, search };
  const jobs = jobsOf(study);

  test("ranks after rungs up to the full number of epochs", () => {
    expect(rungsOf(search, 60)).toEqual([10, 30, 60]);
    expect(rungsOf(search, 10)).toEqual([10]);
    expect(rungsOf({ ...search, halving: undefined }, 60)).toEqual([60]);
  });

  /** Trial k returns k at once, and its opposite after 20 epochs; what was done so far by run. */
  const done = new Map<string, number>();
  const trial = (variant: string): number => Number(variant.slice("trial".length));
  const rows = ({ name, place }: (typeof jobs)[number]): Row[] =>
    Array.from({ length: done.get(name) ?? 0 }, (_, epoch) => {
      const worth = trial(place.variant);
      return { epoch, samples: epoch + 1, return: epoch < 20 ? worth : 100 - worth };
    });
  const at = (gaveUp = (_: (typeof jobs)[number]) => false) => standings(search, jobs, { rows, gaveUp });
  /** Trains the runs that are to come, but those that fail. */
  const train = (fail: (name: string) => boolean = () => false): void => {
    for (const { jobs } of at((job) => fail(job.name)))
      for (const { name, config } of jobs) if (!fail(name)) done.set(name, config.epochs);
  };
  const epochs = () => at().map(({ epochs }) => epochs);

  test("trains all for few epochs, and one in three for three times as many, by the rows alone", () => {
    expect(epochs()).toEqual(Array(9).fill(10));
    const first = at()[0].jobs;
    expect(first.map(({ config, assignments }) => [config.epochs, assignments.at(-1)])).toEqual(
      Array(2).fill([10, "epochs=10"]),
    );
    expect(first[0].config).toEqual({ ...jobs[0].config, epochs: 10 }); // learning rates fall over the full number
    train();
    expect(epochs()).toEqual([...Array(6).fill(10), 30, 30, 30]);
    done.set("cartpole/dmo+trial9/seed2", 12); // stopped in the middle
    expect(epochs()).toEqual([...Array(6).fill(10), 30, 30, 30]);
    train();
    expect(epochs()).toEqual([...Array(6).fill(10), 60, 30, 30]); // trial 7 is now the best
    train();
    expect(epochs()).toEqual([...Array(6).fill(10), 60, 30, 30]);
    expect(at()[6].value).toBe(93);
  });

  test("waits for runs, and ranks those last that failed for good", () => {
    done.clear();
    train((name) => name.includes("trial9/seed2"));
    expect(epochs()).toEqual(Array(9).fill(10));
    const standing = at(({ name }) => name.includes("trial9/seed2"));
    expect(standing.map(({ epochs }) => epochs)).toEqual([...Array(5).fill(10), 30, 30, 30, 10]);
    expect(standing[8].value).toBe(-Infinity);
  });

  test("says where no trial has finished an episode yet", () => {
    const none = jobs.map(({ name }) => [name, Array.from({ length: 10 }, (_, epoch): Row => ({ epoch, samples: epoch }))] as const); // prettier-ignore
    const progress = { rows: ({ name }: { name: string }) => new Map(none).get(name)!, gaveUp: () => false };
    expect(() => standings(search, jobs, progress)).toThrow(
      "no run on cartpole has a return after 10 epochs, by which trials are ranked; allowed for search.halving.from: more",
    );
  });
});
