// F9 and F10 (and F1, f1.ts): training curves of the Go2 tasks, and an episode of the best policy that there is.
import { existsSync, readFileSync } from "node:fs";
import { report, tasks } from "../api/index.js";
import type { FigureChart, FigureLine } from "./chart.js";
import { taskCharts } from "./f5.js";
import { distinct, methodName, type Result } from "./measure.js";
import { go2Needs } from "./presets.js";
import { type Drawn, fileBeside, provenance, type Reproduction } from "./reproduction.js";

const FOUR_LEGS = ["go2", "go2-robust"];
const TWO_LEGS = ["go2-bipedal", "go2-bipedal-robust"];
export const GO2 = [...FOUR_LEGS, ...TWO_LEGS];

export const f9: Reproduction = {
  id: "f9",
  title: "Go2 on four legs",
  paper: "Training curves of DMO and PPO, tracking of commanded velocities, and the gait's contacts.",
  needs: go2Needs(FOUR_LEGS),
  causes: [
    "Go2 is the task of the paper's release; Go2-robust the same in more widely randomised physics, for an actor that remembers (docs/go2.md).",
  ],
  draw: (results, folder) => drawGo2(results, folder, FOUR_LEGS, ["forward", "left", "turning", "contacts"]),
};

export const f10: Reproduction = {
  id: "f10",
  title: "Go2 on two legs",
  paper: "Training curve of DMO, how upright the robot stands, and tracking of commanded velocities.",
  needs: go2Needs(TWO_LEGS),
  causes: [
    "Weights, ends, range of commands and phases of the paper's bipedal task are not known; ours are our choice (robots/go2/go2-bipedal.ts).",
    "Go2-bipedal-robust is the same task in randomised physics, with stronger motors, for an actor that remembers (docs/go2.md).",
  ],
  draw: (results, folder) => drawGo2(results, folder, TWO_LEGS, ["uprightness", "forward", "turning", "contacts"]),
};

/** An episode as `dmo-lab trials --episode` wrote it, rows [step][number]. */
type Episode = {
  seconds: number;
  fell: boolean;
  commanded: number[][];
  actual: number[][];
  contacts: string[];
  upright: number[];
  q: number[][];
};

/** The episode of that run of a task which has one and the highest return. */
export function episodeOf(results: readonly Result[], folder: string, task: string) {
  const last = ({ rows }: Result): number => rows[rows.length - 1].return ?? -Infinity;
  const [run] = results
    .filter((result) => result.task === task && existsSync(fileBeside(folder, result, "episode.json")))
    .sort((a, b) => last(b) - last(a));
  if (!run) return undefined;
  return { run, episode: readEpisode(folder, run) };
}

/** The episode that lies beside a run. */
export function readEpisode(folder: string, run: Result): Episode {
  const saved = JSON.parse(readFileSync(fileBeside(folder, run, "episode.json"), "utf8")) as {
    [name: string]: unknown;
  };
  const rows = (name: string): number[][] => (saved[name] as string[]).map((row) => row.split(" ").map(Number));
  return { ...saved, commanded: rows("commanded"), actual: rows("actual"), q: rows("q") } as Episode;
}

/** The robot at `count` moments of an episode. */
export function strip(task: string, { q, seconds }: Episode, count = 6) {
  const stage = report.stageOf(tasks.findTask(task));
  const steps = Array.from({ length: count }, (_, i) => Math.round((i * (q.length - 1)) / (count - 1)));
  const values = stage.scene.signals.map(() => NaN);
  const frames = steps.map((step) => ({ step, poses: stage.poses(q[step]), values }));
  const dt = (seconds * (q.length - 1)) / (count - 1);
  return report.filmStrip({ ...stage.scene, dt, ...report.join(frames) }, count);
}

const FEET = ["FL", "FR", "RL", "RR"];
/** Seconds of the gait that are shown. */
const GAIT = { from: 0.5, to: 2 };

/** What a panel may show of an episode: its heading, its axis, and its lines without their panel. */
type View = { heading: string; yaxis?: object; lines: (episode: Episode) => Omit<FigureLine, "panel" | "from">[] };

const followed = (heading: string, k: number): View => ({
  heading,
  lines: ({ commanded, actual, seconds }) =>
    Object.entries({ commanded, actual }).map(([method, rows]) => ({
      method,
      x: rows.map((_, t) => (t + 1) * seconds),
      y: rows.map((row) => row[k]),
    })),
});

const views = {
  forward: followed("forward, m/s", 0),
  left: followed("left, m/s", 1),
  turning: followed("turning, rad/s", 2),
  uprightness: {
    heading: "uprightness (standing above 0.9)",
    lines: ({ upright, seconds }: Episode) => [
      { method: "actual", x: upright.map((_, t) => (t + 1) * seconds), y: upright },
    ],
  },
  contacts: {
    heading: "feet on the ground",
    yaxis: { tickvals: [0, 1, 2, 3], ticktext: FEET, range: [3.6, -0.6] },
    lines: ({ contacts, seconds }: Episode) => FEET.flatMap((_, foot) => bars(contacts, seconds, foot)),
  },
} satisfies { [name: string]: View };

/** A bar for each time that a foot is on the ground. */
function bars(contacts: readonly string[], seconds: number, foot: number): Omit<FigureLine, "panel" | "from">[] {
  const down = contacts
    .map((feet, t) => ({ at: (t + 1) * seconds, on: feet[foot] === "1" }))
    .filter(({ at }) => at >= GAIT.from && at <= GAIT.to);
  const starts = down.filter(({ on }, i) => on && !down[i - 1]?.on);
  const ends = down.filter(({ on }, i) => on && !down[i + 1]?.on);
  const both = (y: number): number[] => [y, y];
  return starts.map(({ at }, i) => ({
    method: "contact",
    x: [at - seconds, ends[i].at],
    y: both(foot),
    low: both(foot - 0.35),
    high: both(foot + 0.35),
  }));
}

/** Curves of all runs of these tasks against samples and time, and these views of an episode of the last that has one. */
function drawGo2(
  results: readonly Result[],
  folder: string,
  trained: readonly string[],
  wanted: readonly (keyof typeof views)[],
): Drawn {
  const runs = results.filter(({ task }) => trained.includes(task));
  const shown = trained.map((task) => episodeOf(results, folder, task)).findLast((found) => found !== undefined);
  const training = taskCharts(runs, trained, distinct(runs.map(methodName)));
  const episode = wanted.flatMap((name, k) =>
    (shown ? views[name].lines(shown.episode) : []).map((line): FigureLine => ({
      ...{ ...line, panel: training.panels.length + k, from: "ours" },
    })),
  );
  const chart: FigureChart = {
    panels: [
      ...training.panels,
      ...wanted.map((name) => ({
        x: "time, s",
        empty: "no policy yet",
        xaxis: { rangemode: "normal" },
        ...views[name],
      })),
    ],
    lines: [...training.lines, ...episode],
  };
  const caption = [
    "Return of the stochastic policy in training, mean over seeds, without the bonus that training may add.",
    ...(runs.length > 0 ? provenance(runs) : ["No run yet."]),
    ...(shown ? [aboutEpisode(shown)] : []),
  ];
  return { drawing: chart, caption };
}

const aboutEpisode = ({ run, episode }: { run: Result; episode: Episode }): string =>
  `Episode: the policy of ${report.title(methodName(run))} on ${report.title(run.task)}, seed ${run.seed}, without noise, in nominal physics, with commands one after another; ` +
  (episode.fell ? `it fell after ${report.number(episode.q.length * episode.seconds, 1)} s.` : "it did not fall.");
