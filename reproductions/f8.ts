// F8: ablations of DMO's components. The paper has switches of its released code; horizon, width, updates and the imagined
// critic are ours.
import { report, training } from "../api/index.js";
import type { FigureChart } from "./chart.js";
import {
  atEqual,
  budgetOf,
  distinct,
  type Final,
  isWhole,
  leastDone,
  methodName,
  million,
  type Result,
  runsOf,
} from "./measure.js";
import { isSmall, type Needs, SIX } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";

/** A switch at a time (docs/ablations.md); everything else as in DMO, the number of samples too. */
function variantsOf(task: string): NonNullable<Needs["settings"]> {
  const { epochs, horizon } = training.resolveConfig(task, "dmo", 1);
  const stretched = (steps: number) => {
    const same = (epochs * horizon) / steps;
    return { name: `horizon-${steps}`, horizon: steps, epochs: same, decayEpochs: same };
  };
  return [
    { name: "deterministic-model", "dynamics.loss": "squared" },
    { name: "absolute-prediction", "dynamics.prediction": "absolute" },
    { name: "deterministic-actor", "actor.policy": "deterministic" },
    { name: "no-value", value: "none" },
    { name: "imagined-critic", "critic.forward": "model" },
    { name: "learned-reward", reward: "learned" },
    stretched(8),
    stretched(32),
    { name: "small-model", "dynamics.hidden": [128, 128] },
    { name: "few-updates", "dynamics.updates": 32 },
  ];
}

export const f8: Reproduction = {
  id: "f8",
  title: "Ablations of DMO's components",
  paper:
    "DMO with one component changed at a time: what the model is trained on and predicts, the actor's noise, the value, the reward. (Ours in addition: the critic's rollouts, the horizon, the model's width and how often it is fitted.)",
  needs: SIX.slice(0, 3).map((task) => ({ tasks: [task], algorithms: ["dmo"], settings: variantsOf(task) })),
  causes: [],
  draw(results) {
    const ablations = results.filter(isAblation);
    const there = ablations.map(methodName);
    const ordered = variantsOf("hopper").map(({ name }) => `dmo+${name}`);
    const methods = distinct(["dmo", ...ordered.filter((method) => there.includes(method)), ...there]);
    const shown = SIX.flatMap((task) => comparisons(results, task));
    const lines: FigureChart["lines"] = shown.flatMap(({ finals }, panel) =>
      finals.map(({ method, value, interval }) => ({
        ...{ panel, method, from: "ours" as const, x: [value], y: [methods.indexOf(method)] },
        ...(interval && { low: [interval[0]], high: [interval[1]] }),
      })),
    );
    const names = methods.map((method) => (method === "dmo" ? "DMO" : method.slice("dmo+".length)));
    const headings = shown.length > 0 ? shown.map(headingOf) : [report.title("hopper")];
    const panels = headings.map((heading, k) => ({
      x: "return after equal samples",
      heading,
      yaxis: report.axisOfNames(names, k),
      empty: "no run yet",
      estimates: true as const,
    }));
    const caption = [
      "Returns after equal samples; bars: 95 % bootstrap intervals of the mean over seeds, where there is more than one. Where some runs of a task are partial, they all stand in a panel of their own, as far as the shortest reaches.",
      ...provenance(runsOf(results, distinct(ablations.map(({ task }) => task)), methods)),
    ];
    return { drawing: { panels, lines }, caption };
  },
};

type EqualSamples = { task: string; end: number; finals: Final[] };

/** DMO and its ablations on a task: those over the whole budget at its end, and all together where the shortest ends. */
function comparisons(results: readonly Result[], task: string): EqualSamples[] {
  const ablations = results.filter((result) => result.task === task && isAblation(result));
  const all = distinct(ablations.map(methodName));
  const whole = all.filter((method) => isWhole(leastDone(runsOf(ablations, [task], [method]))));
  const sets = [whole, ...(whole.length < all.length ? [all] : [])].filter((methods) => methods.length > 0);
  return sets.map((methods) => ({ task, ...atEqual(results, task, ["dmo", ...methods]) }));
}

/** `Ant after 0.51 M (partial: 13 %)`, of DMO's budget. */
function headingOf({ task, end }: EqualSamples): string {
  const part = end / budgetOf(task, "dmo");
  const partial = isWhole(part) ? "" : ` (partial: ${report.number(100 * part)} %)`;
  return `${report.title(task)} after ${million(end)}${partial}`;
}

/** Variants that ablate nothing. */
const OTHERS = ["bfloat16", "gradients", "mujoco"];

/** Whether it is one of DMO with a component changed; Go2's are other settings, not ablations of the official ones. */
export const isAblation = ({ task, algorithm, variant }: Pick<Result, "task" | "algorithm" | "variant">): boolean =>
  SIX.includes(task) && algorithm === "dmo" && variant !== "" && !OTHERS.includes(variant) && !isSmall(variant);
