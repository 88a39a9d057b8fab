// Our panels of F3 and F4: means over the tasks on which all methods have runs.
import { report, study } from "../api/index.js";
import type { FigureLine } from "./chart.js";
import { aggregateCurve, listed, partialText, type Result, runsOf } from "./measure.js";
import { SIX } from "./presets.js";

/** The paper's methods, in the order of its legend. */
export const METHODS = ["dmo", "maac", "ppo", "sac"];
/** The same in the preset `laptop`, where MAAC is of the authors' kind; PPO and SAC have one set of settings. */
export const LAPTOP_METHODS = ["dmo+laptop", "maac-v+laptop", "ppo", "sac"];

/**
 * The largest set of tasks and of these methods, the first of them (DMO) among them, without a gap: all its methods have
 * runs on all its tasks.
 */
export function blockOf(results: readonly Result[], methods: readonly string[] = METHODS): study.Block {
  const pairs = methods.flatMap((method) => runsOf(results, SIX, [method]).map(({ task }) => ({ task, method })));
  return study.largestBlock(pairs, methods[0]) ?? { tasks: [], methods: [] };
}

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

/** The official settings, and the preset `laptop` where it has runs. */
export function ownPanels(results: readonly Result[], against: study.Against): Own[] {
  const panelOf = (settings: string, methods: readonly string[], panel: number): Own => {
    const block = blockOf(results, methods);
    const lines =
      block.tasks.length > 0 ? block.methods.map((method) => ourLine(results, block, method, against, panel)) : [];
    return { panel, settings, methods, block, lines };
  };
  const laptop = panelOf("preset laptop", LAPTOP_METHODS, 2);
  return [panelOf("official settings", METHODS, 1), ...(laptop.lines.length > 0 ? [laptop] : [])];
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
