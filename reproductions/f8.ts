// F8: ablations of DMO's components.
import { report, training } from "../lib/index.js";
import type { Chart } from "./chart.js";
import { atEqual, distinct, methodOf, type Result, select } from "./measure.js";
import { type Needs, SIX } from "./presets.js";
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
    "DMO with one component changed at a time: what the model is trained on and predicts, the actor's noise, the value, the critic's rollouts, the reward, the horizon, the model's width and how often it is fitted.",
  needs: SIX.slice(0, 3).map((task) => ({ tasks: [task], algorithms: ["dmo"], settings: variantsOf(task) })),
  causes: [],
  draw(results) {
    const ablations = results.filter(isAblation);
    const found = SIX.filter((task) => ablations.some((result) => result.task === task));
    const tasks = found.length > 0 ? found : ["hopper"];
    const methods = distinct(["dmo", ...ablations.map(methodOf)]);
    const measured = found.map((task) => ({ task, ...atEqual(results, task, methods) }));
    const lines: Chart["lines"] = measured.flatMap(({ finals }, panel) =>
      finals.map(({ method, value, interval }) => ({
        ...{ panel, method, from: "ours" as const, x: [value], y: [methods.indexOf(method)] },
        ...(interval && { low: [interval[0]], high: [interval[1]] }),
      })),
    );
    const rows = {
      tickvals: methods.map((_, row) => row),
      ticktext: methods.map((method) => (method === "dmo" ? "DMO" : method.slice("dmo+".length))),
      range: [methods.length - 0.5, -0.5],
      zeroline: false,
    };
    const panels = tasks.map((task, k) => ({
      x: "final return",
      heading: report.title(task),
      yaxis: { ...rows, showticklabels: k % 3 === 0 },
      empty: "no run yet",
    }));
    const ends = measured.map(({ task, end }) => `${report.title(task)} ${report.number(end / 1e6, 2)} M`);
    const caption = [
      `Returns after equal samples${ends.length > 0 ? ` (${ends.join(", ")})` : ""}; bars: 95 % bootstrap intervals of the mean over seeds, where there is more than one.`,
      ...provenance(select(results, found, methods)),
    ];
    return { drawing: { panels, lines, estimates: true }, caption };
  },
};

/** Variants that ablate nothing. */
const OTHERS = ["bfloat16", "gradients", "mujoco"];

/** Whether it is one of DMO with a component changed; Go2's are other settings, not ablations of the official ones. */
export const isAblation = ({ task, algorithm, variant }: Pick<Result, "task" | "algorithm" | "variant">): boolean =>
  SIX.includes(task) && algorithm === "dmo" && variant !== "" && !OTHERS.includes(variant);
