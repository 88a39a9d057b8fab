import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { streams } from "../../lib/tensor/random.js";
import {
  bootstrapInterval,
  commonGrid,
  curveGrid,
  interpolate,
  interquartileCurve,
  interquartileMean,
  mean,
  meanScore,
  medianScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  quantile,
  stratifiedBootstrap,
  type Interval,
  type Runs,
} from "./statistics.js";

/** What rliable made of fixed scores, and how: data/reference/rliable/record.py. */
type Estimate = {
  value: number[];
  interval: [low: number[], high: number[]];
  deviation: [low: number[], high: number[]];
};
type Aggregates = { [aggregate: string]: Estimate };
const reference = JSON.parse(
  readFileSync(new URL("../../data/reference/rliable/rliable.json", import.meta.url), "utf8"),
) as {
  resamples: number;
  repeats: number;
  scores: { [name: string]: number[][] };
  thresholds: number[];
  aggregates: { [name: string]: Aggregates };
  probability_of_improvement: (Estimate & { x: string; y: string })[];
  curves: number[][][];
  curve_iqm: Estimate;
};

/** rliable has `[run][task]`. */
const transposed = <T>(runs: readonly (readonly T[])[]): T[][] =>
  runs[0].map((_, task) => runs.map((run) => run[task]));
const scoresOf = (name: string): Runs => transposed(reference.scores[name]);

function expectEstimate(value: readonly number[], intervals: Interval[], expected: Estimate): void {
  value.forEach((x, k) => expect(Math.abs(x - expected.value[k])).toBeLessThan(1e-12));
  const { resamples, repeats } = reference;
  expect(resamples).toBe(2000); // the default here
  intervals.forEach((interval, k) =>
    interval.forEach((bound, side) => {
      const error = expected.deviation[side][k] * Math.sqrt(1 + 1 / repeats);
      expect(Math.abs(bound - expected.interval[side][k])).toBeLessThan(4 * error + 1e-12);
    }),
  );
}

describe("rliable's numbers: values to 1e-12, bounds of intervals to 4 standard deviations of resampling", () => {
  const { thresholds } = reference;
  const STATISTICS: { [name: string]: (scores: Runs) => number[] } = {
    iqm: (scores) => [interquartileMean(scores)],
    mean: (scores) => [meanScore(scores)],
    median: (scores) => [medianScore(scores)],
    optimality_gap: (scores) => [optimalityGap(scores)],
    profile: (scores) => performanceProfile(scores, thresholds),
  };

  test.each(Object.keys(reference.scores))("aggregates of %s", (name) => {
    const scores = scoresOf(name);
    expect(Object.keys(reference.aggregates[name])).toEqual(Object.keys(STATISTICS));
    for (const [key, statistic] of Object.entries(STATISTICS)) {
      const intervals = stratifiedBootstrap([scores], statistic, streams(1)(`${name} ${key}`))!;
      expectEstimate(statistic(scores), intervals, reference.aggregates[name][key]);
    }
  });

  test.each(reference.probability_of_improvement)("probability that $x are better than $y", ({ x, y, ...expected }) => {
    const improvement = (a: Runs, b: Runs): number[] => [probabilityOfImprovement(a, b)];
    const [a, b] = [scoresOf(x), scoresOf(y)];
    expectEstimate(improvement(a, b), stratifiedBootstrap([a, b], improvement, streams(2)(x))!, expected);
  });

  test("interquartile mean along curves", () => {
    const curves = transposed(reference.curves);
    const intervals = stratifiedBootstrap([curves], interquartileCurve, streams(3)("curves"))!;
    expectEstimate(interquartileCurve(curves), intervals, reference.curve_iqm);
  });
});

describe("tasks with different numbers of runs", () => {
  const ragged = [
    [0, 1, 2, 3],
    [4, 6],
  ];
  const even = [
    [0, 1, 2, 3],
    [4, 4, 6, 6],
  ];

  it("weigh the same", () => {
    for (const statistic of [interquartileMean, meanScore, medianScore, optimalityGap])
      expect(statistic(ragged)).toBe(statistic(even));
    expect(interquartileMean(ragged)).toBe((2 + 3 + 4 + 4) / 4);
    expect(performanceProfile(ragged, [2.5, 4])).toEqual(performanceProfile(even, [2.5, 4]));
    expect(probabilityOfImprovement(ragged, [[1], [5, 7, 3]])).toBeCloseTo((2.5 / 4 + 3 / 6) / 2, 12);
  });

  it("have no interval where one has a single run", () => {
    const single = [[1, 2, 3], [4]];
    expect(stratifiedBootstrap([single], (runs) => [meanScore(runs)], streams(0)("single"))).toBeUndefined();
    expect(bootstrapInterval([7], streams(0)("single"))).toBeUndefined();
    const better = (a: Runs, b: Runs): number[] => [probabilityOfImprovement(a, b)];
    expect(stratifiedBootstrap([ragged, [[1, 2], [4]]], better, streams(0)("single"))).toBeUndefined(); // prettier-ignore
  });

  it("need a run each, and finite scores", () => {
    expect(() => interquartileMean([[1], [2, NaN]])).toThrow("scores of task 1 (from 0) hold NaN; allowed: finite");
    expect(() => interquartileMean([[1], []])).toThrow("scores of task 1 (from 0) hold no run; allowed: one or more.");
    expect(() => meanScore([])).toThrow("scores hold no task; allowed: one or more.");
    expect(() => probabilityOfImprovement(ragged, [[1]])).toThrow("x has 2 tasks and y 1");
    expect(() => probabilityOfImprovement([[NaN]], [[1]])).toThrow("hold NaN; allowed: finite");
    expect(() => probabilityOfImprovement([[1]], [[NaN]])).toThrow("hold NaN; allowed: finite");
    expect(() => performanceProfile([[NaN]], [1])).toThrow("hold NaN; allowed: finite");
  });
});

