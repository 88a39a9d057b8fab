import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { packageFile, study, training } from "../api/index.js";
import { temporaryFolder } from "../tests/temporary.js";
import { machine } from "../tests/machine.js";
import { blockOf, quantityOf } from "./aggregate-panels.js";
import { type FigureChart, chartCsv, plot } from "./chart.js";
import { verdicts } from "./claims.js";
import { drawAll, reproductions } from "./figures.js";
import { captionOf, type Shown } from "./gallery.js";
import { curves, highest, type Result } from "./measure.js";
import { go2Needs, presetJobs, missingOf, type Preset, presets, SIX, standingIn } from "./presets.js";
import { coverage, fileBeside, provenance } from "./reproduction.js";
import { numbered, pages, writeFigure } from "./write.js";

type Given = { variant?: string; seed?: number; part?: number; top?: number; row?: training.Row };

/** A run over a part of its budget, whose return rises from 0 to `top` in eleven rows. */
function result(
  task: string,
  algorithm: string,
  { variant = "", seed = 1, part = 1, top = 100, row = {} }: Given = {},
) {
  const config = training.resolveConfig(task, algorithm, seed);
  const epochs = Math.round(config.epochs * part);
  const rows = Array.from({ length: 11 }, (_, i) => ({
    epoch: Math.round((i * (epochs - 1)) / 10),
    samples: Math.round((i * (epochs - 1)) / 10 + 1) * config.envs * config.horizon,
    wall_seconds: 60 * (i + 1),
    return: (top * i) / 10,
    ...row,
  }));
  const run: Result = { task, algorithm, variant, seed, config, machine, epochs, rowsEvery: 1, partial: false, rows };
  return run;
}

const draw = (results: readonly Result[], id: string): Shown => drawAll(results, "nowhere", [id])[0];

const chartOf = ({ drawn }: Shown): FigureChart => drawn.drawing as FigureChart;

/** All texts that stand in a figure. */
const textsIn = (chart: FigureChart): string[] =>
  (plot(chart).layout["annotations"] as { text: string }[]).map(({ text }) => text);

describe("without a run", () => {
  test("every figure is drawn, its holes say so, and nothing of ours is in it", () => {
    for (const shown of drawAll([], "nowhere")) {
      const { reproduction, drawn, cells } = shown;
      if (cells.length > 0) expect(captionOf(shown)[0], reproduction.id).toMatch(/^No run yet/);
      if ("svg" in drawn.drawing) continue;
      expect(drawn.drawing.lines.filter(({ from }) => from === "ours")).toEqual([]);
      expect(textsIn(drawn.drawing).filter((text) => /^no (run|policy) yet$/.test(text)).length).toBeGreaterThan(0);
    }
  });

  test("no claim is judged", () => {
    for (const { verdict, evidence } of verdicts([], "nowhere")) {
      expect(verdict).toMatch(/^not tested/);
      expect(evidence).toEqual([]);
    }
  });
});

