// reproductions/tasks/: a page for each task, with what it looks like, what is seen and rewarded, and what was learned on it.
import fs from "node:fs";
import path from "node:path";
import { packageFile, report, tasks, training } from "../api/index.js";
import { plot, sizeOf } from "./chart.js";
import { SHOWN_IN_BOTH, taskCharts } from "./f5.js";
import type { Result } from "./measure.js";
import { resultRow, RESULT_COLUMNS } from "./runs.js";
import { markdownTable } from "./table.js";

/** The page of each task by its name. */
export const taskPages = (results: readonly Result[]): { [task: string]: string } =>
  Object.fromEntries(tasks.taskNames.map((name) => [name, taskPage(name, results)]));

function taskPage(name: string, results: readonly Result[]): string {
  const own = results.filter(({ task }) => task === name);
  const parts = [
    `# ${report.title(name)}`,
    `![six moments of an episode](../figures/${name}-episode.png)`,
    policyOf(name) ? `With the policy that comes along, \`data/policies/${name}.json\`.` : "With all actions 0.",
    definition(name),
    ...(own.length > 0 ? ["## What was learned on it", ...learned(name, own)] : ["No run on it is kept yet."]),
    `## Try it\n\n    npx dmo-lab view ${name}\n    npx dmo-lab tasks ${name}      # all of it, with its physics\n    npx dmo-lab train --task ${name} --algorithm dmo --seed 1 --preset laptop`,
    "Written by `npm run reproduce` from the task that the code runs and the runs in `data/results`.",
  ];
  return parts.join("\n\n") + "\n";
}

const learned = (name: string, own: readonly Result[]): string[] => [
  `![learning curves](../figures/${name}-curves.png)`,
  `Lines are means over seeds, areas 95 % bootstrap intervals, of the official settings and of the preset laptop; a run that ended before its budget ends where it stopped.`,
  markdownTable({ head: RESULT_COLUMNS, rows: own.map(resultRow) }),
];

/** Observation, reward and ends of a task. */
function definition(name: string): string {
  const task = tasks.findTask(name);
  const { observation, rewardTerms, rewardFloor, ends = {}, episodeLength, model } = task;
  const parts = observation.some(({ privileged }) => privileged);
  const seen = task.actorSees.length < task.observationSize ? ` (the actor sees ${task.actorSees.length})` : "";
  const quantities = tasks.placed(observation).map(({ first, size, name, unit, privileged }) => {
    const index = size === 1 ? String(first) : `${first}-${first + size - 1}`;
    return [index, name, unit, ...(parts ? [privileged ? "no" : "yes"] : [])];
  });
  const terms = Object.entries(rewardTerms).map(([term, { weight }]) => [term, String(weight)]);
  const floor = rewardFloor === undefined ? "" : ` The sum is at least ${rewardFloor}.`;
  const end = Object.keys(ends).join(", ") || "nothing";
  return `Observation ${task.observationSize}${seen}, action ${task.actionSize}, episodes of ${episodeLength} steps of 1/${report.number(1 / model.timeStep)} s. An episode ends early at: ${end}.${floor}

${markdownTable({ head: ["index", "observation", "unit", ...(parts ? ["seen by the actor"] : [])], rows: quantities })}

${markdownTable({ head: ["reward term", "weight"], rows: terms })}`;
}

const policyOf = (name: string): string | undefined => {
  const file = packageFile(`data/policies/${name}.json`);
  return fs.existsSync(file) ? file : undefined;
};

/** `<task>-episode.png` and, where there are runs, `<task>-curves.png`, in `folder`. */
export async function writeTaskPictures(results: readonly Result[], folder: string): Promise<void> {
  for (const name of tasks.taskNames) {
    training.writeAtomically(path.join(folder, `${name}-episode.png`), report.svgPng(episodeStrip(name), 1));
    const own = results.filter(({ task }) => task === name);
    if (own.length === 0) continue;
    const figure = plot(taskCharts(own, [name], [...SHOWN_IN_BOTH, "ppo+laptop"]));
    const png = await report.figurePng(figure, sizeOf(figure), 1);
    training.writeAtomically(path.join(folder, `${name}-curves.png`), png);
  }
}

function episodeStrip(name: string): string {
  const task = tasks.findTask(name);
  const file = policyOf(name);
  const policy = file ? training.Policy.load(file) : undefined;
  const still = new Float32Array(task.actionSize);
  const recording = report.record(task, (seen) => policy?.act(seen) ?? still);
  policy?.dispose();
  return report.filmStrip(recording).svg;
}
