// Whether DMO's policies walk: what they did in their trials, beside what has to be reached for that (docs/go2.md).
import { existsSync, readFileSync } from "node:fs";
import { report, study, type tasks } from "../api/index.js";
import { readEpisode } from "./go2.js";
import { methodName, type Result } from "./measure.js";
import { fileBeside, type Verdict } from "./reproduction.js";

/** Something that was aimed at: what was measured, and whether that reaches it. */
type Aim = { text: string; reached: boolean };

type Scores = { [condition: string]: tasks.TrialScore };

/** Largest error of a velocity, in m/s and rad/s, averaged over a period of the gait: in nominal physics, and in others. */
const ERROR = 0.1;
const ERROR_ELSEWHERE = 0.2;
/** Share of episodes on a slippery floor that may end in a fall. */
const SLIPS = 0.02;
const STANDING = 0.8;
/** On two legs in randomised physics: shares of episodes that may end in a fall, of time upright; m/s and rad/s. */
const ON_TWO = { falls: 0.02, fallsElsewhere: 0.1, standing: 0.95, forward: 0.1, turning: 0.15 };
/** Of the commanded velocity. */
const FORWARD = 0.5;

const CLAIMS: { task: string; claim: string; aims: (scores: Scores, folder: string, run: Result) => Aim[] }[] = [
  {
    task: "go2",
    claim: "DMO trains a Go2 to walk on four legs",
    aims: ({ nominal, pushes }) => [
      {
        text: `errors of ${nominal.smoothErrors.map((error) => report.number(error, 3)).join(", ")} (forward, left in m/s, turning in rad/s) in nominal physics, where each has to be below ${ERROR}`,
        reached: nominal.smoothErrors.every((error) => error < ERROR),
      },
      {
        text: `${pushes.falls} of ${pushes.episodes} falls with pushes, where there have to be none`,
        reached: pushes.falls === 0,
      },
    ],
  },
  {
    task: "go2-robust",
    claim: "DMO trains a Go2 for the floor, loads, delays and noise that a real one meets (the paper walks one)",
    aims: (scores) => Object.entries(scores).map(([condition, score]) => copesWith(condition, score)),
  },
  {
    task: "go2-bipedal",
    claim: "DMO trains a Go2 to walk on two legs",
    aims: ({ nominal }, folder, run) => [
      {
        text: `standing ${report.number(100 * nominal.standing)} % of the time in nominal physics, where it has to be ${100 * STANDING} % at least`,
        reached: nominal.standing >= STANDING,
      },
      goesForward(folder, run),
    ],
  },
  {
    task: "go2-bipedal-robust",
    claim: "DMO trains a Go2 to walk on two legs that pushes and noise do not upset",
    aims: ({ nominal, pushes, "sensor noise": noise }) => [balances(nominal), survives("pushes", pushes), survives("noise", noise)], // prettier-ignore
  },
];

/** On two legs, in nominal physics. */
function balances({ falls, episodes, standing, smoothErrors: [forward, , turning] }: tasks.TrialScore): Aim {
  const most = ON_TWO.falls * episodes;
  return {
    text: `nominal physics: ${falls} of ${episodes} falls (at most ${most}), standing ${report.number(100 * standing)} % of the time (at least ${100 * ON_TWO.standing} %), errors of ${report.number(forward, 3)} m/s forward (below ${ON_TWO.forward}) and ${report.number(turning, 3)} rad/s turning (below ${ON_TWO.turning})`,
    reached: falls <= most && standing >= ON_TWO.standing && forward < ON_TWO.forward && turning < ON_TWO.turning,
  };
}

function survives(what: string, { falls, episodes }: tasks.TrialScore): Aim {
  const most = ON_TWO.fallsElsewhere * episodes;
  return { text: `${what}: ${falls} of ${episodes} falls (at most ${most})`, reached: falls <= most };
}

function copesWith(condition: string, { falls, episodes, smoothErrors }: tasks.TrialScore): Aim {
  const most = condition === "low friction" ? SLIPS * episodes : 0;
  const bound = condition === "nominal" ? ERROR : ERROR_ELSEWHERE;
  const largest = Math.max(...smoothErrors);
  return {
    text: `${condition}: ${falls} of ${episodes} falls (at most ${most}), errors up to ${report.number(largest, 3)} (below ${bound})`,
    reached: falls <= most && largest < bound,
  };
}

/** Where the run's episode tells it to go forward. */
function goesForward(folder: string, run: Result): Aim {
  if (!existsSync(fileBeside(folder, run, "episode.json")))
    return { text: "no episode of going forward", reached: false };
  const { commanded, actual } = readEpisode(folder, run);
  const told = [...commanded.keys()].filter((step) => commanded[step][0] > 0);
  const [wanted, gone] = [commanded, actual].map((rows) => study.mean(told.map((step) => rows[step][0])));
  return {
    text: `${report.number(gone, 2)} m/s forward on average when told ${report.number(wanted, 2)} m/s, where it has to be ${100 * FORWARD} % at least`,
    reached: gone >= FORWARD * wanted,
  };
}

/** The claims on Go2, judged by the trials that lie beside runs of DMO; a run without trials is not tested. */
export function go2Claims(results: readonly Result[], folder: string): Verdict[] {
  return CLAIMS.map(({ task, claim, aims }) => {
    const runs = results.filter((result) => result.task === task && result.algorithm === "dmo");
    const tried = runs.filter((run) => existsSync(fileBeside(folder, run, "trials.json")));
    const judged = tried.map((run) => ({ run, aims: aims(scoresOf(folder, run), folder, run) }));
    const seen = judged.filter(({ aims }) => aims.every(({ reached }) => reached)).length;
    const counts = { "seen in": seen, "**the opposite** in": judged.length - seen, "not tested in": runs.length - judged.length }; // prettier-ignore
    const parts = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${what} ${count}`] : []));
    return {
      claim,
      verdict: tried.length === 0 ? "not tested: no trials yet" : `of ${report.counted(runs.length, "run")}: ${parts.join(", ")}`, // prettier-ignore
      evidence: judged.map(({ run, aims }) => `${report.title(task)}, ${report.title(methodName(run))}, seed ${run.seed}: ${aims.map(({ text }) => text).join("; ")}`), // prettier-ignore
    };
  });
}

function scoresOf(folder: string, run: Result): Scores {
  const text = readFileSync(fileBeside(folder, run, "trials.json"), "utf8");
  const { conditions } = JSON.parse(text) as tasks.TrialsInConditions;
  return Object.fromEntries(conditions.map(({ condition, ...score }) => [condition, score]));
}
