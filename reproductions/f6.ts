// F6: the decoupling ablation: who gives the next state in the rollout, and who its derivative.
import { report } from "../api/index.js";
import { samplesAxis } from "./chart.js";
import { atEqual, curves, type Result, runsOf } from "./measure.js";
import { DECOUPLING_NEEDS, DIFFERENTIABLE, LARGE, SIX, SMALL, someStandIn, standingIn } from "./presets.js";
import { provenance, type Reproduction } from "./reproduction.js";
import type { Table } from "./table.js";

const DECOUPLING = ["dmo", "imagination", "shac"];
/** The same with learned models in the preset `laptop`, on the large tasks. */
const SMALL_DECOUPLING = [`dmo+${SMALL}`, `imagination+${SMALL}`, "shac"];

export const f6: Reproduction = {
  id: "f6",
  title: "What decoupling does",
  paper:
    "The same algorithm with the rollout in the simulator and gradients through the model (DMO), both in the model (imagination), and both in the simulator (SHAC, true gradients).",
  needs: [
    { tasks: SIX, algorithms: ["dmo", "imagination"] },
    { tasks: DIFFERENTIABLE, algorithms: ["shac"] },
    ...DECOUPLING_NEEDS,
  ],
  causes: [
    "SHAC has its official horizon of 32 steps, DMO and imagination theirs of 16: the three differ by more than who gives what.",
    "Imagination's return is measured in the simulator, with what its policy does there.",
  ],
  draw(results) {
    const standing = standingIn(results);
    const small = runsOf(standing, LARGE, SMALL_DECOUPLING.slice(0, 2));
    const shown = [...runsOf(results, SIX, DECOUPLING), ...small];
    const panels = SIX.map((task) => ({
      ...samplesAxis,
      heading: `${report.title(task)}: return`,
      empty: "no run yet",
    }));
    const caption = [
      "Lines: mean over seeds; areas: 95 % bootstrap intervals of it, where there is more than one seed. Allegro's hand has no differentiable simulator, so there is no SHAC.",
      ...(someStandIn(small) ? ["On Humanoid both have entropy (DMO-SAPO) in the preset laptop."] : []),
      ...provenance(shown),
    ];
    return {
      drawing: { panels, lines: curves(shown, SIX, "samples") },
      caption,
      beside: afterEqualSamples(results),
    };
  },
};

/** Returns after equal samples, on tasks that have runs of two of the three at least: official ones, and in the preset `laptop`. */
export const afterEqualSamples = (results: readonly Result[]): Table => ({
  head: ["task", "M samples", ...DECOUPLING.map((method) => `${report.title(method)} (seeds)`)],
  rows: [
    ...rowsOf(results, SIX, DECOUPLING, ""),
    ...rowsOf(standingIn(results), LARGE, SMALL_DECOUPLING, `, preset ${SMALL}`),
  ],
});

function rowsOf(results: readonly Result[], tasks: readonly string[], methods: readonly string[], preset: string) {
  return tasks.flatMap((task) => {
    const { end, finals } = atEqual(results, task, methods);
    if (finals.length < 2) return [];
    const cells = methods.map((method) => {
      const final = finals.find((each) => each.method === method);
      return final ? `${report.number(final.value)} (${final.seeds.length})` : "no run yet";
    });
    return [[`${report.title(task)}${preset}`, report.number(end / 1e6, 2), ...cells]];
  });
}
