// npm run reproduce: draws the paper's figures from committed runs; with --run it first trains those that are missing.
import path from "node:path";
import { defineCommand, wholeNumber } from "../bin/command.js";
import { explain } from "../bin/exit.js";
import { describeRuns, sweep } from "../bin/sweep/sweep.js";
import { oneOf } from "@dmo-lab/input/errors";
import { packageFile, study, tasks, tensor, training } from "../api/index.js";
import { drawAll, reproductions } from "./figures.js";
import { GRADIENT_METHODS } from "./gradients.js";
import { presetJobs, missingOf, presets } from "./presets.js";
import { fileBeside } from "./reproduction.js";
import { writeTaskPictures } from "./task-pages.js";
import { pages, writeFigure, writeFrontPicture } from "./write.js";

const COMMITTED = packageFile("data/results");
const RUNS = "runs/reproductions";
const HORIZONS = [1, 2, 4, 8, 16, 32, 64, 128];
const REPEATS = 4;
const PRESETS = Object.keys(presets) as (keyof typeof presets)[];

type Chosen = { figures: typeof reproductions; preset: keyof typeof presets; jobs: number; results: string };

const command = defineCommand({
  name: "reproduce",
  call: "npm run reproduce --",
  summary: "draw the paper's figures from committed runs",
  usage: "[FIGURE...] [options]",
  operands: { min: 0, max: Infinity },
  options: {
    run: { help: "first train the runs that the figures lack; given again, it goes on" },
    preset: { value: "NAME", help: `how much of them: ${PRESETS.join(", ")} (default laptop)` },
    jobs: { value: "N", help: "runs at a time (default 1)" },
    "dry-run": { help: "with --run: print the runs, and how long they may take" },
    results: { value: "DIR", help: "where results are, and where new ones go (default data/results)" },
    out: { value: "DIR", help: "where the gallery goes (default reproductions; with --results DIR-figures)" },
  },
  notes: () => `FIGURE: ${reproductions.map(({ id }) => id).join(" ")} (default: all)`,

  async run({ options, operands }) {
    const { run = false, "dry-run": dryRun = false, results = COMMITTED } = options;
    const { out = results === COMMITTED ? packageFile("reproductions") : `${results}-figures` } = options;
    const figures = figuresOf(operands);
    const preset = oneOf("option --preset", options.preset ?? "laptop", PRESETS);
    const chosen = { figures, preset, jobs: wholeNumber("jobs", options.jobs ?? "1", 1), results };
    const exit = run ? await runMissing(chosen, dryRun) : 0;
    if (exit === 0 && !(run && dryRun)) await draw(chosen, out);
    return exit;
  },
});

function figuresOf(names: readonly string[]): typeof reproductions {
  const ids = reproductions.map(({ id }) => id);
  names.forEach((name) => oneOf("figure", name, ids));
  return reproductions.filter(({ id }) => names.length === 0 || names.includes(id));
}

/** Trains what there is no result of, or a shorter one, and keeps it. @returns the exit code */
async function runMissing({ figures, preset, jobs, results }: Chosen, dryRun: boolean): Promise<number> {
  training.makeFolder(results);
  const wanted = figures.flatMap(({ needs }) => presetJobs(needs, presets[preset]));
  const unique = [...new Map(wanted.map((job) => [job.name, job])).values()];
  const missing = missingOf(unique, study.readResults(results));
  await tensor.useBackend();
  console.log(`Preset ${preset} changes ${presets[preset].changes}.`);
  if (missing.length === 0) console.log("No run is missing.");
  else console.log(describeRuns({ jobs: missing }, RUNS, jobs));
  if (missing.length === 0 || dryRun) return 0;
  const exit = await sweep({ jobs: missing }, RUNS, jobs);
  for (const job of missing) await keep(job, results);
  return exit;
}

/**
 * Keeps a run if it is finished: with its gradients against the horizon if it logged gradients, of a Go2 with an episode and trials.
 * The result comes last: a run that has one lacks nothing.
 */
async function keep({ name, place, config }: study.Job, results: string): Promise<void> {
  const directory = path.join(RUNS, "runs", name);
  await tensor.useBackend();
  if (!training.RunFolder.finished(directory, config)) return;
  const folder = training.RunFolder.open(directory);
  if (GRADIENT_METHODS.includes(`dmo+${place.variant}`)) {
    const rows = study.gradientsAgainstHorizon(folder, HORIZONS, REPEATS);
    write(fileBeside(results, place, "horizon.csv"), study.gradientsCsv(rows));
  }
  if (tasks.isGo2(place.task)) {
    const policy = folder.policy();
    const act = (seen: Float32Array): Float32Array => policy.act(seen);
    write(fileBeside(results, place, "episode.json"), json(tasks.demonstrate(place.task, act)));
    write(fileBeside(results, place, "trials.json"), json(tasks.tryInConditions(place.task, act)));
    policy.dispose();
  }
  study.saveResult(folder, results, { variant: place.variant, replace: true });
}

const json = (content: object): string => JSON.stringify(content, null, 2) + "\n";

function write(file: string, text: string): void {
  training.makeFolder(path.dirname(file));
  training.writeAtomically(file, text);
}

/** Writes the figures that were asked for, and the pages about all of them. */
async function draw({ figures, results }: Chosen, out: string): Promise<void> {
  const all = study.readResults(results);
  const shown = drawAll(all, results);
  const folder = path.join(out, "figures");
  training.makeFolder(folder);
  for (const figure of shown.filter(({ reproduction }) => figures.includes(reproduction))) {
    await writeFigure(figure, folder);
    console.log(path.join(folder, `${figure.reproduction.id}.png`));
  }
  await writeFrontPicture(all, folder);
  await tensor.useBackend();
  await writeTaskPictures(all, folder);
  const { readme, tables, claims, runs, tasks: taskPages } = pages(all, results, shown);
  const claimsFile = out === packageFile("reproductions") ? packageFile("docs/reproductions.md") : `${out}/claims.md`;
  training.writeAtomically(path.join(out, "README.md"), readme);
  training.writeAtomically(path.join(out, "tables.md"), tables);
  training.makeFolder(path.join(out, "tasks"));
  for (const [name, page] of Object.entries(taskPages))
    training.writeAtomically(path.join(out, "tasks", `${name}.md`), page);
  training.writeAtomically(claimsFile, claims);
  training.writeAtomically(path.join(results, "README.md"), runs);
  console.log(`${path.join(out, "README.md")}, ${claimsFile}`);
}

command.execute(process.argv.slice(2)).then(
  (exit) => (process.exitCode = exit),
  (error: unknown) => (process.exitCode = explain(error)),
);
