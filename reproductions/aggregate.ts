// F3 and F4: the paper's aggregate curves beside ours, against samples or minutes.
import { packageFile, study } from "../api/index.js";
import { headingOf, METHODS, ownPanels } from "./aggregate-panels.js";
import { besideOf, captionOf } from "./aggregate-text.js";
import { type FigureChart, type FigureLine, minutesAxis, samplesAxis } from "./chart.js";
import type { Result } from "./measure.js";
import { LAPTOP_NEEDS, SIX, standingIn } from "./presets.js";
import type { Drawn, Reproduction } from "./reproduction.js";
import { readTable } from "./table.js";

const figure = (id: string, against: study.Against, about: Pick<Reproduction, "title" | "paper" | "causes">) => ({
  ...{ id, ...about, needs: [{ tasks: SIX, algorithms: METHODS }, ...LAPTOP_NEEDS] },
  draw: (results: readonly Result[]) => drawAggregate(results, against),
});

export const f3: Reproduction = figure("f3", "samples", {
  title: "Sample efficiency",
  paper:
    "Mean over six tasks of the normalised return against samples: DMO reaches the highest, with the fewest samples (curves read off the paper's figure: +-0.01 in return, +-0.2 M samples).",
  causes: [
    "Returns are divided by the highest that any method reaches, so each curve depends on which methods have runs: the fewer there are, the higher the others.",
    "The paper's MAAC is MAAC-V here: one model and a V critic, 16 imagined steps from replayed observations. Its official settings cost what DMO's do and more, so it has runs in the preset laptop alone; MAAC is the published method, of five models (docs/algorithms/maac.md).",
  ],
});

export const f4: Reproduction = figure("f4", "wall", {
  title: "Wall clock",
  paper:
    "The same means against minutes on one GPU (read off the paper's figure: +-0.01 in return, +-1 min): DMO ends highest, and before PPO ends.",
  causes: [
    "The paper's clock is a GPU's, with its own simulator; ours is that of a few processor cores, some of which did other work at the same time (data/results/README.md). Minutes compare methods on one machine, and not machines.",
  ],
});

const AXES = {
  samples: { axis: samplesAxis, file: "paper_sample_efficiency.csv", column: "samples_millions", unit: "M samples" },
  wall: { axis: minutesAxis, file: "paper_wall_clock.csv", column: "minutes", unit: "min" },
} as const;

function drawAggregate(all: readonly Result[], against: study.Against): Drawn {
  const results = study.usableAgainst(against, standingIn(all));
  const panels = ownPanels(results, against);
  const { axis } = AXES[against];
  const paper = paperLines(against);
  const yaxis = { range: [-0.1, 1.05] };
  const chart: FigureChart = {
    panels: [
      { ...axis, heading: "the paper: mean, six tasks", yaxis, empty: "" },
      ...panels.map((own) => ({ ...axis, heading: headingOf(own, panels.length > 1), yaxis, empty: "no run yet" })),
    ],
    lines: [...paper, ...panels.flatMap(({ lines }) => lines)],
  };
  return {
    drawing: chart,
    caption: captionOf(results, panels, against),
    beside: besideOf(panels, paper, AXES[against].unit),
  };
}

function paperLines(against: study.Against): FigureLine[] {
  const { file, column } = AXES[against];
  const rows = readTable(packageFile(`data/reference/${file}`));
  return METHODS.map((method) => {
    const own = rows.filter(({ algorithm, [column]: x }) => algorithm.toLowerCase() === method && Number(x) > 0);
    return {
      panel: 0,
      method,
      from: "paper",
      x: own.map((row) => Number(row[column])),
      y: own.map((row) => Number(row["mean_normalized_return"])),
    };
  });
}
