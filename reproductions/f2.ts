// F2: the six environments, where an episode starts.
import { report, tasks } from "../api/index.js";
import { gallery, startPicture } from "./picture.js";
import type { Reproduction } from "./reproduction.js";

/** In the paper's order; planar robots are seen from the side. */
const VIEWS = {
  ant: { turn: 30 },
  snu: { turn: 60 },
  cheetah: {},
  hopper: {},
  allegro: { turn: 60, tilt: 45 },
  humanoid: { turn: 45 },
};
const ORDER = Object.keys(VIEWS) as (keyof typeof VIEWS)[];

export const f2: Reproduction = {
  id: "f2",
  title: "Environments",
  paper: "The six environments, rendered.",
  needs: [],
  causes: [],
  draw: () => ({
    drawing: {
      ...gallery(ORDER.map((task) => ({ heading: report.title(task), picture: startPicture(task, VIEWS[task]) }))),
      csv: [
        "task,observation,action,episode_steps,control_step_seconds,engines",
        ...ORDER.map((name) => {
          const task = tasks.findTask(name);
          const { observationSize, actionSize, episodeLength, model } = task;
          const engines = tasks.enginesOf(task).join(" ");
          return [name, observationSize, actionSize, episodeLength, model.timeStep, engines].join();
        }),
        "",
      ].join("\n"),
    },
    caption: ["Each robot at the deterministic start of an episode, from the model that the code simulates."],
  }),
};
