import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Result } from "./results.js";
import { temporaryFolder } from "../../tests/temporary.js";
import { chromium, launchBrowser, openFile } from "../../tests/browser.js";
import { compare, mainMethods, type ComparedRun } from "./compare.js";
import { comparisonFigures } from "./compare-figures.js";
import { comparisonPage } from "./compare-page.js";
import { aggregateCsv, aggregateTable, groupCsv, groupTable } from "./compare-table.js";

const machine = { cpu: "a processor", backend: { name: "cpu", version: "1", threads: 1 } } as Result["machine"];

/** A run whose return rises linearly to `top` at epoch 99; the first two epochs have none. Epochs take 100 samples. */
function run(method: string, task: string, seed: number, top: number, more: { epochs?: number } = {}): ComparedRun {
  const [algorithm, variant = ""] = method.split("+");
  const { epochs = 100 } = more;
  const rows = Array.from({ length: epochs }, (_, epoch) => ({
    epoch,
    samples: 100 * (epoch + 1),
    ...(epoch > 1 && { return: (top * epoch) / 99 }),
    model_loss: -epoch,
    wall_seconds: 3 * (epoch + 1),
  }));
  const place = { task, algorithm, variant, seed };
  return { ...place, rows, epochs, partial: epochs < 100, machine, config: { epochs: 100 } };
}

/** Runs of a method on a task, seeds from 1. */
const runs = (method: string, task: string, tops: readonly number[]): ComparedRun[] =>
  tops.map((top, k) => run(method, task, k + 1, top));

const five = [
  ...runs("dmo", "ant", [100, 90, 110, 95, 105]),
  ...runs("dmo", "hopper", [50, 60, 55, 40, 45]),
  ...runs("shac+mujoco", "ant", [80, 70, 75, 60, 90]),
  ...runs("shac+mujoco", "hopper", [52, 30, 35, 25, 20]),
];

const whole = compare(five);

