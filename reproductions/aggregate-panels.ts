// Our panels of F3 and F4: means over the tasks on which all methods have runs.
import { report, study } from "../api/index.js";
import type { FigureLine } from "./chart.js";
import { aggregateCurve, distinct, listed, partialText, type Result, runsOf, samplesOf } from "./measure.js";
import { SIX } from "./presets.js";

/** The paper's methods, in the order of its legend. */
export const METHODS = ["dmo", "maac", "ppo", "sac"];
/** The same in the preset `laptop`, where MAAC is of the authors' kind; PPO and SAC have one set of settings. */
export const LAPTOP_METHODS = ["dmo+laptop", "maac-v+laptop", "ppo", "sac"];

/** A curve of a mean ends where the shortest of its runs does: samples from which one counts. */
const ENOUGH = 400_000;

/** The tasks on which a method has a run that is long enough. */
const tasksOf = (results: readonly Result[], method: string): string[] =>
  distinct(runsOf(results, SIX, [method]).filter(({ config, epochs }) => samplesOf(config, epochs) >= ENOUGH).map(({ task }) => task)); // prettier-ignore

/** The tasks on which all of these methods have runs; without one, the largest set of both without a gap, the first method (DMO) in it. */
export function blockOf(results: readonly Result[], methods: readonly string[] = METHODS): study.Block {
  const tasks = SIX.filter((task) => methods.every((method) => tasksOf(results, method).includes(task)));
  if (tasks.length > 0) return { tasks, methods: [...methods] };
  const pairs = methods.flatMap((method) => tasksOf(results, method).map((task) => ({ task, method })));
  return study.largestBlock(pairs, methods[0]) ?? NOTHING;
}

/** All six tasks, and the methods that have runs on each: none, unless DMO and another have. */
function blockOfSix(results: readonly Result[], methods: readonly string[]): study.Block {
  const whole = methods.filter((method) => tasksOf(results, method).length === SIX.length);
  return whole[0] === methods[0] && whole.length > 1 ? { tasks: SIX, methods: whole } : NOTHING;
}

const NOTHING: study.Block = { tasks: [], methods: [] };

/** What the mean of a block is called: only that over all six tasks is the paper's quantity. */
export const quantityOf = ({ tasks }: study.Block): string =>
  tasks.length === SIX.length
    ? "mean normalised return, six tasks"
    : tasks.length === 1
      ? `normalised return, ${report.title(tasks[0])} only`
      : `mean over ${listed(tasks)} only`;

/** A panel of ours. */
export type Own = {
  panel: number;
  settings: string;
  methods: readonly string[];
  block: study.Block;
  lines: FigureLine[];
};

/** The official settings, and the preset `laptop` where it has runs; each over all six tasks as well, by fewer methods, where these have runs. */
export function ownPanels(results: readonly Result[], against: study.Against): Own[] {
  const panels: Own[] = [];
  const add = (settings: string, methods: readonly string[], block: study.Block): void => {
    const panel = panels.length + 1;
    const lines = block.methods.map((method) => ourLine(results, block, method, against, panel));
    if (panel === 1 || lines.length > 0) panels.push({ panel, settings, methods, block, lines });
  };
  for (const [settings, methods] of [
    ["official settings", METHODS],
    ["preset laptop", LAPTOP_METHODS],
  ] as const) {
    const [block, six] = [blockOf(results, methods), blockOfSix(results, methods)];
    add(settings, methods, block);
    if (block.tasks.length < SIX.length) add(settings, methods, six);
  }
  return panels;
}

function ourLine(
  results: readonly Result[],
  { tasks }: study.Block,
  method: string,
  against: study.Against,
  panel: number,
): FigureLine {
  const partial = partialText(runsOf(results, tasks, [method]));
  return { panel, method, from: "ours", ...aggregateCurve(results, tasks, method, against), partial };
}

/** Of a panel; the settings are named where there are two. */
export function headingOf({ block, settings }: Own, named: boolean): string {
  if (block.tasks.length === 0) return "ours";
  const quantity = quantityOf(block);
  return named ? `ours, ${settings}: ${quantity.replace("mean over ", "mean over<br>")}` : `ours: ${quantity}`;
}
