// F4: wall clock.
import { AGGREGATE_NEEDS, drawAggregate } from "./aggregate.js";
import type { Reproduction } from "./reproduction.js";

export const f4: Reproduction = {
  id: "f4",
  title: "Wall clock",
  paper:
    "The same means against minutes on one GPU (read off the paper's figure: +-0.01 in return, +-1 min): DMO ends highest, and before PPO ends.",
  needs: AGGREGATE_NEEDS,
  causes: [
    "The paper's clock is a GPU's, with its own simulator; ours is that of a few processor cores, some of which did other work at the same time (data/results/README.md). Minutes compare methods on one machine, and not machines.",
  ],
  draw: (results) => drawAggregate(results, "wall"),
};