describe("aggregates", () => {
  test("are of the largest block without a gap, and a mean over fewer than six tasks names them and has no gap to the paper's", () => {
    const results = ["hopper", "ant"].flatMap((task) => ["dmo", "ppo", "shac"].map((name) => result(task, name)));
    results.push(result("hopper", "sac"));
    expect(blockOf(results)).toEqual({ tasks: ["hopper", "ant"], methods: ["dmo", "ppo"] });
    const { drawn } = draw(results, "f3");
    expect((drawn.drawing as FigureChart).panels[1].heading).toBe("ours: mean over Hopper, Ant only");
    expect(drawn.caption[0]).toContain("another quantity");
    expect(drawn.beside!.rows.map(([, , , gap]) => gap)).toEqual(["-", "-", "-", "-"]);
    expect(drawn.caption.join()).toContain("Not in ours, for want of runs on the same tasks: MAAC, SAC.");
  });

  test("over six tasks are the paper's quantity: the mean of returns over the highest of each task", () => {
    const results = SIX.flatMap((task, i) => [
      result(task, "dmo", { top: 100 * (i + 1) }),
      result(task, "ppo", { top: 50 * (i + 1) }),
    ]);
    expect(quantityOf(blockOf(results))).toBe("mean normalised return, six tasks");
    expect(highest(results, "ant")).toEqual({ value: 300, method: "dmo", of: 2 });
    const ours = chartOf(draw(results, "f3")).lines.filter(({ from }) => from === "ours");
    expect(ours.map(({ method }) => method)).toEqual(["dmo", "ppo"]);
    expect(ours[0].y.at(-1)).toBeGreaterThan(0.95); // runs end together only about
    expect(ours[1].y.at(-1)).toBeCloseTo(ours[0].y.at(-1)! / 2, 1);
    expect(draw(results, "f4").drawn.beside!.rows[0]).toEqual(["DMO", "0.81 at 58.4 min", "1.00 at 11.0 min", "0.19"]);
  });

  test("have a panel of the preset laptop where it has runs, with the authors' MAAC, its own block and column", () => {
    const results = ["hopper", "ant"].flatMap((task) => [
      result(task, "dmo"),
      result(task, "dmo", { variant: "laptop", top: 200 }),
      result(task, "maac-v", { variant: "laptop", top: 50 }),
    ]);
    const { drawn } = draw([...results, result("cheetah", "dmo")], "f4");
    const { panels, lines } = drawn.drawing as FigureChart;
    expect(panels.slice(1).map(({ heading }) => heading)).toEqual([
      "ours, official settings: mean over<br>Hopper, Half-Cheetah, Ant only",
      "ours, preset laptop: mean over<br>Hopper, Ant only",
    ]);
    const own = lines.filter(({ from }) => from === "ours").map(({ panel, method, y }) => [panel, method, y.at(-1)]);
    expect(own).toEqual([[1, "dmo", expect.closeTo(2 / 3)], [2, "dmo+laptop", 1], [2, "maac-v+laptop", 0.25]]); // prettier-ignore
    expect(drawn.beside!.rows[1].slice(2)).toEqual(["no run yet", "0.25 at 11.0 min", "-"]);
    const found = verdicts(results, "nowhere").filter(({ claim }) => claim.startsWith("In the preset laptop"));
    const verdict = "of 5 tasks: seen on 2 (intervals apart on 0), not tested on 3";
    const untested = expect.stringContaining("not tested: no runs of both yet") as string;
    expect(found.map((each) => each.verdict)).toEqual([verdict, verdict, untested, untested, untested]);
  });

  test("are of the tasks that all methods have, and of all six, by those that have these; short runs do not count", () => {
    const laptop = (method: string) => ({ variant: method === "ppo" || method === "sac" ? "" : "laptop" });
    const some = ["hopper", "ant"].flatMap((task) => ["dmo", "maac-v", "ppo", "sac"].map((name) => result(task, name, laptop(name)))); // prettier-ignore
    const others = ["cheetah", "humanoid", "snu", "allegro"].flatMap((task) => [
      ...["dmo", "ppo"].map((name) => result(task, name, laptop(name))),
      ...(task === "allegro" ? [] : [result(task, "maac-v", { variant: "laptop", part: 0.05 })]),
    ]);
    const { panels, lines } = chartOf(draw([...some, ...others], "f3"));
    expect(panels.slice(2).map(({ heading }) => heading)).toEqual([
      "ours, preset laptop: mean over<br>Hopper, Ant only",
      "ours, preset laptop: mean normalised return, six tasks",
    ]);
    const methods = [2, 3].map((panel) => lines.filter((line) => line.panel === panel).map(({ method }) => method));
    expect(methods).toEqual([
      ["dmo+laptop", "maac-v+laptop", "ppo", "sac"],
      ["dmo+laptop", "ppo"],
    ]);
  });

  test("go on with the last return of a run over its whole budget, and end with the first partial run", () => {
    const slow = (run: Result): Result => ({
      ...run,
      rows: run.rows.map((row) => ({ ...row, wall_seconds: 2 * row.wall_seconds! })),
    });
    const endOf = (runs: Result[]): unknown => {
      const { x, y } = chartOf(draw(runs, "f4")).lines.find(({ from }) => from === "ours")!;
      return [x.at(-1), y.at(-1)];
    };
    const hopper = result("hopper", "dmo");
    expect(endOf([hopper, slow(result("ant", "dmo"))])).toEqual([22, 1]);
    expect(endOf([hopper, slow(result("ant", "dmo", { part: 0.5 }))])).toEqual([22, 1]);
    expect(endOf([{ ...hopper, epochs: 100 }, slow(result("ant", "dmo"))])).toEqual([11, expect.closeTo(0.725)]);
  });

  test("have intervals from two seeds on", () => {
    const results = [1, 2].map((seed) => result("hopper", "dmo", { seed, top: 100 * seed }));
    const [line] = chartOf(draw(results, "f3")).lines.filter(({ from }) => from === "ours");
    expect(line.low!.at(-1)).toBeLessThan(line.high!.at(-1)!);
    expect(chartOf(draw(results.slice(1), "f3")).lines.at(-1)!.low).toBeUndefined();
  });
});

