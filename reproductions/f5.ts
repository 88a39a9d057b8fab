// F5: learning curves of every task, ours beside those of the authors' code where these were measured.
import { packageFile, report, study } from "../api/index.js";
import { type FigureChart, type FigureLine, minutesAxis, samplesAxis } from "./chart.js";
import { LAPTOP_METHODS, METHODS } from "./aggregate-panels.js";
import { curves, distinct, methodName, type Result, runsOf } from "./measure.js";
import { DIFFERENTIABLE, LAPTOP_NEEDS, type Needs, SIX, SMALL } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";
import { readTable, type Table } from "./table.js";

/** Methods in the official settings that the paper compares. */
export const SHOWN = [...METHODS, "shac"];
/** Those, and the same in the preset `laptop`. */
export const SHOWN_IN_BOTH = distinct([...SHOWN, ...LAPTOP_METHODS, `dmo-sapo+${SMALL}`]);

/** Their runs. */
export const SHOWN_NEEDS: Needs[] = [
  { tasks: SIX, algorithms: METHODS },
  { tasks: DIFFERENTIABLE, algorithms: ["shac"] },
];

export const f5: Reproduction = {
  id: "f5",
  title: "Learning curves of each task",
  paper:
    "A panel for each task, all methods, return against samples and against time. The paper's curves are not digitised; where the authors' released code was run for comparison (one processor core, data/reference/authors.csv), its returns stand beside ours.",
  needs: [...SHOWN_NEEDS, ...LAPTOP_NEEDS],
  causes: [
    "Ours and the authors' code draw different random numbers, and after equal samples two seeds of the authors' own code differ as well (DMO on Hopper, their seeds 0 and 1).",
    "Times of the authors' code are of one core, ours of the threads that the caption names.",
  ],
  draw(results) {
    const shown = runsOf(results, SIX, SHOWN_IN_BOTH);
    const chart = taskCharts(results, SIX, SHOWN_IN_BOTH);
    const caption = [
      "Upper six panels against samples, lower six against minutes. The preset laptop is dashed; MAAC-V is MAAC as the authors ran it. Lines: mean over seeds; areas: 95 % bootstrap intervals of it, where there is more than one seed; open marks: the authors' code. Returns are those of the stochastic policy in training, mean of about the last 100 episodes.",
      ...provenance(shown),
    ];
    return { drawing: chart, caption, beside: besideAuthors(results) };
  },
};

/** A panel for each task against samples, then one for each against minutes. */
export function taskCharts(
  results: readonly Result[],
  tasks: readonly string[],
  methods: readonly string[] = SHOWN,
): FigureChart {
  const shown = runsOf(results, tasks, methods);
  const theirs = authorsLines(tasks);
  const below = (line: FigureLine): FigureLine => ({ ...line, panel: line.panel + tasks.length });
  return {
    panels: [samplesAxis, minutesAxis].flatMap((axis) =>
      tasks.map((task) => ({ ...axis, heading: `${report.title(task)}: return`, empty: "no run yet" })),
    ),
    lines: [
      ...curves(shown, tasks, "samples"),
      ...theirs.samples,
      ...[...curves(shown, tasks, "wall"), ...theirs.wall].map(below),
    ],
  };
}

type AuthorsRun = { task: string; algorithm: string; seed: string; rows: { [column: string]: string }[] };

function authorsRuns(): AuthorsRun[] {
  const rows = readTable(packageFile("data/reference/authors.csv"));
  const runs = new Map<string, AuthorsRun>();
  for (const row of rows) {
    const { task, algorithm, seed } = row;
    const key = `${task} ${algorithm} ${seed}`;
    if (!runs.has(key)) runs.set(key, { task, algorithm, seed, rows: [] });
    runs.get(key)!.rows.push(row);
  }
  return [...runs.values()];
}

function authorsLines(tasks: readonly string[]): { samples: FigureLine[]; wall: FigureLine[] } {
  const runs = authorsRuns().filter(({ task }) => tasks.includes(task));
  const line = ({ task, algorithm, rows }: AuthorsRun, column: string, unit: number): FigureLine => ({
    panel: tasks.indexOf(task),
    method: algorithm,
    from: "authors",
    x: rows.map((row) => Number(row[column]) / unit),
    y: rows.map((row) => Number(row["return"])),
  });
  const timed = runs.filter(({ rows }) => rows.every((row) => row["wall_seconds"]));
  return {
    samples: runs.map((run) => line(run, "samples", 1e6)),
    wall: timed.map((run) => line(run, "wall_seconds", 60)),
  };
}

/** Ours beside the authors' code after equal samples, where all of them have begun and not ended. */
export function besideAuthors(results: readonly Result[]): Table {
  const rows = authorsRuns().flatMap(({ task, algorithm, seed, rows }) => {
    const ours = results.filter((result) => result.task === task && methodName(result) === algorithm);
    if (ours.length === 0) return [];
    const { curve, seeds } = study.compare(ours).groups[0];
    const inside = rows.filter(({ samples }) => Number(samples) >= curve.x[0] && Number(samples) <= curve.x.at(-1)!);
    return distinctEnds(inside).map((row) => {
      const [samples, theirs] = [Number(row["samples"]), Number(row["return"])];
      const [own] = study.interpolate(curve, [samples]);
      const difference = `${own < theirs ? "" : "+"}${report.number(own - theirs)}`;
      return [report.title(task), report.title(algorithm), report.number(samples / 1e6, 2), seed, report.number(theirs), report.counted(seeds.length, "seed"), report.number(own), difference]; // prettier-ignore
    });
  });
  return {
    head: ["task", "method", "M samples", "their seed", "the authors' code", "ours", "our return", "gap"],
    rows,
  };
}

/** The first, a middle and the last of rows. */
const distinctEnds = <T>(rows: readonly T[]): T[] => [
  ...new Set([0, Math.floor(rows.length / 2), rows.length - 1].filter((i) => i >= 0 && rows.length > 0).map((i) => rows[i])), // prettier-ignore
];
