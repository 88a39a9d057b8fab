/**
 * The paper's comparison: six tasks, four methods, five seeds, official settings and budgets. 120 runs, far too many for a
 * laptop: docs/cluster.md says what to run where.
 *
 *   npx dmo-lab sweep examples/paper.ts --dry-run
 */
import { study } from "dmo-lab";

export default study.defineStudy({
  name: "paper",
  tasks: ["hopper", "cheetah", "ant", "humanoid", "snu", "allegro"],
  algorithms: ["dmo", "ppo", "sac", "maac"],
  seeds: [1, 2, 3, 4, 5],
});