describe("captions", () => {
  test("tell what is partial, in the figure as well, and what is missing", () => {
    const shown = draw([result("hopper", "dmo", { part: 0.225 })], "f5");
    expect(textsIn(chartOf(shown))).toContain(
      '<b>Hopper: return</b><br><span style="font-size: 10px">partial: DMO 23 %</span>',
    );
    const [status, ...others] = captionOf(shown);
    expect(status).toBe("Partial: 1 of 29 combinations of task and method have runs (1 seed each), 0 of them over the official budget."); // prettier-ignore
    expect(others).toContain("DMO on Hopper: seed 1; 0.92 M samples (22.5 % of the official budget)");
    expect(others).toContain("All runs: a processor, 1 thread, no GPU");
    expect(others.join()).toContain("DMO on Half-Cheetah, Ant, Humanoid, SNU Humanoid, Allegro");
  });

  test("say once what runs have in common, and name those that differ", () => {
    const runs = ["hopper", "ant"].flatMap((task) => [result(task, "dmo"), result(task, "sac")]);
    runs[0].busyClock = true;
    const caption = captionOf(draw(runs, "f5"));
    expect(caption).toContain("DMO on Hopper, Ant: seed 1; 4.10 M samples (the official budget)");
    expect(caption).toContain("DMO on Hopper: a processor, 1 thread, no GPU; the machine was busy, so not shown against time"); // prettier-ignore
    expect(caption).toContain("All other runs: a processor, 1 thread, no GPU");
  });

  test("name settings that are not official, and the preset of a run that ends where one ends it", () => {
    const [job] = presetJobs([{ tasks: ["hopper"], algorithms: ["dmo"] }], presets.quick);
    const run = result("hopper", "dmo", { part: job.config.epochs / 1000 });
    run.config = { ...run.config, gamma: 0.9 };
    expect(draw([run], "f5").drawn.caption.join()).toMatch(/preset quick\); not official: gamma 0\.9 \(official 0\.99\)/); // prettier-ignore
  });

  test("a figure whose runs are all there, over the whole budget, is complete", () => {
    const results = reproductions
      .find(({ id }) => id === "f9")!
      .needs.flatMap(({ tasks, algorithms }) =>
        tasks.flatMap((task) => algorithms.map((algorithm) => result(task, algorithm))),
      );
    expect(captionOf(draw(results, "f9"))[0]).toMatch(/^Complete: 4 of 4 combinations/);
  });
});

test("returns after equal samples decide on a claim, and say on what they rest", () => {
  const results = [1, 2, 3].flatMap((seed) => [
    result("hopper", "dmo", { seed, top: 900 + seed }),
    result("hopper", "imagination", { seed, top: 100 + seed }),
    result("ant", "dmo", { seed, top: 10 }),
    result("ant", "imagination", { seed, top: 20 }),
  ]);
  const found = verdicts(results, "nowhere").find(({ claim }) => claim.endsWith("imagination"))!;
  expect(found.verdict).toBe("of 6 tasks: seen on 1 (intervals apart), **the opposite** on 1 (intervals apart), not tested on 4"); // prettier-ignore
  expect(found.evidence[0]).toMatch(/^Hopper after 4\.10 M samples: DMO \d+ \(\d+ to \d+\), 3 seeds, Imagination/);
});

test("on Go2 DMO and PPO are compared in the preset that both have runs in", () => {
  const results = [
    result("go2-robust", "dmo", { variant: "laptop", top: 400 }),
    result("go2-robust", "ppo", { variant: "laptop", part: 0.02, top: 300 }),
    result("go2-bipedal", "dmo", { variant: "laptop", top: 400 }),
    result("go2-bipedal", "ppo", { variant: "laptop", part: 0.02, top: 500 }),
    result("go2", "dmo", { variant: "laptop", top: 400 }),
    result("go2", "ppo", { top: 300 }),
  ];
  const found = verdicts(results, "nowhere").filter(({ claim }) => claim.startsWith("In the preset laptop (Go2)"));
  expect(found.map(({ verdict }) => verdict)).toEqual(
    [0, 1].map(() => "of 4 tasks: seen on 1 (intervals apart on 0), **the opposite** on 1 (intervals apart on 0), not tested on 2"), // prettier-ignore
  );
});

