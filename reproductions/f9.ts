// F9: the quadruped.
import { drawGo2 } from "./go2.js";
import type { Reproduction } from "./reproduction.js";

const METHODS = ["dmo", "ppo"];

export const f9: Reproduction = {
  id: "f9",
  title: "Go2 on four legs",
  paper: "Training curves of DMO and PPO, tracking of commanded velocities, and the gait's contacts.",
  needs: [{ tasks: ["go2"], algorithms: METHODS }],
  causes: [],
  holes: ["Velocity tracking and the gait diagram need a trained policy; there is none yet."],
  draw: (results) => drawGo2(results, "go2", METHODS, ["velocity and command", "contacts of the feet"]),
};
