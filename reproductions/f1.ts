// F1: the Go2 on four legs and on its two front legs, at moments of an episode.
import { methodName, type Result } from "./measure.js";
import { report } from "../api/index.js";
import { episodeOf, f10, f9, strip } from "./go2.js";
import { stacked, startPicture } from "./picture.js";
import type { Drawn, Reproduction } from "./reproduction.js";

const TASKS = { go2: "Go2, four legs", "go2-bipedal-robust": "Go2, two legs" };

/** Videos of the policies that come with DMO Lab, made with `dmo-lab view TASK --video FILE`. */
const MOVING = [
  "Moving, on four legs with randomised physics: [data/policies/go2-robust.json](../docs/videos/go2-robust.webm)",
  "Moving, on two legs: [data/policies/go2-bipedal-robust.json](../docs/videos/go2-bipedal-robust.webm)",
];

export const f1: Reproduction = {
  id: "f1",
  title: "Teaser",
  paper: "The Go2 walks on four legs and balances on its two front legs: a strip of frames.",
  needs: [...f9.needs, ...f10.needs],
  causes: [],
  draw,
};

function draw(results: readonly Result[], folder: string): Drawn {
  const parts = Object.entries(TASKS).map(([task, heading]) => {
    const shown = episodeOf(results, folder, task);
    if (!shown) return { heading, picture: startPicture(task), note: "no policy yet" };
    const { episode, run } = shown;
    const name = `${report.title(methodName(run))}, seed ${run.seed}`;
    return { heading: `${heading}: ${name}`, picture: strip(task, episode), task, episode, name };
  });
  const frames = parts.flatMap(({ task, episode }) =>
    task && episode ? [`${task},${episode.q.length},${(episode.q.length * episode.seconds).toFixed(2)}`] : [],
  );
  const without = parts.filter(({ task }) => !task).map(({ heading }) => heading);
  return {
    drawing: { ...stacked(parts), csv: ["task,steps,seconds", ...frames, ""].join("\n") },
    caption: [
      ...parts.flatMap(({ task, heading }) =>
        task ? [`${heading}; seconds of one episode in nominal physics, without noise; the robot's own meshes.`] : [],
      ),
      ...without.map((heading) => `${heading}: no policy yet, the robot where an episode starts.`),
      ...MOVING,
    ],
  };
}