/** Writes what lies beside a run, and gives the folder of results. */
function folderWith(run: Result, files: { trials: object; episode?: object }): string {
  const folder = temporaryFolder();
  const trials = fileBeside(folder, run, "trials.json");
  fs.mkdirSync(path.dirname(trials), { recursive: true });
  fs.writeFileSync(trials, JSON.stringify(files.trials));
  if (files.episode) fs.writeFileSync(fileBeside(folder, run, "episode.json"), JSON.stringify(files.episode));
  return folder;
}

test("a Go2 walks on two legs if it stands and goes as told, does not if it misses one, and is not tested without trials", () => {
  const run = result("go2-bipedal", "dmo", { variant: "laptop" });
  const judged = (standing: number, velocity: number) => {
    const trials = { conditions: [{ condition: "nominal", episodes: 20, falls: 2, standing }] };
    const steps = { commanded: ["0 0 0", "0.3 0 0", "0.3 0 0"], actual: ["9 0 0", "0 0 0", `${2 * velocity} 0 0`] };
    const folder = folderWith(run, { trials, episode: { ...steps, q: [] } });
    return verdicts([run, { ...run, seed: 2 }], folder).find(({ claim }) => claim.endsWith("two legs"))!;
  };
  expect(judged(0.9, 0.19)).toMatchObject({ verdict: "of 2 runs: seen in 1, not tested in 1", evidence: ["Go2-bipedal, DMO+laptop, seed 1: standing 90 % of the time in nominal physics, where it has to be 80 % at least; 0.19 m/s forward on average when told 0.30 m/s, where it has to be 50 % at least"] }); // prettier-ignore
  expect(judged(0.9, 0.14).verdict).toBe("of 2 runs: **the opposite** in 1, not tested in 1");
  expect(judged(0.7, 0.19).verdict).toBe("of 2 runs: **the opposite** in 1, not tested in 1");
  const untried = verdicts([run], "nowhere").find(({ claim }) => claim.endsWith("two legs"))!;
  expect(untried.verdict).toBe("not tested: no trials yet");
});

test.each([
  [{}, {}, "seen in"],
  [{ falls: 3 }, {}, "**the opposite** in"],
  [{ standing: 0.94 }, {}, "**the opposite** in"],
  [{ smoothErrors: [0.11, 0.3, 0.14] }, {}, "**the opposite** in"],
  [{ smoothErrors: [0.09, 0.3, 0.16] }, {}, "**the opposite** in"],
  [{}, { falls: 11 }, "**the opposite** in"],
])(
  "a Go2 on two legs with %j in nominal physics and %j with pushes and noise: no upset is %s",
  (nominal, other, verdict) => {
    const run = result("go2-bipedal-robust", "dmo", { variant: "laptop" });
    const usual = { episodes: 100, falls: 2, standing: 0.95, smoothErrors: [0.09, 0.3, 0.14] };
    const others = ["pushes", "sensor noise"].map((condition) => ({ condition, ...usual, falls: 10, ...other }));
    const trials = { conditions: [{ condition: "nominal", ...usual, ...nominal }, ...others] };
    const judged = verdicts([run], folderWith(run, { trials }));
    expect(judged.find(({ claim }) => claim.includes("upset"))!.verdict).toBe(`of 1 run: ${verdict} 1`);
  },
);

test.each([
  [0.09, 0, "seen in"],
  [0.11, 0, "**the opposite** in"],
  [0.09, 1, "**the opposite** in"],
])(
  "a Go2 with an error of %s in nominal physics and %s falls with pushes: it walks on four legs is %s",
  (error, falls, verdict) => {
    // prettier-ignore
    const run = result("go2", "dmo");
    const conditions = ["nominal", "pushes"].map((condition) => ({ condition, episodes: 20, falls, smoothErrors: [0.01, error, 0] })); // prettier-ignore
    const judged = verdicts([run], folderWith(run, { trials: { conditions } }));
    expect(judged.find(({ claim }) => claim.endsWith("four legs"))!.verdict).toBe(`of 1 run: ${verdict} 1`);
  },
);

test.each([
  [0, 2, 0.19, "seen in"],
  [0, 3, 0.19, "**the opposite** in"],
  [1, 2, 0.19, "**the opposite** in"],
  [0, 2, 0.21, "**the opposite** in"],
])(
  "a Go2 with %s falls with noise and %s on a slippery floor of 100, and an error of %s there: other physics are %s",
  (noise, slips, error, verdict) => {
    const run = result("go2-robust", "dmo", { variant: "laptop" });
    const falls = { nominal: 0, "sensor noise": noise, "low friction": slips };
    const conditions = Object.entries(falls).map(([condition, falls]) => ({
      ...{ condition, episodes: 100, falls, smoothErrors: [0.01, condition === "low friction" ? error : 0.09, 0] },
    }));
    const judged = verdicts([run], folderWith(run, { trials: { conditions } }));
    expect(judged.find(({ claim }) => claim.includes("delays"))!.verdict).toBe(`of 1 run: ${verdict} 1`);
  },
);

