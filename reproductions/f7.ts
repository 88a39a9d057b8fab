// F7: how close gradients are to the true one, over training and against the horizon.
import { report } from "../lib/index.js";
import { type Chart, type Line, samplesAxis } from "./chart.js";
import { type CosineColumn, inParts, meanCosine, meansAt, million, type Moment, momentsOf } from "./gradients.js";
import { distinct, partialText, type Result, select } from "./measure.js";
import { DIFFERENTIABLE } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";
import type { Table } from "./table.js";

const METHOD = "dmo+gradients";
/** Whose gradient, and its column in metrics.csv and in the files of horizons. */
const KINDS = [
  { method: "dmo", column: "dmo_cosine" },
  { method: "imagination", column: "imagination_cosine" },
] satisfies { method: string; column: CosineColumn }[];

export const f7: Reproduction = {
  id: "f7",
  title: "Quality of gradients",
  paper:
    "Cosine similarity with the true policy gradient over training, and against the length of the horizon: of DMO's gradient, and of imagination's.",
  needs: [
    {
      tasks: DIFFERENTIABLE,
      algorithms: ["dmo"],
      settings: [{ name: "gradients", "dynamics.gradientEvery": 10 }],
    },
  ],
  causes: [
    "Near the end of training the true gradient is short, and its direction is harder to meet: compare its norm before and then.",
  ],
  draw(results, folder) {
    const shown = select(results, DIFFERENTIABLE, [METHOD]);
    const tasks = distinct(shown.map(({ task }) => task));
    const views = (tasks.length > 0 ? tasks : ["hopper"]).flatMap((task) => viewsOf(task, shown, folder));
    const lines = views.flatMap((view, panel) =>
      linesOf(view).map((line) => ({ panel, from: "ours" as const, ...line })),
    );
    const caption = [
      "Gradients of one policy from the same states with the same noise, flattened, log-std included, not clipped. 1 is the true direction, 0 a random one. Over training: means of tenths of the runs, in areas that hold the middle half of the comparisons. Against the horizon, with the policy of that moment: means over repeats with other noise, and over seeds.",
      ...provenance(shown),
    ];
    return { drawing: { panels: views.map(panelOf), lines }, caption, beside: cosines(views) };
  },
};

/** What a panel shows of a task's runs: their training, or what was measured at a moment of it, if anything was. */
type View = { task: string; runs: Result[] } & ({ over: "training" } | { over: "horizon"; moment?: Moment });

function viewsOf(task: string, results: readonly Result[], folder: string): View[] {
  const runs = results.filter((result) => result.task === task);
  const all = runs.flatMap((run) => momentsOf(run, folder));
  const moments = distinct(all.map(({ samples }) => samples)).map((samples) => ({
    samples,
    rows: all.filter((moment) => moment.samples === samples).flatMap(({ rows }) => rows),
  }));
  const horizons = (moments.length > 0 ? moments : [undefined]).map((moment) => ({ over: "horizon" as const, moment }));
  return [{ over: "training" as const }, ...horizons].map((view) => ({ task, runs, ...view }));
}

function panelOf(view: View): Chart["panels"][number] {
  const title = report.title(view.task);
  const yaxis = { range: [-1.03, 1.03] };
  if (view.over === "training")
    return {
      x: samplesAxis.x,
      heading: `${title}: cosine over training`,
      xaxis: { rangemode: "tozero" },
      yaxis,
      empty: "no run yet",
    };
  return {
    x: "horizon, steps",
    heading: `${title}: cosine ${view.moment ? `after ${million(view.moment)}` : "against the horizon"}`,
    xaxis: { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64, 128] },
    yaxis,
    empty: "not measured yet",
  };
}

const linesOf = (view: View) => (view.over === "training" ? overTraining(view.runs) : againstHorizon(view.moment));

const overTraining = (runs: readonly Result[]): Omit<Line, "panel" | "from">[] =>
  KINDS.map(({ method, column }, i) => ({
    ...{ method, ...inParts(runs, column) },
    ...(i === 0 && { partial: partialText(runs) }), // both lines are of the same runs
  })).filter(({ x }) => x.length > 0);

const againstHorizon = (moment?: Moment): Omit<Line, "panel" | "from">[] =>
  moment ? KINDS.map(({ method, column }) => ({ method, ...meansAt(moment, column) })) : [];

/** DMO's official horizon. */
const HORIZON = 16;

/** Means over training until each moment, and at it over DMO's horizon and the longest. */
function cosines(views: readonly View[]): Table {
  const rows = views.flatMap((view) => {
    if (view.over === "training" || view.runs.length === 0) return [];
    const { task, runs, moment } = view;
    return KINDS.map(({ method, column }) => [
      ...[report.title(task), moment ? million(moment) : "all", report.title(method)],
      report.number(meanCosine(runs, column, moment?.samples), 2),
      ...(moment ? atHorizons(moment, column) : ["not measured", "", ""]),
    ]);
  });
  const head = ["mean cosine in training until then", `then over ${HORIZON} steps`, "over the longest horizon"];
  return { head: ["task", "samples", "gradient", ...head, `norm of the true one, ${HORIZON} steps`], rows };
}

function atHorizons(moment: Moment, column: CosineColumn): string[] {
  const { x, y } = meansAt(moment, column);
  const norms = meansAt(moment, "true_gradient_norm").y;
  const at = (values: readonly number[], i: number): string =>
    values[i] === undefined ? "not measured" : report.number(values[i], 2);
  const [official, longest] = [x.indexOf(HORIZON), x.length - 1];
  return [at(y, official), `${at(y, longest)} (${x[longest]} steps)`, at(norms, official)];
}
