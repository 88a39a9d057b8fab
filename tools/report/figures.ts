/** Figures of runs as pure functions of rows of metrics.csv: plotly's JSON, for a page, a notebook or a file. */
import type { Evaluation } from "../../lib/training/evaluate.js";
import type { Column } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import { drawChart, LOGARITHMIC, type Mark, type Panel, PROGRESS } from "./chart.js";
import type { Figure } from "./panels.js";

/** A run to draw: its rows, and the final score of its deterministic policy if it has one. */
export type Curve = {
  /** In the legend. */
  name: string;
  /** Of metrics.csv, in their order. */
  rows: readonly Row[];
  /** Mean and standard deviation over episodes; absent: the run has not ended. */
  score?: Pick<Evaluation, "mean" | "std">;
};

/** What curves are drawn against: the axis, and a row's place on it. */
const AGAINST = [
  { ...PROGRESS.samples, of: (row: Row) => row.samples! },
  { ...PROGRESS.wall, of: (row: Row) => row.wall_seconds! },
];
const [SAMPLES] = AGAINST;
type Against = (typeof AGAINST)[number];

/**
 * Return against environment steps and against time; the final score stands at the end of its curve.
 * @param curves runs, which may still grow
 */
export function learningCurves(curves: readonly Curve[]): Figure {
  const panels = AGAINST.map((against): Panel => {
    const { marks, ...panel } = panelOf(curves, against, "return", "return of an episode");
    return { ...panel, marks: [...marks, ...curves.flatMap((curve, look) => scoreMark(curve, look, against))] };
  });
  return drawChart(panels, { rowHeight: 400 });
}

/** A method and the rows of its seeds, which have the same settings and may still grow. */
export type SeedCurves = {
  /** In the legend. */
  name: string;
  /** Rows of metrics.csv, `[seed][epoch]`; rows of one epoch have equal samples. */
  seeds: readonly (readonly Row[])[];
};

/**
 * Return against environment steps: a line through the means over seeds, and the area from the lowest to the highest.
 * @param methods each of one seed or more, of equal settings
 */
export const seedCurves = (methods: readonly SeedCurves[]): Figure =>
  drawChart([
    { ...SAMPLES.axis, heading: "return of an episode: mean and range of seeds", marks: methods.map(bandOf) },
  ]);

function bandOf({ name, seeds }: SeedCurves, look: number): Mark {
  const points = seeds[0].flatMap(({ samples }, epoch) => {
    const returns = seeds.flatMap((rows) => rows[epoch]?.return ?? []);
    const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
    return returns.length
      ? [{ x: samples! / SAMPLES.unit, y: mean, low: Math.min(...returns), high: Math.max(...returns) }]
      : [];
  });
  const all = (key: keyof (typeof points)[number]): number[] => points.map((point) => point[key]);
  return { name, look, x: all("x"), y: all("y"), low: all("low"), high: all("high") };
}

/** What is looked at inside of training, and whether its axis is logarithmic. */
const INSIDE: [column: Column, heading: string, yaxis?: object][] = [
  ["model_loss", "loss of the dynamics model"],
  ["actor_grad_norm", "norm of the actor's gradient", LOGARITHMIC],
  ["critic_loss", "loss of the critic", LOGARITHMIC],
  ["critic_grad_norm", "norm of the critic's gradient", LOGARITHMIC],
];

/**
 * What tells whether training is healthy: losses and gradients against environment steps, to stand below the learning
 * curves' legend.
 * @param curves runs, which may still grow
 */
export const diagnostics = (curves: readonly Curve[]): Figure =>
  drawChart(
    INSIDE.filter(([column]) => curves.some(({ rows }) => rows.some((row) => row[column] !== undefined))).map(
      ([column, heading, yaxis]) => ({ ...panelOf(curves, SAMPLES, column, heading), yaxis }),
    ),
    { legendFrom: Infinity },
  );

/** A column of all runs, without the rows that have none. */
function panelOf(curves: readonly Curve[], { axis, unit, of }: Against, column: Column, heading: string): Panel {
  const marks = curves.map(({ name, rows }, look): Mark => {
    const points = rows.filter((row) => row[column] !== undefined);
    return { name, look, x: points.map((row) => of(row) / unit), y: points.map((row) => row[column]!) };
  });
  return { ...axis, heading, marks };
}

const scoreMark = ({ name, rows, score }: Curve, look: number, { unit, of }: Against): Mark[] =>
  score
    ? [
        {
          ...{ name, look, x: [of(rows[rows.length - 1]) / unit], y: [score.mean] },
          ...{ low: [score.mean - score.std], high: [score.mean + score.std], interval: "y bars" },
          ...{ mode: "markers", symbol: "diamond", size: 11, note: "final score of the deterministic policy" },
        },
      ]
    : [];