test("ablations over the whole budget and over a part of it are counted apart", () => {
  const results = [
    result("hopper", "dmo", { top: 900 }),
    result("hopper", "dmo", { variant: "no-value", top: 100 }),
    result("ant", "dmo", { top: 900 }),
    result("ant", "dmo", { variant: "horizon-8", top: 5000, part: 0.5 }),
  ];
  const found = verdicts(results, "nowhere").find(({ claim }) => claim.includes("components"))!;
  expect(found.verdict).toBe("DMO as it is has the higher mean in 1 of 1 comparisons over the whole budget, in 0 of 1 comparisons over a part of the budget"); // prettier-ignore
});

test("gradients of runs that compared robots one by one are their medians in areas of their quartiles, beside older ones", () => {
  const older = result("hopper", "dmo", { variant: "gradients", row: { dmo_cosine: 0.9, imagination_cosine: 0.5 } });
  const of = (name: string, median: number) => ({
    ...{
      [name]: median + 0.2,
      [`${name}_lower`]: median - 0.1,
      [`${name}_median`]: median,
      [`${name}_upper`]: median + 0.1,
    },
  });
  const row = { ...of("dmo_cosine", 0.6), ...of("imagination_cosine", 0.3) };
  const newer = result("cheetah", "dmo", { variant: "laptop-gradients", row });
  const [shown] = drawAll([older, newer], "nowhere", ["f7"]);
  const { panels, lines } = chartOf(shown);
  expect(panels.map(({ heading }) => heading)).toEqual([
    ...["Hopper: cosine over training", "Hopper: cosine against the horizon"],
    ...["Half-Cheetah, preset laptop:<br>robots' cosine over training", "Half-Cheetah, preset laptop:<br>cosine against the horizon"], // prettier-ignore
  ]);
  const found = lines.map(({ panel, method, y, low, high }) => [panel, method, y[0], low![0], high![0]]);
  const near = (x: number) => expect.closeTo(x, 9) as number;
  expect(found).toEqual([
    [0, "dmo", near(0.9), near(0.9), near(0.9)],
    [0, "imagination", near(0.5), near(0.5), near(0.5)],
    [2, "dmo", near(0.6), near(0.5), near(0.7)],
    [2, "imagination", near(0.3), near(0.2), near(0.4)],
  ]);
});

test("gradients: cosines over training from the rows, against the horizon from the file beside them", () => {
  const run = result("hopper", "dmo", { variant: "gradients", row: { dmo_cosine: 0.9, imagination_cosine: 0.5 } });
  const folder = temporaryFolder();
  const file = fileBeside(folder, run, "horizon.csv");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const lines = [100, 1000].flatMap((epochs) =>
    [1, 16].flatMap((horizon) =>
      [0, 1].map((repeat) => `${epochs},${horizon},${repeat},1,${epochs / 2000 + repeat / 10},1,0.2,1`),
    ),
  );
  const head = "epochs,horizon,repeat,true_gradient_norm,dmo_cosine,dmo_norm_ratio,imagination_cosine,imagination_norm_ratio"; // prettier-ignore
  fs.writeFileSync(file, [head, ...lines, ""].join("\n"));
  const [shown] = drawAll([run], folder, ["f7"]);
  expect(chartOf(shown).panels.map(({ heading }) => heading)).toEqual([
    "Hopper: cosine over training",
    "Hopper: cosine after 0.41 M",
    "Hopper: cosine after 4.10 M",
  ]);
  expect(shown.drawn.beside!.rows).toEqual([
    ["Hopper", "0.41 M", "DMO", "0.90", "0.10", "0.10 (16 steps)", "1.00"],
    ["Hopper", "0.41 M", "Imagination", "0.50", "0.20", "0.20 (16 steps)", "1.00"],
    ["Hopper", "4.10 M", "DMO", "0.90", "0.55", "0.55 (16 steps)", "1.00"],
    ["Hopper", "4.10 M", "Imagination", "0.50", "0.20", "0.20 (16 steps)", "1.00"],
  ]);
  expect(verdicts([run], folder).find(({ claim }) => claim.includes("gradient"))!.evidence).toEqual([
    "Hopper, seed 1: mean cosine over training DMO 0.90, imagination 0.50; after 0.41 M over 16 steps DMO 0.10, imagination 0.20; after 4.10 M over 16 steps DMO 0.55, imagination 0.20",
  ]);
});

