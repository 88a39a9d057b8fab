/** The same run with several seeds, side by side, each in the folder that it would have alone. */
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { resolveConfig } from "../../lib/training/config.js";
import { RunFolder } from "../../lib/training/run-folder.js";
import { streams } from "../../lib/tensor/random.js";
import { number } from "../../tools/report/format.js";
import { placeOf } from "../../tools/study/result-place.js";
import { bootstrapInterval, mean } from "../../tools/study/statistics.js";
import { settingLines } from "../session.js";
import { committedPaces, timeLeft } from "./pace.js";
import { foundRun, type Run } from "./pool.js";
import { RUNS_FAILED, trainShown } from "./sweep.js";

export type Wanted = {
  task: string;
  algorithm: string;
  assignments: string[];
  /** Each seed with the folder of its run. */
  runs: readonly { seed: number; directory: string }[];
};

/** The runs as they are on disk. @throws InputError, also where a folder holds another run */
function runsOf({ task, algorithm, assignments, runs }: Wanted): Run[] {
  return runs.map(({ seed, directory }) => {
    const config = resolveConfig(task, algorithm, seed, assignments);
    const place = placeOf(config, config.preset ?? "");
    return foundRun({ place, name: path.basename(directory), assignments, config }, directory);
  });
}

/** `1,2,5`, or 5 for the first five, 1 to 5. @throws InputError */
export function seedsOf(text: string): number[] {
  const numbers = text.split(",").map((each) => (/^\d+$/.test(each) ? Number(each) : NaN));
  const seeds = numbers.length > 1 ? numbers : Array.from({ length: numbers[0] || 0 }, (_, k) => k + 1);
  if (seeds.length === 0 || seeds.some(Number.isNaN) || new Set(seeds).size < seeds.length)
    throw new InputError(`option --seeds is "${text}"; allowed: how many (5 is 1 to 5), or a list of different ones (1,2,7).`); // prettier-ignore
  return seeds;
}

/** The configuration as a run's config.json has it, and what there is to know before it is trained. */
export function describe(wanted: Wanted, atATime: number): { config: string; lines: string[] } {
  const runs = runsOf(wanted);
  const { config } = runs[0].job;
  const { epochs, envs, horizon } = config;
  const time = timeLeft(runs, atATime, committedPaces());
  const length = `${number(epochs)} epochs of ${number(envs * horizon)} samples`;
  return {
    config: JSON.stringify(config, null, 2),
    lines: [
      ...settingLines(config),
      ...runs.map(({ directory, status, row }) => `${directory}: ${status === "finished" ? "finished" : row ? `after epoch ${number(row.epoch! + 1)}` : "new"}`), // prettier-ignore
      `${length}${runs.length > 1 ? `, ${runs.length} seeds, ${atATime} at a time` : ""}: ${time}, by how long committed runs of the task and algorithm took`,
    ],
  };
}

/** Trains all seeds, then says their scores. @returns the exit code */
export async function trainSeeds(wanted: Wanted, atATime: number, resume: boolean): Promise<number> {
  const there = wanted.runs.find(({ directory }) => RunFolder.holdsRun(directory));
  if (there && !resume)
    throw new InputError(`"${there.directory}" already holds a run; --resume goes on with it, or name another folder with --out.`); // prettier-ignore
  const runs = runsOf(wanted);
  for (const line of settingLines(runs[0].job.config)) console.log(line);
  const interrupted = await trainShown(runs, atATime);
  const scores = runs.flatMap(({ evaluation }) => evaluation?.mean ?? []);
  if (scores.length > 0) console.log(scoresLine(scores, runs.length));
  if (scores.length < runs.length) console.log("The same command with --resume goes on with the others");
  console.log(`npx dmo-lab compare ${runs.map(({ directory }) => directory).join(" ")} draws them`);
  return interrupted || (runs.some(({ status }) => status === "failed") ? RUNS_FAILED : 0);
}

function scoresLine(scores: readonly number[], of: number): string {
  const interval = bootstrapInterval(scores, streams(0)("seeds"))?.map((x) => number(x, 1));
  const range = interval ? `, 95 % bootstrap interval ${interval.join(" to ")}` : "";
  return `Score ${number(mean(scores), 1)}: mean over ${scores.length} of ${of} seeds${range}`;
}
