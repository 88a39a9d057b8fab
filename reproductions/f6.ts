// F6: the decoupling ablation: who gives the next state in the rollout, and who its derivative.
import { report } from "../api/index.js";
import { samplesAxis } from "./chart.js";
import { atEqual, curves, type Result, runsOf } from "./measure.js";
import { DIFFERENTIABLE, SIX } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";
import type { Table } from "./table.js";

export const DECOUPLING = ["dmo", "imagination", "shac"];

export const f6: Reproduction = {
  id: "f6",
  title: "What decoupling does",
  paper:
    "The same algorithm with the rollout in the simulator and gradients through the model (DMO), both in the model (imagination), and both in the simulator (SHAC, true gradients).",
  needs: [
    { tasks: SIX, algorithms: ["dmo", "imagination"] },
    { tasks: DIFFERENTIABLE, algorithms: ["shac"] },
  ],
  causes: [
    "SHAC has its official horizon of 32 steps, DMO and imagination theirs of 16: the three differ by more than who gives what.",
    "Imagination's return is measured in the simulator, with what its policy does there.",
  ],
  draw(results) {
    const shown = runsOf(results, SIX, DECOUPLING);
    const panels = SIX.map((task) => ({
      ...samplesAxis,
      heading: `${report.title(task)}: return`,
      empty: "no run yet",
    }));
    const caption = [
      "Lines: mean over seeds; areas: 95 % bootstrap intervals of it, where there is more than one seed. Allegro's hand has no differentiable simulator, so there is no SHAC.",
      ...provenance(shown),
    ];
    return {
      drawing: { panels, lines: curves(shown, SIX, "samples") },
      caption,
      beside: afterEqualSamples(results, DECOUPLING),
    };
  },
};

/** Returns after equal samples, of tasks that have runs of two of these methods at least. */
export function afterEqualSamples(results: readonly Result[], methods: readonly string[]): Table {
  const rows = SIX.flatMap((task) => {
    const { end, finals } = atEqual(results, task, methods);
    if (finals.length < 2) return [];
    const cells = methods.map((method) => {
      const final = finals.find((each) => each.method === method);
      return final ? `${report.number(final.value)} (${final.seeds.length})` : "no run yet";
    });
    return [[report.title(task), report.number(end / 1e6, 2), ...cells]];
  });
  return { head: ["task", "M samples", ...methods.map((method) => `${report.title(method)} (seeds)`)], rows };
}