test("with entropy stands for without on Humanoid, in the preset laptop alone", () => {
  const small = { variant: "laptop" };
  const [soft, hopper, official] = [result("humanoid", "dmo-sapo", small), result("hopper", "dmo", small), result("humanoid", "dmo")]; // prettier-ignore
  const stand = standingIn([official, result("humanoid", "dmo", small), hopper, soft]);
  expect(stand).toEqual([official, hopper, { ...soft, algorithm: "dmo" }]);
  expect(standingIn([official, hopper])).toEqual([official, hopper]);
  for (const runs of [[soft, hopper], [hopper]])
    expect(draw(runs, "f3").drawn.caption.some((line) => line.startsWith("DMO+laptop is DMO-SAPO on Humanoid"))).toBe(runs.includes(soft)); // prettier-ignore
});

test("what decoupling does is shown in the preset laptop where tasks are large, with entropy on Humanoid", () => {
  const small = { variant: "laptop" };
  const soft = result("humanoid", "dmo-sapo", { ...small, top: 90 });
  const imagined = result("humanoid", "dmo-sapo", { variant: "laptop-imagination", top: 30 });
  const others = [result("snu", "dmo", { ...small, top: 80 }), result("snu", "imagination", { ...small, top: 20 })];
  const hopper = result("hopper", "dmo", small);
  const shown = draw([soft, imagined, ...others, hopper, result("humanoid", "shac")], "f6");
  expect(chartOf(shown).lines.map(({ panel, method }) => [panel, method])).toEqual([
    [3, "shac"],
    ...[3, 4].flatMap((panel) => ["dmo+laptop", "imagination+laptop"].map((method) => [panel, method])),
  ]);
  expect(shown.drawn.beside!.rows.map(([task, , ...cells]) => [task, ...cells])).toEqual([
    ["Humanoid, preset laptop", "90 (1)", "30 (1)", "100 (1)"],
    ["SNU Humanoid, preset laptop", "80 (1)", "20 (1)", "no run yet"],
  ]);
  expect(shown.drawn.caption).toContain("On Humanoid both have entropy (DMO-SAPO) in the preset laptop.");
  const without = draw([...others, result("humanoid", "shac")], "f6").drawn;
  expect(without.caption.join()).not.toContain("DMO-SAPO");
});

test("ablations stand beside DMO after equal samples", () => {
  const results = [result("hopper", "dmo"), result("hopper", "dmo", { variant: "no-value", top: 40 })];
  const { panels, lines } = chartOf(draw(results, "f8"));
  expect(panels).toMatchObject([{ heading: "Hopper after 4.10 M", yaxis: { ticktext: ["DMO", "no-value"] } }]);
  expect(lines.map(({ method, x }) => [method, x])).toEqual([["dmo", [100]], ["dmo+no-value", [40]]]); // prettier-ignore
  results.push(result("hopper", "dmo", { variant: "small-model", part: 0.1, top: 8 }));
  const both = chartOf(draw(results, "f8"));
  expect(both.panels.map(({ heading, note }) => [heading, note])).toEqual([["Hopper after 4.10 M", undefined], ["Hopper after 0.41 M", "partial: 10 %"]]); // prettier-ignore
  expect(both.lines.filter(({ panel }) => panel === 0)).toEqual(lines);
  expect(both.lines.filter(({ panel }) => panel === 1).map(({ method }) => method)).toEqual(["dmo", "dmo+no-value", "dmo+small-model"]); // prettier-ignore
});

test("ablations in the preset laptop stand beside DMO in it, not beside the official one; what they lack there they have as well", () => {
  const small = (variant: string, top: number) => result("cheetah", "dmo", { variant, top });
  const { panels, lines } = chartOf(draw([small("", 100), small("laptop", 90), small("laptop-raw-targets", 30), small("laptop-no-value", 20), small("laptop-gradients", 80)], "f8")); // prettier-ignore
  expect(panels.map(({ heading }) => heading)).toEqual(["Half-Cheetah, laptop, after 4.10 M"]);
  expect(panels[0].yaxis).toMatchObject({ ticktext: ["DMO", "no-value", "raw-targets"] });
  expect(lines.map(({ method, x, y }) => [method, x, y])).toEqual([
    ["dmo+laptop", [90], [0]],
    ["dmo+laptop-raw-targets", [30], [2]],
    ["dmo+laptop-no-value", [20], [1]],
  ]);
  const wanted = presetJobs(reproductions.find(({ id }) => id === "f8")!.needs, presets.laptop).filter(
    ({ place }) => place.task === "cheetah",
  );
  expect(wanted.filter(({ place }) => place.variant === "no-value" || place.variant === "laptop-no-value").map(({ place }) => place.variant)).toEqual(Array(3).fill("laptop-no-value")); // prettier-ignore
});

