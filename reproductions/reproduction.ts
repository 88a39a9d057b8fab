// What each figure's file gives: the runs that it needs, and what is drawn of those that there are.
import { report, study } from "../api/index.js";
import type { FigureChart } from "./chart.js";
import { alike, changed, distinct, isWhole, listed, methodName, million, partDone, type Result } from "./measure.js";
import { allJobs, isSmall, type Needs, presets } from "./presets.js";
import type { Table } from "./table.js";

export type Drawn = {
  /** A chart, or a picture (SVG, in CSS pixels) with its table. */
  drawing: FigureChart | { svg: string; width: number; height: number; csv: string };
  /** What is shown of ours, a sentence each. */
  caption: string[];
  /** The paper's numbers beside ours. */
  beside?: Table;
};

export type Reproduction = {
  /** `f5` */
  id: string;
  title: string;
  /** What the paper shows. */
  paper: string;
  /** The runs that the whole figure is made of. */
  needs: Needs[];
  /** Why ours differ, as far as it is known. */
  causes: string[];
  /** A pure function of results (`results` is also the folder that they are in, for what lies beside them). */
  draw: (results: readonly Result[], folder: string) => Drawn;
};

/** What our runs say of a claim of the paper, and the numbers behind that, a line each. */
export type Verdict = { claim: string; verdict: string; evidence: string[] };

/** A task and a method of which there should be runs. */
export type Cell = { task: string; method: string; whole: number; partial: number };

/** What there is of a figure's runs: the official ones, and smaller ones that are there. */
export function coverage({ needs }: Reproduction, results: readonly Result[]): Cell[] {
  const places = allJobs(needs, presets.paper.seeds).map(({ place }) => ({
    task: place.task,
    method: methodName(place),
  }));
  const cells = new Map(places.map((place) => [`${place.task} ${place.method}`, place]));
  return [...cells.values()]
    .map(({ task, method }) => {
      const there = results.filter((result) => result.task === task && methodName(result) === method);
      const whole = there.filter((result) => isWhole(partDone(result))).length;
      return { task, method, whole, partial: there.length - whole };
    })
    .filter(({ method, whole, partial }) => !isSmall(method) || whole + partial > 0);
}

/** How much of a figure there is, in words. */
export function status(cells: readonly Cell[]): string {
  const present = cells.filter(({ whole, partial }) => whole + partial > 0);
  const whole = present.filter((cell) => cell.partial === 0);
  if (present.length === 0) return `No run yet (of ${cells.length} combinations of task and method).`;
  const seeds = distinct(present.map(({ whole, partial }) => whole + partial)).sort((a, b) => a - b);
  const count = seeds.length > 1 ? `${seeds[0]} to ${seeds[seeds.length - 1]}` : String(seeds[0]);
  const range = `${count} ${count === "1" ? "seed" : "seeds"} each`;
  const all = present.length === cells.length && whole.length === cells.length;
  return `${all ? "Complete" : "Partial"}: ${present.length} of ${cells.length} combinations of task and method have runs (${range}), ${whole.length} of them over the official budget.`; // prettier-ignore
}

/** Of what there is no run. */
export const missingRuns = (cells: readonly Cell[]): string =>
  named(cells.filter(({ whole, partial }) => whole + partial === 0));

type Named = { task: string; method: string };

/** `PPO, SAC on Hopper, Ant; DMO on Ant` */
function named(cells: readonly Named[]): string {
  const tasksOf = (method: string): string => listed(cells.filter((cell) => cell.method === method).map(({ task }) => task)); // prettier-ignore
  const methods = distinct(cells.map(({ method }) => method));
  return distinct(methods.map(tasksOf))
    .map((tasks) => `${listed(methods.filter((method) => tasksOf(method) === tasks))} on ${tasks}`)
    .join("; ");
}

/** What a reader has to know of the runs: seeds, length and settings, then machine and clock; what is alike is said once. */
export function provenance(results: readonly Result[]): string[] {
  const cells = alike(results, (result) => `${result.task} ${methodName(result)}`).map((runs) => {
    const machines = distinct(runs.map(machineOf)).join("; ");
    return { task: runs[0].task, method: methodName(runs[0]), what: whatOf(runs), how: machines + clockOf(runs) };
  });
  const whats = alike(cells, ({ what }) => what).map((group) => `${named(group)}: ${group[0].what}`);
  const hows = alike(cells, ({ how }) => how).sort((a, b) => a.length - b.length);
  const most = hows.length - 1;
  const rest = most > 0 ? "All other runs" : "All runs";
  return [...whats, ...hows.map((group, i) => `${i === most ? rest : named(group)}: ${group[0].how}`)];
}

function whatOf(runs: readonly Result[]): string {
  const others = distinct(runs.flatMap(changedSettings));
  const settings = others.length > 0 ? `; not official: ${others.join(", ")}` : "";
  return `${seedsOf(runs)}; ${distinct(runs.map(lengthOf)).join(" and ")}${settings}`;
}

const seedsOf = (runs: readonly Result[]): string =>
  `${runs.length > 1 ? "seeds" : "seed"} ${runs.map(({ seed }) => seed).join(", ")}`;

/** What is known of the time of runs of one method. */
function clockOf(runs: readonly Result[]): string {
  const untimed = runs.filter((result) => !study.timed(result));
  if (untimed.length === runs.length) return "; the machine was busy, so not shown against time";
  const busy = runs.some(({ busyClock }) => busyClock)
    ? "; the machine was busy, so time is that of the processor"
    : "";
  return busy + (untimed.length > 0 ? `, unknown of ${seedsOf(untimed)}` : "");
}

function lengthOf(result: Result): string {
  const samples = `${million(result.rows[result.rows.length - 1].samples!)} samples`;
  const part = partDone(result);
  const whole = isWhole(part);
  const budget = whole ? "the official budget" : `${report.number(100 * part, 1)} % of the official budget`;
  const preset = Object.entries(presets).find(([, { samples }]) => isCutTo(result, samples));
  const stopped = result.partial ? `, stopped after epoch ${result.epochs} of ${result.config.epochs}` : "";
  return `${samples} (${budget}${!whole && preset ? `, preset ${preset[0]}` : ""})${stopped}`;
}

const isCutTo = ({ epochs, config }: Result, samples: number): boolean =>
  epochs === Math.ceil(samples / (config.envs * config.horizon));

const machineOf = ({ machine: { cpu, backend } }: Result): string =>
  `${cpu}, ${report.counted(backend.threads, "thread")}, no GPU`;

/** Settings that are not the algorithm's official ones, beside its length; the name of an ablation says what its are. */
function changedSettings(result: Result): string[] {
  if (result.variant && !isSmall(result.variant)) return [];
  const ignored = new Set(["evaluationEpisodes", "engine"]);
  return changed(result)
    .filter(({ path, there }) => !ignored.has(path) && there !== undefined)
    .map(({ path, own, there }) => `${path} ${own} (official ${there})`);
}

/** What else may lie beside a run's result: gradients against the horizon, and of a Go2's policy its trials and an episode. */
type Beside = "horizon.csv" | "trials.json" | "episode.json";
export const fileBeside = (folder: string, place: study.ResultPlace, what: Beside): string =>
  `${folder}/${study.resultPath(place)}.${what}`;