describe("a method on a task", () => {
  const [group] = compare(runs("dmo", "ant", [99, 198, 297])).groups;

  test("has as its value the mean over the last 5 % of the samples, and an interval over seeds", () => {
    const last = (95 + 96 + 97 + 98 + 99) / 5;
    expect(group).toMatchObject({ task: "ant", method: "dmo", seeds: [1, 2, 3], samples: 10_000 });
    expect(group.values).toEqual([last, 2 * last, 3 * last]);
    expect(group.final.value).toBeCloseTo(2 * last, 10);
    const [low, high] = group.final.interval!;
    expect([low, high].every((x) => x >= last && x <= 3 * last)).toBe(true);
    expect(high - low).toBeGreaterThan(last);
  });

  test("has as its curve the mean over seeds from the first return on", () => {
    const { x, y, low, high } = group.curve;
    expect([x[0], x.at(-1)]).toEqual([300, 10_000]);
    expect(y[50]).toBeCloseTo((2 * (x[50] - 100)) / 100, 9);
    expect(low!.every((value, k) => value <= y[k] && y[k] <= high![k])).toBe(true);
  });

  test("has no interval and no band with one seed, which is said", () => {
    const { groups, aggregates, notes } = compare(runs("dmo", "ant", [99]));
    expect(JSON.stringify([groups, aggregates])).not.toMatch(/interval|"low"|high"/);
    expect(notes).toContain("One seed gives no interval: dmo on ant.");
  });

  test("can be taken after fewer samples", () => {
    const { groups, notes } = compare(runs("dmo", "ant", [99, 198]), { at: 5010 });
    expect(groups[0]).toMatchObject({ samples: 5000, values: [48, 96] });
    expect(notes).toHaveLength(1);
  });

  test("is measured against seconds as well", () => {
    const { groups, notes } = compare(five, { against: "wall" });
    expect(groups[0].curve.x.at(-1)).toBe(300);
    expect(groups.map(({ final }) => final)).toEqual(whole.groups.map(({ final }) => final));
    expect(notes.join()).not.toContain("machines");
    const [first, ...others] = runs("dmo", "ant", [1, 2]);
    const elsewhere = { ...first, machine: { ...machine, cpu: "another" } };
    expect(compare([elsewhere, ...others], { against: "wall" }).notes).toContain(
      "Times are of different machines or settings: another, cpu, threads: 1; a processor, cpu, threads: 1.",
    );
    const slow = { ...first, machine: { ...machine, matmul_gflops: 31 } };
    const fast = others.map((run) => ({ ...run, machine: { ...machine, matmul_gflops: 104 } }));
    expect(compare([slow, ...fast], { against: "wall" }).notes).toContain(
      "Times are of machines whose matrix products run at 31 to 104 GFLOP/s.",
    );
  });

  test("of a busy machine has the processor's time, or is left out", () => {
    const [idle, busy, unknown] = runs("dmo", "ant", [1, 2, 3]);
    Object.assign(busy, { busyClock: true, rows: busy.rows.map((row) => ({ ...row, cpu_seconds: row.epoch! + 1 })) });
    unknown.busyClock = true;
    const { groups, notes } = compare([idle, busy, unknown], { against: "wall" });
    expect(groups[0]).toMatchObject({ seeds: [1, 2] });
    expect(groups[0].curve.x.at(-1)).toBe(100);
    expect(notes).toContain("Times are of the processor where the machine was busy: ant dmo seed 2.");
    expect(notes).toContain("Left out, as the machine was busy and their time is unknown: ant dmo seed 3.");
    expect(compare([idle, busy, unknown]).groups[0]).toMatchObject({ seeds: [1, 2, 3] });
    expect(() => compare([unknown], { against: "wall" })).toThrow("their time is unknown");
  });
});

describe("aggregates", () => {
  test("are of returns over the highest that a method reaches on the task", () => {
    const { tasks, highest, baseline, methods } = whole.aggregates!;
    expect({ tasks, baseline }).toEqual({ tasks: ["ant", "hopper"], baseline: "dmo" });
    highest.forEach((value, k) => expect(value).toBeCloseTo([100, 50][k], 9));
    const last = 97 / 99;
    methods[1].scores[0].forEach((score, k) => expect(score).toBeCloseTo((last * [80, 70, 75, 60, 90][k]) / 100, 9));
    const sorted = [0.4, 0.5, 0.6, 0.6, 0.7, 0.7, 0.75, 0.8, 0.9, 1.04];
    expect(methods[1].iqm.value).toBeCloseTo((last * sorted.slice(2, 8).reduce((a, b) => a + b)) / 6, 9);
    expect(methods[0].improvement).toBeUndefined();
    expect(methods[1].improvement!.value).toBeCloseTo((0.5 / 25 + 3 / 25) / 2, 9);
    for (const { iqm, mean, median, optimalityGap, curve, profile } of methods) {
      for (const { value, interval } of [iqm, mean, median, optimalityGap]) {
        expect(interval![0]).toBeLessThan(value);
        expect(interval![1]).toBeGreaterThan(value);
      }
      expect([curve!.low!.length, profile.low!.length]).toEqual([151, 101]);
      expect([profile.y[0], profile.y.at(-1)]).toEqual([1, 0]);
    }
  });

  test("take the baseline that is named, and give the same numbers again", () => {
    const again = compare(five, { baseline: "shac+mujoco" });
    expect(again.aggregates!.methods[0].improvement!.value).toBeGreaterThan(0.9);
    expect(again.groups).toEqual(whole.groups);
    expect(again.aggregates!.methods[1].curve).toEqual(whole.aggregates!.methods[1].curve);
  });

  test("are of the largest block of tasks and methods without a gap", () => {
    const { aggregates, notes } = compare([...five, ...runs("dmo", "snu", [1, 2]), ...runs("bptt", "ant", [3, 4])]);
    expect(aggregates!.tasks).toEqual(["ant", "hopper"]);
    expect(aggregates!.methods.map(({ method }) => method)).toEqual(["dmo", "shac+mujoco"]);
    expect(notes).toContain(
      "The aggregates are of what has no gap: dmo, shac+mujoco on ant, hopper. Not in them: bptt on ant; dmo on snu.",
    );
  });

  test("of a cost, whose returns are not above 0, are between the lowest and the highest of a method's mean", () => {
    const costs = [...runs("dmo", "cartpole", [-2, -2]), ...runs("shac", "cartpole", [-4, -6])];
    const { aggregates, notes } = compare(costs);
    const [first, last] = [(-2 * 2) / 99, (-5 * 99) / 99];
    expect(aggregates).toMatchObject({ tasks: ["cartpole"], lowest: [last], highest: [first] });
    expect(aggregates!.methods[0].iqm.value).toBeCloseTo(((-2 * 97) / 99 - last) / (first - last), 9);
    expect(aggregates!.methods.every(({ curve }) => curve!.y.every((y) => y >= 0 && y <= 1))).toBe(true);
    expect(notes.join()).toContain("cartpole is a cost: returns are normalised between the lowest and the highest");
    expect(aggregateTable(compare(costs))!.rows).toHaveLength(2);
  });

  test("are absent where returns never change", () => {
    const still = runs("dmo", "cartpole", [-0, -0]);
    expect(compare(still)).not.toHaveProperty("aggregates");
    expect(compare(still).notes).toContain("Not in the aggregates, as their returns never change: cartpole.");
  });

  test("of scores are over the highest mean score, and of finished runs alone", () => {
    const score = (run: ComparedRun, mean: number): ComparedRun => {
      const evaluation = { mean, std: 0, episodes: 1, returns: [mean] };
      return { ...run, evaluation };
    };
    const [a, b, partial] = runs("dmo", "ant", [1, 2, 3]);
    const [c] = runs("shac", "ant", [9]);
    const { groups, aggregates, notes } = compare([score(a, 30), score(b, 50), score(c, 10), partial], {
      metric: "score",
    });
    expect(groups.map(({ values }) => values)).toEqual([[30, 50], [10]]);
    expect(groups[0].final.value).toBe(40);
    expect(aggregates!.highest).toEqual([40]);
    expect(aggregates!.methods.map(({ mean }) => mean.value)).toEqual([1, 0.25]);
    expect(notes).toContain("Left out, as they have no score yet: ant dmo seed 3.");
    expect(groupTable(compare([score(a, 30)], { metric: "score" })).head[4]).toBe("score");
    expect(() => compare([partial], { metric: "score" })).toThrow("none of the runs has a final score; a run has one");
    expect(() => compare([score(a, 1)], { metric: "score", at: 100 })).toThrow('at is "100"; allowed with the metric');
  });

  test("have no interval where a method has one seed on a task", () => {
    const { aggregates } = compare([...runs("dmo", "ant", [3, 4]), ...runs("dmo", "hopper", [5])]);
    expect(aggregates!.methods[0].iqm).toEqual({ value: expect.any(Number), interval: undefined });
  });

  test("are not made of what may be better when it is lower", () => {
    const { groups, aggregates } = compare(five, { metric: "model_loss" });
    expect(groups[0].values[0]).toBe(-97);
    expect(aggregates).toBeUndefined();
  });
});

describe("runs that differ", () => {
  test("a partial run ends what is said of its method, and that is said", () => {
    const { groups, aggregates, notes } = compare([
      ...five.slice(0, -1),
      run("shac+mujoco", "hopper", 5, 99, { epochs: 50 }),
    ]);
    const group = groups.at(-1)!;
    expect(group.samples).toBe(5000);
    expect(group.values[4]).toBeCloseTo(48, 9);
    expect(group.curve.x.at(-1)).toBe(5000);
    expect(aggregates!.methods[1].curve!.x.at(-1)).toBe(5000);
    expect(notes).toEqual([
      "Partial runs, with their epochs: hopper shac+mujoco seed 5 (50 of 100).",
      expect.stringMatching(/^Seeds are compared, .*: hopper shac\+mujoco seed 5 at 5,000 samples of 10,000\.$/),
      expect.stringMatching(/^Methods have different numbers of samples on hopper: /),
      expect.stringMatching(/ mean over 5 seeds is too narrow: it holds the true mean in about 83 % /),
      "Curves of aggregates end with their shortest task: shac+mujoco at 5,000 samples with hopper.",
    ]);
  });

  test("a missing seed and a run without a return are named", () => {
    const { notes, groups } = compare([...five.slice(1), run("dmo", "ant", 9, 1, { epochs: 2 })]);
    expect(groups[0].seeds).toEqual([2, 3, 4, 5]);
    expect(notes).toContain("Left out, as they have no return yet: ant dmo seed 9.");
    expect(notes).toContain("Seeds that others have on the task and these lack: ant dmo (1).");
  });
});

test.each([
  [[], {}, "runs are none; allowed: one or more."],
  [five, { tasks: ["ants"] }, 'task "ants" is unknown. Did you mean "ant"? Allowed: ant, hopper.'],
  [five, { methods: ["shac"] }, 'method "shac" is unknown. Allowed: dmo, shac+mujoco.'],
  [five, { metric: "retrun" }, 'metric "retrun" is unknown. Did you mean "return"? Allowed: return, '],
  [five, { against: "time" }, 'against "time" is unknown. Allowed: samples, wall.'],
  [five, { baseline: "shac" }, 'baseline "shac" is unknown. Allowed: dmo, shac+mujoco.'],
  [
    five,
    { metric: "critic_loss" },
    'metric "critic_loss" has no value in any of the runs; they have return, model_loss.',
  ],
  [five, { at: -1 }, 'at is "-1"; allowed: a number of samples above 0.'],
  [[...five, five[0]], {}, 'run "ant dmo seed 1" is given twice; allowed: each seed of a method on a task once.'],
])("bad input %#", (given, options, message) => {
  expect(() => compare(given as ComparedRun[], options as object)).toThrow(message as string);
});

test("seeds without a common range are refused", () => {
  const late = run("dmo", "ant", 2, 1);
  late.rows = late.rows.map(({ return: value, ...row }) => (row.epoch! < 50 ? row : { ...row, return: value }));
  expect(() => compare([run("dmo", "ant", 1, 1, { epochs: 20 }), late])).toThrow(
    '"ant dmo seed 1" ends at 2,000 samples, where "ant dmo seed 2" has no return yet (its first is at 5,100)',
  );
});

describe("what is shown", () => {
  test("are the tasks and methods that are named, in the order of the runs", () => {
    const { groups } = compare(five, { tasks: ["hopper"], methods: ["shac+mujoco", "dmo"] });
    expect(groups.map(({ task, method }) => `${task} ${method}`)).toEqual(["hopper dmo", "hopper shac+mujoco"]);
  });

  test("may be the six methods with the most tasks, then runs, algorithms first; the baseline in any case", () => {
    const many = ["a", "b", "c", "d", "e", "f", "g", "h", "h+x"].flatMap((method, k) => [
      ...runs(method, "ant", k === 1 ? [1, 2] : [1]),
      ...(k > 3 ? runs(method, "hopper", [1]) : []),
    ]);
    expect(mainMethods(many)).toEqual(["a", "b", "e", "f", "g", "h"]);
    expect(mainMethods(many, "d")).toEqual(["b", "d", "e", "f", "g", "h"]);
    expect(mainMethods(many, "h+x")).toEqual(["b", "e", "f", "g", "h", "h+x"]);
    expect(mainMethods(five)).toEqual(["dmo", "shac+mujoco"]);
  });

  test("is drawn on a logarithmic axis where some runs are far longer than others", () => {
    const axis = (...given: ComparedRun[]): unknown =>
      (comparisonFigures(compare(given)).curves.figure.layout["xaxis1"] as { type?: string }).type;
    expect(axis(run("dmo", "ant", 1, 1, { epochs: 9 }), run("shac", "ant", 1, 1))).toBe("log");
    expect(axis(run("dmo", "ant", 1, 1, { epochs: 20 }), run("shac", "ant", 1, 1))).not.toBe("log");
  });
});

describe("as figures, tables and a page", () => {
  const comparison = whole;
  type Trace = { name: string; fill?: string; xaxis: string; x: number[]; showlegend: boolean };

  test("a line for each method and task, an area only where there are intervals, one entry in the legend", () => {
    const traces = comparisonFigures(comparison).curves.figure.data as Trace[];
    const lines = traces.filter(({ fill }) => !fill);
    expect(lines.map(({ name, xaxis, showlegend }) => [name, xaxis, showlegend])).toEqual([
      ["DMO", "x1", true],
      ["SHAC+mujoco", "x1", false],
      ["DMO", "x2", true],
      ["SHAC+mujoco", "x2", false],
    ].map(([name, axis], k) => [name, axis, k < 2])); // prettier-ignore
    expect(traces).toHaveLength(8);
    expect(lines[0].x.at(-1)).toBe(0.01);
    const single = comparisonFigures(compare(five.filter(({ seed }) => seed === 1))).curves;
    expect((single.figure.data as Trace[]).some(({ fill }) => fill)).toBe(false);
    expect(single.caption).toBe("Lines: one seed each, so there are no intervals.");
  });

  test("tables for people and as CSV", () => {
    expect(groupTable(comparison).rows[0]).toEqual(["ant", "dmo", "5 (1, 2, 3, 4, 5)", "10,000", "98.0", expect.stringMatching(/^9\d\.\d to 10\d$/)]); // prettier-ignore
    expect(aggregateTable(comparison)!.head.at(-1)).toBe("P(better than dmo)");
    const [head, first] = groupCsv(comparison).split("\n");
    expect(head).toBe("task,method,seeds,samples,final,low,high");
    expect(first).toMatch(/^ant,dmo,1 2 3 4 5,10000,97\.97\d*,9\d\.\d+,10\d\.\d+$/);
    const scores = aggregateCsv(comparison)!.trimEnd().split("\n").map((line) => line.split(",")); // prettier-ignore
    expect(scores.map(({ length }) => length)).toEqual([16, 16, 16]);
    expect(Number(scores[2][1])).toBe(comparison.aggregates!.methods[1].iqm.value);
  });

  test.skipIf(!chromium)("a page that draws all of it without an error or a request", async () => {
    const file = join(temporaryFolder(), "index.html");
    writeFileSync(
      file,
      comparisonPage(
        compare([...runs("dmo", "ant", [3, 4]), ...runs("shac", "ant", [1, 2]), ...runs("dmo", "cartpole", [-5])]),
      ),
    );
    const browser = await launchBrowser();
    try {
      const { page, complaints } = await openFile(browser, file);
      await expect.poll(() => page.locator(".figure .main-svg").count(), { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
      expect(await page.locator("h1").textContent()).toBe("DMO, SHAC on Ant, CartPole");
      expect(await page.locator(".figure .xtitle, .figure .x2title").allTextContents()).toContain(
        "normalised return r",
      );
      expect(await page.locator("li").allTextContents()).toContain("One seed gives no interval: dmo on cartpole.");
      expect(complaints).toEqual({ errors: [], requests: [] });
    } finally {
      await browser.close();
    }
  });
});
