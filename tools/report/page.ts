/** A report of runs as one HTML file that needs no network: figures, scores, settings, machine. */
import type { RunConfig } from "../../lib/training/config.js";
import type { Evaluation } from "../../lib/training/evaluate.js";
import type { Row } from "../../lib/training/metrics.js";
import type { Machine } from "../../lib/training/machine.js";
import { settingsOf } from "@dmo-lab/input/configuration";
import { allSettings } from "../../lib/training/algorithms.js";
import { diagnostics, learningCurves, type Curve } from "./figures.js";
import { counted, duration, number, title } from "./format.js";
import { escapeHtml as escape } from "./frame.js";
import { figureElement, htmlPage, htmlTable } from "./html.js";
import type { Recording } from "./recording.js";
import { viewerElement, viewerScript } from "./viewer.js";

/** A run as its folder holds it; without an evaluation it did not end by itself. */
export type RunRecord = {
  /** Of the run in legends: that of its folder. */
  name: string;
  /** All of its settings. */
  config: RunConfig;
  /** What it was computed with. */
  machine: Machine;
  /** Of its metrics.csv, one for each epoch done. */
  rows: Row[];
  /** The final score of its deterministic policy. */
  evaluation?: Evaluation;
  /** An episode of its policy. */
  recording?: Recording;
};

const titleOf = ({ config }: Pick<RunRecord, "config">): string =>
  `${title(config.algorithm)} on ${title(config.task)}`;

/** The page's whole text, HTML. Runs are drawn in the order given, under their names. @param runs one or more */
export function reportPage(runs: readonly RunRecord[]): string {
  const heading = [...new Set(runs.map(titleOf))].join(", ");
  const curves: Curve[] = runs.map(({ name, rows, evaluation }) => ({ name, rows, score: evaluation }));
  return htmlPage(
    heading,
    `${runs.length === 1 ? headline(runs[0]) : overview(runs)}
${robots(runs)}
<section><h2>Learning curve</h2>${figureElement(learningCurves(curves))}
<p class="note">Lines: moving mean of the returns of the stochastic policy in training over about 100 episodes.
${runs.some((run) => run.evaluation) ? "Diamonds: the deterministic policy in the end, mean ± standard deviation over episodes." : ""}</p></section>
<section><h2>Inside training</h2>${figureElement(diagnostics(curves))}</section>
${runs.map((run) => details(run, runs.length === 1)).join("\n")}
${runs.some(({ recording }) => recording) ? viewerScript() : ""}`,
  );
}

/** The policies at work, for the runs that have one. */
function robots(runs: readonly RunRecord[]): string {
  const recordings = runs.flatMap(({ name, config, recording }) =>
    recording ? [{ ...recording, title: runs.length > 1 ? name : titleOf({ config }) }] : [],
  );
  if (recordings.length === 0) return "";
  return `<section><h2>The trained robot</h2>${viewerElement(recordings)}
<p class="note">An episode of the deterministic policy from the task's start, without noise.
Drag to turn, click and roll to zoom, space to play or pause, arrows to step and to change the speed.</p></section>`;
}

function headline(run: RunRecord): string {
  const { rows, evaluation } = run;
  const last = rows[rows.length - 1];
  const score = evaluation
    ? `<div class="score"><b>${number(evaluation.mean)}</b> <span>± ${number(evaluation.std)}</span>
<small>return of the deterministic policy, mean and standard deviation over ${evaluation.episodes} episodes</small></div>`
    : `<div class="score"><small>This run has no final score: it did not run to its end.</small></div>`;
  const facts = [
    ["seed", String(run.config.seed)],
    ["epochs", number(rows.length)],
    ["environment steps", number(last?.samples ?? 0)],
    ["training time", duration(last?.wall_seconds ?? 0)],
  ];
  const list = facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("");
  return `<section class="headline">${score}<dl>${list}</dl></section>`;
}

function overview(runs: readonly RunRecord[]): string {
  const rows = runs.map((run) => {
    const { name, config, evaluation } = run;
    const last = run.rows[run.rows.length - 1];
    const score = evaluation ? `${number(evaluation.mean)} ± ${number(evaluation.std)}` : "-";
    const steps = number(last?.samples ?? 0);
    return [name, titleOf(run), String(config.seed), score, steps, duration(last?.wall_seconds ?? 0)];
  });
  return `<section>${htmlTable(rows, ["run", "", "seed", "final score", "environment steps", "time"])}</section>`;
}

function details({ name, config, machine }: RunRecord, open: boolean): string {
  const cards = [...settingCards(config), card("Machine", htmlTable(machineRows(machine)))];
  return `<details${open ? " open" : ""}><summary>Settings and machine${open ? "" : ` of ${escape(name)}`}</summary>
<div class="cards">${cards.join("\n")}</div></details>`;
}

const card = (title: string, content: string): string => `<div class="card"><h3>${title}</h3>${content}</div>`;

/** The settings by section: path, value, meaning. */
function settingCards(config: RunConfig): string[] {
  const settings = allSettings();
  const values = settingsOf(config).filter(([path]) => path in settings);
  const sections: [string, (path: string) => boolean][] = [
    ["Training", (path) => !path.includes(".")],
    ["Actor", (path) => path.startsWith("actor.")],
    ["Critic", (path) => path.startsWith("critic.")],
    ["Dynamics model", (path) => path.startsWith("dynamics.")],
  ];
  return sections.flatMap(([title, belongs]) => {
    const rows = values
      .filter(([path]) => belongs(path))
      .map(([path, value]) => [path, shown(value), settings[path].meaning]);
    return rows.length > 0 ? [card(title, htmlTable(rows))] : [];
  });
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value));

function machineRows(machine: Machine): string[][] {
  const { started, backend, versions, platform, cpu, cores, memory_bytes, matmul_gflops } = machine;
  return [
    ["started", started.replace("T", " ").replace(/\.\d+Z$/, " UTC")],
    ["processor", `${cpu}, ${cores} cores`],
    ["memory", `${number(memory_bytes / 2 ** 30, 1)} GiB`],
    ["system", `${platform}, Node ${versions.node}, DMO Lab ${versions["dmo-lab"]}`],
    [
      "tensors",
      `${backend.name} ${backend.version}, ${counted(backend.threads, "thread")}${backend.gpu ? ", GPU" : ""}`,
    ],
    ...(matmul_gflops === undefined ? [] : [["matrix products", `${number(matmul_gflops)} GFLOP/s`]]),
  ];
}
