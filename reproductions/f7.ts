// F7: how close gradients are to the true one, over training and against the horizon.
import { report } from "../api/index.js";
import { type FigureChart, type FigureLine, samplesAxis } from "./chart.js";
import * as gradients from "./gradients.js";
import type { CosineColumn, HorizonMoment } from "./gradients.js";
import { alike, methodName, million, partialText, type Result, runsOf } from "./measure.js";
import { DIFFERENTIABLE, GRADIENT_NEEDS } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";
import type { Table } from "./table.js";

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
  needs: GRADIENT_NEEDS,
  causes: [
    "Near the end of training the true gradient is short, and its direction is harder to meet: compare its norm before and then.",
  ],
  draw(results, folder) {
    const shown = gradients.GRADIENT_METHODS.flatMap((method) => runsOf(results, DIFFERENTIABLE, [method]));
    const subjects = alike(shown, (run) => `${run.task} ${methodName(run)}`).map((runs) => subjectOf(runs, folder));
    const views = (subjects.length > 0 ? subjects : [{ title: "Hopper", runs: [], moments: [undefined] }]).flatMap(
      ({ title, runs, moments }) => [trainingView(title, runs), ...moments.map((moment) => horizonView(title, moment))],
    );
    const lines = views.flatMap((view, panel) => view.lines.map((line) => ({ panel, from: "ours" as const, ...line })));
    const caption = [
      "Gradients of one policy from the same states with the same noise, flattened, log-std included, not clipped. 1 is the true direction, 0 a random one. Over training: means of tenths of the runs, in areas that hold the middle half of the comparisons. Against the horizon, with the policy of that moment: means over repeats with other noise, and over seeds. Of robots: the median robot's cosine, in areas that hold the middle half of the robots, means of both.",
      ...provenance(shown),
    ];
    return { drawing: { panels: views.map(({ panel }) => panel), lines }, caption, beside: cosines(subjects) };
  },
};

/** A task's runs, and what was measured of them against the horizon; one undefined moment if nothing was. */
type Subject = { title: string; runs: Result[]; moments: (HorizonMoment | undefined)[] };

function subjectOf(runs: Result[], folder: string): Subject {
  const measured = runs.flatMap((run) => gradients.momentsOf(run, folder));
  const moments = alike(measured, ({ samples }) => samples)
    .map((same) => ({ samples: same[0].samples, rows: same.flatMap(({ rows }) => rows) }))
    .sort((a, b) => a.samples - b.samples);
  return { title: gradients.titleOf(runs[0]), runs, moments: moments.length > 0 ? moments : [undefined] };
}

type View = { panel: FigureChart["panels"][number]; lines: Omit<FigureLine, "panel" | "from">[] };

const yaxis = { range: [-1.03, 1.03] };

/** A preset's title has a line of its own. */
const headed = (title: string, what: string): string => `${title}:${title.includes(",") ? "<br>" : " "}${what}`;

function trainingView(title: string, runs: readonly Result[]): View {
  const [what, of] = gradients.loggedRobots(runs)
    ? ["robots' cosine", gradients.robotsInParts]
    : ["cosine", gradients.inParts];
  const lines = KINDS.map(({ method, column }, i) => ({
    ...{ method, ...of(runs, column) },
    ...(i === 0 && { partial: partialText(runs) }), // both lines are of the same runs
  })).filter(({ x }) => x.length > 0);
  const panel = { heading: headed(title, `${what} over training`), xaxis: { rangemode: "tozero" }, yaxis };
  return { panel: { ...samplesAxis, ...panel, empty: "no run yet" }, lines };
}

function horizonView(title: string, moment?: HorizonMoment): View {
  const [what, of] =
    moment && gradients.comparesRobots(moment) ? ["robots' cosine", gradients.robotsAt] : ["cosine", gradients.meansAt];
  const heading = headed(title, `${what} ${moment ? `after ${million(moment.samples)}` : "against the horizon"}`);
  const lines = moment ? KINDS.map(({ method, column }) => ({ method, ...of(moment, column) })) : [];
  const xaxis = { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64, 128] };
  return { panel: { x: "horizon, steps", heading, xaxis, yaxis, empty: "not measured yet" }, lines };
}

/** DMO's official horizon. */
const HORIZON = 16;

/** Means over training until each moment, and at it over DMO's horizon and the longest. */
function cosines(subjects: readonly Subject[]): Table {
  const rows = subjects.flatMap(({ title, runs, moments }) =>
    moments.flatMap((moment) =>
      KINDS.map(({ method, column }) => [
        ...[title, moment ? million(moment.samples) : "all", report.title(method)],
        report.number(gradients.meanCosine(runs, column, moment?.samples), 2),
        ...(moment ? atHorizons(moment, column) : ["not measured", "", ""]),
      ]),
    ),
  );
  const head = ["mean cosine in training until then", `then over ${HORIZON} steps`, "over the longest horizon"];
  return { head: ["task", "samples", "gradient", ...head, `norm of the true one, ${HORIZON} steps`], rows };
}

function atHorizons(moment: HorizonMoment, column: CosineColumn): string[] {
  const { x, y } = gradients.meansAt(moment, column);
  const norms = gradients.meansAt(moment, "true_gradient_norm").y;
  const at = (values: readonly number[], i: number): string =>
    values[i] === undefined ? "not measured" : report.number(values[i], 2);
  const [official, longest] = [x.indexOf(HORIZON), x.length - 1];
  return [at(y, official), `${at(y, longest)} (${x[longest]} steps)`, at(norms, official)];
}
