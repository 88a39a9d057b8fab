// F3: sample efficiency.
import { AGGREGATE_NEEDS, drawAggregate } from "./aggregate.js";
import type { Reproduction } from "./reproduction.js";

export const f3: Reproduction = {
  id: "f3",
  title: "Sample efficiency",
  paper:
    "Mean over six tasks of the normalised return against samples: DMO reaches the highest, with the fewest samples (curves read off the paper's figure: +-0.01 in return, +-0.2 M samples).",
  needs: AGGREGATE_NEEDS,
  causes: [
    "Returns are divided by the highest that any method reaches, so each curve depends on which methods have runs: the fewer there are, the higher the others.",
    "The paper's MAAC is another method than ours: one model and a V critic, 16 imagined steps from replayed observations (docs/algorithms/maac.md).",
  ],
  draw: (results) => drawAggregate(results, "samples"),
};
