// F9: the quadruped.
import { drawGo2 } from "./go2.js";
import { go2Needs } from "./presets.js";
import type { Reproduction } from "./reproduction.js";

export const f9: Reproduction = {
  id: "f9",
  title: "Go2 on four legs",
  paper: "Training curves of DMO and PPO, tracking of commanded velocities, and the gait's contacts.",
  needs: go2Needs("go2"),
  causes: [],
  draw: (results, folder) => drawGo2(results, folder, "go2", ["forward", "left", "turning", "contacts"]),
};
