// F7: how close gradients are to the true one, over training and against the horizon.
import { report } from "../api/index.js";
import { type FigureChart, type FigureLine, samplesAxis } from "./chart.js";
import { type CosineColumn, inParts, meanCosine, meansAt, type HorizonMoment, momentsOf } from "./gradients.js";
import { alike, million, partialText, type Result, runsOf } from "./measure.js";
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
    "Cosine similarity with the true policy gradient over training, of DMO's gradient and of imagination's. (Ours in addition: against the length of the horizon.)",
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
    const shown = runsOf(results, DIFFERENTIABLE, [METHOD]);
    const subjects = alike(shown, ({ task }) => task).map((runs) => subjectOf(runs, folder));
    const views = (subjects.length > 0 ? subjects : [{ task: "hopper", runs: [], moments: [undefined] }]).flatMap(
      ({ task, runs, moments }) => [trainingView(task, runs), ...moments.map((moment) => horizonView(task, moment))],
    );
    const lines = views.flatMap((view, panel) => view.lines.map((line) => ({ panel, from: "ours" as const, ...line })));
    const caption = [
      "Gradients of one policy from the same states with the same noise, flattened, log-std included, not clipped. 1 is the true direction, 0 a random one. Over training: means of tenths of the runs, in areas that hold the middle half of the comparisons. Against the horizon, with the policy of that moment: means over repeats with other noise, and over seeds.",
      ...provenance(shown),
    ];
    return { drawing: { panels: views.map(({ panel }) => panel), lines }, caption, beside: cosines(subjects) };
  },
};

/** A task's runs, and what was measured of them against the horizon; one undefined moment if nothing was. */
type Subject = { task: string; runs: Result[]; moments: (HorizonMoment | undefined)[] };

function subjectOf(runs: Result[], folder: string): Subject {
  const measured = runs.flatMap((run) => momentsOf(run, folder));
  const moments = alike(measured, ({ samples }) => samples)
    .map((same) => ({ samples: same[0].samples, rows: same.flatMap(({ rows }) => rows) }))
    .sort((a, b) => a.samples - b.samples);
  return { task: runs[0].task, runs, moments: moments.length > 0 ? moments : [undefined] };
}

type View = { panel: FigureChart["panels"][number]; lines: Omit<FigureLine, "panel" | "from">[] };

const yaxis = { range: [-1.03, 1.03] };

function trainingView(task: string, runs: readonly Result[]): View {
  const heading = `${report.title(task)}: cosine over training`;
  const lines = KINDS.map(({ method, column }, i) => ({
    ...{ method, ...inParts(runs, column) },
    ...(i === 0 && { partial: partialText(runs) }), // both lines are of the same runs
  })).filter(({ x }) => x.length > 0);
  const xaxis = { rangemode: "tozero" };
  return { panel: { ...samplesAxis, heading, xaxis, yaxis, empty: "no run yet" }, lines };
}

function horizonView(task: string, moment?: HorizonMoment): View {
  const heading = `${report.title(task)}: cosine ${moment ? `after ${million(moment.samples)}` : "against the horizon"}`;
  const lines = moment ? KINDS.map(({ method, column }) => ({ method, ...meansAt(moment, column) })) : [];
  const xaxis = { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64, 128] };
  return { panel: { x: "horizon, steps", heading, xaxis, yaxis, empty: "not measured yet" }, lines };
}

/** DMO's official horizon. */
const HORIZON = 16;

/** Means over training until each moment, and at it over DMO's horizon and the longest. */
function cosines(subjects: readonly Subject[]): Table {
  const rows = subjects.flatMap(({ task, runs, moments }) =>
    moments.flatMap((moment) =>
      KINDS.map(({ method, column }) => [
        ...[report.title(task), moment ? million(moment.samples) : "all", report.title(method)],
        report.number(meanCosine(runs, column, moment?.samples), 2),
        ...(moment ? atHorizons(moment, column) : ["not measured", "", ""]),
      ]),
    ),
  );
  const head = ["mean cosine in training until then", `then over ${HORIZON} steps`, "over the longest horizon"];
  return { head: ["task", "samples", "gradient", ...head, `norm of the true one, ${HORIZON} steps`], rows };
}

function atHorizons(moment: HorizonMoment, column: CosineColumn): string[] {
  const { x, y } = meansAt(moment, column);
  const norms = meansAt(moment, "true_gradient_norm").y;
  const at = (values: readonly number[], i: number): string =>
    values[i] === undefined ? "not measured" : report.number(values[i], 2);
  const [official, longest] = [x.indexOf(HORIZON), x.length - 1];
  return [at(y, official), `${at(y, longest)} (${x[longest]} steps)`, at(norms, official)];
}
