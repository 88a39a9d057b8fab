// F1: the Go2 on four legs and on its two front legs. It needs trained policies.
import { gallery, startPicture } from "./picture.js";
import type { Reproduction } from "./reproduction.js";

export const f1: Reproduction = {
  id: "f1",
  title: "Teaser",
  paper: "The Go2 walks on four legs and on its two front legs: a strip of rendered frames.",
  needs: [{ tasks: ["go2", "go2-bipedal"], algorithms: ["dmo"] }],
  causes: [],
  holes: ["The strips need trained policies; there are none yet, so only the start of an episode is shown."],
  draw: () => ({
    drawing: {
      ...gallery([
        { heading: "Go2, four legs", picture: startPicture("go2"), note: "no policy yet" },
        { heading: "Go2, two legs", picture: startPicture("go2-bipedal"), note: "no policy yet" },
      ]),
      csv: "task,frame,seconds\n",
    },
    caption: ["No policy yet: the robot where an episode starts, not what it learned."],
  }),
};