it("the interquartile mean leaves out a quarter of the runs at each end, rounded down", () => {
  const scores = [0, 1, 2, 3, 8, 100];
  expect(interquartileMean([scores])).toBe((1 + 2 + 3 + 8) / 4);
  expect(interquartileCurve([scores.map((score) => [score])])).toEqual([(1 + 2 + 3 + 8) / 4]);
  expect(interquartileMean([[1, 2, 9]])).toBe(4);
});

it("resamples stay within their task", () => {
  const seen = new Set<number>();
  const collect = (runs: Runs): number[] => {
    runs.forEach((values, task) => values.forEach((x) => seen.add(10 * task + x)));
    return [0];
  };
  stratifiedBootstrap([[[1, 2], [3, 4]]], collect, streams(0)("strata")); // prettier-ignore
  expect([...seen].sort()).toEqual([1, 13, 14, 2]);
});

it("quantiles are linear between the values", () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((f) => quantile([1, 2, 3, 5], f))).toEqual([1, 1.75, 2.5, 4.4, 5]);
  expect(quantile([7], 0.3)).toBe(7);
});

describe("the interval of a mean", () => {
  const stream = streams(3);
  const normals = (n: number, name: string): number[] => [...stream(name).normals(n)];

  it("is about 1.96 standard errors to each side, and the same for the same stream", () => {
    const values = normals(200, "sample");
    const centre = mean(values);
    const error = Math.sqrt(mean(values.map((x) => (x - centre) ** 2)) / values.length);
    const [low, high] = bootstrapInterval(values, stream("bootstrap"))!;
    for (const side of [centre - low, high - centre]) expect(Math.abs(side / error - 1.96)).toBeLessThan(0.15);
    expect(bootstrapInterval(values, stream("bootstrap"))).toEqual([low, high]);
    expect(bootstrapInterval([4, 4, 4], stream("bootstrap"))).toEqual([4, 4]);
  });

  it.each([
    [2, 0.51],
    [3, 0.72],
    [4, 0.8],
    [5, 0.83],
    [40, 0.94],
  ])("of %d values holds the true mean in %d of samples, not always in 0.95", (n, coverage) => {
    const SAMPLES = 800;
    let held = 0;
    for (let k = 0; k < SAMPLES; k++) {
      const [low, high] = bootstrapInterval(normals(n, `${n} values ${k}`), stream(`draws ${k}`), { resamples: 200 })!;
      held += Number(low <= 0 && high >= 0);
    }
    expect(Math.abs(held / SAMPLES - coverage)).toBeLessThan(0.04);
  });
});

describe("curves on a common grid", () => {
  const long = { x: [0, 10, 40], y: [0, 100, 40] };
  const short = { x: [5, 25], y: [1, 2] };

  it("which is what all of them cover, ends included", () => {
    expect(commonGrid([long, short], 5)).toEqual([5, 10, 15, 20, 25]);
    const touching = [short, { x: [25, 40], y: [0, 0] }];
    expect(commonGrid(touching, 3)).toEqual([25, 25, 25]);
    expect(curveGrid(touching)).toHaveLength(101);
    expect(commonGrid([{ x: [0.1, 0.3], y: [0, 0] }]).at(-1)).toBe(0.3); // 0.1 + 0.2 is a little more
    expect(() => commonGrid([short, { x: [30, 40], y: [0, 0] }])).toThrow(
      "one begins at x = 30 and one ends at 25; allowed: curves that share a range",
    );
  });

  it("which is fine early as well, for a logarithmic axis", () => {
    const grid = curveGrid([
      { x: [2, 2e4], y: [0, 1] },
      { x: [0.5, 4e4], y: [0, 1] },
    ]);
    expect([grid[0], grid.at(-1)]).toEqual([2, 2e4]);
    const steps = grid.slice(1).map((x, i) => [x - grid[i], x / grid[i]]);
    for (const [step] of steps) expect(step).toBeGreaterThan(0);
    expect(Math.max(...steps.map(([step]) => step))).toBeLessThan(200);
    expect(Math.max(...steps.map(([, ratio]) => ratio))).toBeLessThan(1.21);
    expect(curveGrid([long, short])).toHaveLength(151);
    expect(curveGrid([long])).toHaveLength(101); // from 0
  });

  it("linear between their points, and nothing outside", () => {
    expect(interpolate(long, [0, 5, 10, 20, 40])).toEqual([0, 50, 100, 80, 40]);
    expect(interpolate({ x: [3], y: [7] }, [3])).toEqual([7]);
    expect(() => interpolate(long, [5, 41])).toThrow("grid holds 41; allowed: from 0 to 40, where the curve is.");
    expect(() => interpolate(short, [4])).toThrow("grid holds 4; allowed: from 5 to 25, where the curve is.");
  });
});