test("variants of an algorithm have its colour, and dashes of their own", () => {
  const lines = ["dmo+laptop", "dmo+no-value", "ppo"].map((method) => ({ panel: 0, method, from: "ours" as const, x: [1, 2], y: [1, 2] })); // prettier-ignore
  const drawn = plot({ panels: [{ x: "", heading: "", empty: "" }], lines }).data as { line: { color: string; dash: string } }[]; // prettier-ignore
  const [small, noValue, ppo] = drawn.map(({ line }) => line);
  expect(noValue.color).toBe(small.color);
  expect([small.dash, noValue.dash, ppo.dash]).toEqual(["solid", "dot", "solid"]);
  expect(ppo.color).not.toBe(small.color);
});

describe("runs", () => {
  test("the command line names what is wrong and what is allowed, and says before it trains what it would", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [packageFile("dist/reproductions/run.js"), ...args], { encoding: "utf8" });
    expect(run("f12")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^figure "f12" is unknown.*Allowed: f1, f2/),
    });
    expect(run("--preset", "big")).toMatchObject({ status: 2, stderr: expect.stringMatching(/^option --preset "big" is unknown.*Allowed: quick, laptop, paper/) }); // prettier-ignore
    expect(run("--jobs", "two")).toMatchObject({ status: 2, stderr: expect.stringMatching(/^option --jobs is "two"; allowed: a whole number from 1/) }); // prettier-ignore
    const results = path.join(temporaryFolder(), "results");
    const dry = run("f6", "--run", "--preset", "quick", "--results", results, "--dry-run");
    expect(dry).toMatchObject({ status: 0, stderr: "" });
    expect(dry.stdout).toMatch(/3 runs in .*left/);
    expect(dry.stdout).toMatch(/hopper\/imagination\/seed1 +49 epochs +200,704 samples/);
    expect(fs.readdirSync(path.dirname(results))).toEqual(["results"]);
    const out = path.join(temporaryFolder({ file: "" }), "file", "gallery");
    expect(run("f2", "--out", out)).toMatchObject({ status: 4, stderr: expect.stringMatching(/^"\S+" can't be written \(ENOTDIR.*\n$/) }); // prettier-ignore
  });

  test("a preset cuts tasks, seeds and samples, and nothing else", () => {
    const needs = [{ tasks: ["hopper", "ant"], algorithms: ["dmo", "ppo"] }];
    const quick = presetJobs(needs, presets.quick);
    expect(quick.map(({ name, config }) => [name, config.epochs])).toEqual([["hopper/dmo/seed1", 49], ["hopper/ppo/seed1", 7]]); // prettier-ignore
    const { epochs, ...others } = training.resolveConfig("hopper", "dmo", 1);
    expect(quick[0].config).toEqual({ ...others, epochs: 49 });
    expect(presetJobs(needs, presets.paper)[0].config.epochs).toBe(epochs);
    expect(presetJobs(needs, presets.paper)).toHaveLength(20);
  });

  test("runs on Go2 are smaller, but for the paper's preset", () => {
    const names = (preset: Preset) =>
      new Set(presetJobs(go2Needs(["go2-bipedal"]), preset).map(({ name }) => name.split("/seed")[0]));
    expect([...names(presets.laptop)]).toEqual(["go2-bipedal/ppo+laptop", "go2-bipedal/dmo+laptop"]);
    expect([...names(presets.paper)]).toEqual(["go2-bipedal/ppo", "go2-bipedal/dmo"]);
    const [ppo] = presetJobs(go2Needs(["go2"]), presets.quick);
    const { epochs, ...small } = training.resolveConfig("go2", "ppo", 1, ["preset=laptop"]);
    expect(ppo.config).toEqual({ ...small, epochs: 17 });
    expect(epochs).toBeGreaterThan(17);
  });

  test("what is there, or longer, is not run again", () => {
    const jobs = presetJobs([{ tasks: ["hopper"], algorithms: ["dmo", "ppo"] }], presets.quick);
    const whole = result("hopper", "dmo");
    expect(missingOf(jobs, [whole]).map(({ name }) => name)).toEqual(["hopper/ppo/seed1"]);
    expect(missingOf(jobs, [{ ...whole, epochs: 10 }])).toHaveLength(2);
    expect(missingOf(jobs, [{ ...whole, variant: "mujoco" }])).toHaveLength(2);
  });

  test("all that the figures need can be resolved", () => {
    for (const reproduction of reproductions)
      expect(coverage(reproduction, []).every(({ whole, partial }) => whole + partial === 0)).toBe(true);
  });
});

