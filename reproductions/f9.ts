// F9: the quadruped.
import { drawGo2 } from "./go2.js";
import type { Reproduction } from "./reproduction.js";

export const f9: Reproduction = {
  id: "f9",
  title: "Go2 on four legs",
  paper: "Training curves of DMO and PPO, tracking of commanded velocities, and the gait's contacts.",
  needs: [{ tasks: ["go2"], algorithms: ["dmo", "ppo"] }],
  causes: [],
  draw: (results, folder) => drawGo2(results, folder, "go2", ["forward", "left", "turning", "contacts"]),
};
