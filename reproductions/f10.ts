// F10: the quadruped on its front legs.
import { drawGo2 } from "./go2.js";
import { go2Needs } from "./presets.js";
import type { Reproduction } from "./reproduction.js";

export const f10: Reproduction = {
  id: "f10",
  title: "Go2 on two legs",
  paper: "Training curve of DMO, how upright the robot stands, and tracking of commanded velocities.",
  needs: go2Needs("go2-bipedal"),
  causes: [
    "Weights, ends, range of commands and phases of the paper's bipedal task are not known; ours are our choice (robots/go2/go2-bipedal.ts).",
  ],
  draw: (results, folder) => drawGo2(results, folder, "go2-bipedal", ["uprightness", "forward", "turning", "contacts"]),
};