test("runs of a busy machine count after equal samples, not after equal time", () => {
  const idle = [result("hopper", "dmo"), result("hopper", "ppo", { top: 50 })];
  const busy = idle.map((run) => ({ ...run, busyClock: true }));
  const linesOf = (runs: readonly Result[], id: string) =>
    chartOf(draw(runs, id)).lines.filter(({ from }) => from === "ours");
  for (const id of ["f3", "f4"]) expect(linesOf(idle, id)).toHaveLength(2);
  expect(linesOf(busy, "f3")).toHaveLength(2);
  expect(linesOf(busy, "f4")).toHaveLength(0);
  const about = (claim: RegExp, runs: readonly Result[]) => verdicts(runs, "nowhere").find((v) => claim.test(v.claim))!;
  expect(about(/equal samples.*PPO/, busy).evidence).toHaveLength(1);
  expect(about(/equal time.*PPO/, busy).evidence).toHaveLength(0);
});

test("a run on one thread of a busy machine has the processor's time", () => {
  const [run] = [result("hopper", "dmo")].map((each) => ({
    ...each,
    busyClock: true,
    machine: { ...each.machine, backend: { ...each.machine.backend, threads: 1 } },
    rows: each.rows.map((row) => ({ ...row, cpu_seconds: row.wall_seconds! / 3 })),
  }));
  const [idle, busy] = [{ ...run, busyClock: false }, run].map((each) => curves([each], ["hopper"], "wall")[0]);
  expect(busy.x.at(-1)).toBeCloseTo(idle.x.at(-1)! / 3);
  expect(busy.y.at(-1)).toBeCloseTo(idle.y.at(-1)!);
  expect(provenance([run]).at(-1)).toBe("All runs: a processor, 1 thread, no GPU; the machine was busy, so time is that of the processor"); // prettier-ignore
  const both = { ...run, machine: { ...run.machine, backend: { ...run.machine.backend, threads: 2 } } };
  expect(curves([both], ["hopper"], "wall")).toEqual([]);
});

test("writes a figure as SVG, PNG, HTML and CSV", async () => {
  const folder = temporaryFolder();
  const shown = draw([result("hopper", "dmo")], "f3");
  await writeFigure(shown, folder);
  const read = (ending: string): string => fs.readFileSync(path.join(folder, `f3.${ending}`), "latin1");
  expect(read("svg")).toMatch(/^<svg .*Hopper only/s);
  expect(read("png").slice(1, 4)).toBe("PNG");
  expect(read("html")).toContain("another quantity");
  expect(read("csv")).toBe(chartCsv(chartOf(shown)));
  expect(read("csv")).toMatch(/"the paper: mean, six tasks",dmo,paper,0\.16,0\.124,,\n/);
});

test('the committed pages are those of the committed runs (if not: "npm run reproduce")', () => {
  const results = packageFile("data/results");
  const { readme, tables, claims, runs, tasks: taskPages } = pages(study.readResults(results), results);
  const read = (file: string): string => fs.readFileSync(packageFile(file), "utf8");
  expect(read("reproductions/README.md")).toBe(readme);
  expect(read("reproductions/tables.md")).toBe(tables);
  expect(read("docs/reproductions.md")).toBe(claims);
  expect(read("data/results/README.md")).toBe(runs);
  for (const [name, page] of Object.entries(taskPages)) expect(read(`reproductions/tasks/${name}.md`)).toBe(page);
});

test("names that plotly draws by chance are numbered, and numbers of the same digits are not", () => {
  const svg = '<defs id="defs-159999"/><path d="M190.2159999998,0" clip-path="url(#clip159999xyplot)"/>';
  expect(numbered(svg)).toBe('<defs id="defs-part0"/><path d="M190.2159999998,0" clip-path="url(#clippart0xyplot)"/>');
});
