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
import { isSmall, type Needs, SIX, SMALL, smallOf, withoutSmall } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";

type Variants = (NonNullable<Needs["settings"]>[number] & { name: string })[];

/** A switch at a time (docs/ablations.md); everything else as in DMO by these `assignments`, the number of samples too. */
function variantsOf(task: string, assignments: readonly string[] = []): Variants {
  const { epochs, horizon, dynamics } = training.resolveConfig(task, "dmo", 1, assignments);
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
    { name: "few-updates", "dynamics.updates": dynamics!.updates / 4 },
  ];
}

/** The task whose ablations are those of the preset `laptop`. */
const SMALL_ON = "cheetah";
/** The same in that preset, and without what it adds to the model. */
const SMALL_VARIANTS: Variants = [
  ...variantsOf(SMALL_ON, [`preset=${SMALL}`]),
  { name: "residual-prediction", "dynamics.prediction": "residual" },
  { name: "raw-targets", "dynamics.targets": "raw" },
].map((variant) => ({ ...variant, name: smallOf(variant.name), preset: SMALL }));
/** All that is ablated somewhere, in the order of rows. */
const COMPONENTS = SMALL_VARIANTS.map(({ name }) => withoutSmall(name));

export const f8: Reproduction = {
  id: "f8",
  title: "Ablations of DMO's components",
  paper:
    "DMO with one component changed at a time: what the model is trained on and predicts, the actor's noise, the value, the reward. (Ours in addition: the critic's rollouts, the horizon, the model's width and how often it is fitted.)",
  needs: SIX.slice(0, 3).map((task) => ({
    ...{ tasks: [task], algorithms: ["dmo"] },
    settings: [...variantsOf(task), ...(task === SMALL_ON ? SMALL_VARIANTS : [])],
  })),
  causes: [],
  draw(results) {
    const ablations = results.filter((result) => ablated(result) !== undefined);
    const there = ablations.map((result) => componentOf(methodName(result)));
    const names = ["DMO", ...COMPONENTS.filter((name) => there.includes(name))];
    const shown = SIX.flatMap((task) => BASES.flatMap((base) => comparisons(results, task, base)));
    const lines: FigureChart["lines"] = shown.flatMap(({ finals }, panel) =>
      finals.map(({ method, value, interval }) => ({
        ...{ panel, method, from: "ours" as const, x: [value], y: [names.indexOf(componentOf(method))] },
        ...(interval && { low: [interval[0]], high: [interval[1]] }),
      })),
    );
    const headings = shown.length > 0 ? shown.map(headingOf) : [{ heading: report.title("hopper") }];
    const panels = headings.map((heading, k) => ({
      x: "return after equal samples",
      ...heading,
      yaxis: report.axisOfNames(names, k, headings.length),
      empty: "no run yet",
      estimates: true as const,
    }));
    const caption = [
      "Returns after equal samples; bars: 95 % bootstrap intervals of the mean over seeds, where there is more than one. Where some runs of a task are partial, they all stand in a panel of their own, as far as the shortest reaches.",
      ...provenance(distinct(shown.flatMap(({ task, finals }) => runsOf(results, [task], finals.map(({ method }) => method))))), // prettier-ignore
    ];
    return { drawing: { panels, lines }, caption };
  },
};

type EqualSamples = { task: string; base: string; end: number; finals: Final[] };

/** A base and its ablations on a task: those over the whole budget at its end, and all together where the shortest ends. */
function comparisons(results: readonly Result[], task: string, base: string): EqualSamples[] {
  const ablations = results.filter((result) => result.task === task && ablated(result) === base);
  const all = distinct(ablations.map(methodName));
  const whole = all.filter((method) => isWhole(leastDone(runsOf(ablations, [task], [method]))));
  const sets = [whole, ...(whole.length < all.length ? [all] : [])].filter((methods) => methods.length > 0);
  return sets.map((methods) => ({ task, base, ...atEqual(results, task, [base, ...methods]) }));
}

/** `Ant after 0.51 M`, and below it which part of DMO's budget that is, where it is not all. */
function headingOf({ task, base, end }: EqualSamples): { heading: string; note?: string } {
  const part = end / budgetOf(task, "dmo");
  const preset = base === "dmo" ? "" : `, ${SMALL},`;
  const heading = `${report.title(task)}${preset} after ${million(end)}`;
  return { heading, ...(!isWhole(part) && { note: `partial: ${report.number(100 * part)} %` }) };
}

/** What is ablated: DMO, and DMO in the preset `laptop`. */
const BASES = ["dmo", `dmo+${SMALL}`];
/** What a method changes of its base. */
const componentOf = (method: string): string => withoutSmall(method.slice("dmo+".length)) || "DMO";

/** What this is an ablation of, if it is one; Go2's are other settings, not ablations of the official ones. */
export function ablated({
  task,
  algorithm,
  variant,
}: Pick<Result, "task" | "algorithm" | "variant">): string | undefined {
  const one = COMPONENTS.includes(withoutSmall(variant));
  return SIX.includes(task) && algorithm === "dmo" && one ? BASES[isSmall(variant) ? 1 : 0] : undefined;
}
