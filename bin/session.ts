/** A training run as the terminal shows it: what computes, a live line, the score, where everything is. */
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { sectionsInUse } from "../lib/algorithms/choices.js";
import type { FirstOrderConfig } from "../lib/algorithms/first-order-settings.js";
import type { LearnerConfig } from "../lib/algorithms/learner.js";
import type { MaacConfig } from "../baselines/maac.js";
import type { DynamicsConfig } from "../lib/dynamics/dynamics-settings.js";
import { InputError, NonFiniteError } from "@dmo-lab/input/errors";
import { counted, number } from "../tools/report/format.js";
import type { BackendInfo } from "@dmo-lab/jit/backend";
import { loadTask } from "../tools/user/task-file.js";
import { loadAlgorithm } from "../tools/user/algorithm-file.js";
import { defaultsOf, type RunConfig, unofficial } from "../lib/training/config.js";
import type { Evaluation } from "../lib/training/evaluate.js";
import type { Row } from "../lib/training/metrics.js";
import { Policy } from "../lib/training/policy.js";
import { runInFolder } from "../lib/training/run.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { TrainingFolder } from "../lib/training/training-folder.js";
import { EventFile } from "../tools/export/event-file.js";
import { isUserFile } from "@dmo-lab/input/user-file";
import { interruptible } from "./interrupt.js";
import { Progress } from "./progress.js";

type Options = {
  /** Takes the lines for the user. */
  say: (line: string) => void;
  /** Shows the live line. */
  live: boolean;
  /** Goes on with the run that the folder holds, if any. */
  resume?: boolean;
  /** Epochs between two checkpoints. */
  checkpointEvery?: number;
  /** Sees every row once it is on disk. */
  onRow?: (row: Row) => void;
  /** What to type to go on with a run that was stopped. */
  goOn: string;
};

/** Who writes what a run's rows are for others, beside metrics.csv. */
const SUBSCRIBERS = [EventFile.open];

/**
 * Trains into a new folder, or goes on in one.
 * @returns the exit code; 0 if training ran to its end
 */
export async function trainInto(
  directory: string,
  config: RunConfig,
  backend: BackendInfo,
  { say, live, resume, checkpointEvery, onRow: seen, goOn }: Options,
): Promise<number> {
  const { folder, from } = resume
    ? resumeIn(directory, config, backend, say)
    : { folder: TrainingFolder.create(directory, config, backend, SUBSCRIBERS), from: undefined };
  const { algorithm, task, seed, epochs, envs, horizon } = config;
  const progress = new Progress(epochs);
  const { result, exit } = await interruptible((signal, listen) => {
    say(`Training ${algorithm} on ${task}, seed ${seed}: ${epochs} epochs of ${number(envs * horizon)} samples`);
    for (const line of settingLines(config)) say(line);
    const model = modelOf(config);
    if (from) listen();
    else if (model) say(firstEpoch(model));
    if (live) progress.begin();
    const onRow = (row: Row): void => {
      listen();
      if (live) progress.show(row);
      seen?.(row);
    };
    return runInFolder(config, folder, { signal, from, checkpointEvery, onRow })
      .finally(() => progress.end())
      .catch((error: unknown) => {
        throw error instanceof NonFiniteError ? withPlace(error, directory) : error;
      });
  });
  if (result.ended === "interrupted") {
    say(`Stopped; the metrics and the policy so far are in ${place(directory)}`);
    say(`${goOn} goes on from there`);
    return exit;
  }
  sayScore(result.evaluation, directory, say);
  return 0;
}

/** What a reader of a run's settings might miss: a preset that is not the paper's, rates that fall over another length. */
export function settingLines(config: RunConfig): string[] {
  const changed = unofficial(config).map(([path, own, official]) => `${path} ${own} (official ${official})`);
  const [{ epochs, decayEpochs }, usual] = [config, defaultsOf(config)].map((each) => each as RunConfig & Decay);
  const left = epochs !== usual.epochs && decayEpochs === usual.decayEpochs && decayEpochs !== undefined;
  return [
    ...(config.preset ? [`Preset ${config.preset}, not the paper's settings: ${changed.join(", ")}`] : []),
    ...(left ? [`Learning rates fall over decayEpochs = ${number(decayEpochs)} epochs, and there are ${number(epochs)}: --set decayEpochs=${epochs} has them fall within the run`] : []), // prettier-ignore
  ];
}

type Decay = { decayEpochs?: number };

type ModelUpdates = Pick<DynamicsConfig, "initialUpdates" | "updates">;

/** The dynamics model that a run fits, if it is of DMO's kind; an algorithm of a user may have another. */
function modelOf(config: RunConfig): ModelUpdates | undefined {
  const { dynamics } =
    "backward" in config
      ? sectionsInUse(config as LearnerConfig as FirstOrderConfig)
      : (config as LearnerConfig as Partial<MaacConfig>);
  return dynamics?.initialUpdates === undefined ? undefined : dynamics;
}

/** Why nothing is heard of a run for a while: the first fit may take many minutes. */
const firstEpoch = ({ initialUpdates, updates }: ModelUpdates): string =>
  `First epoch: ${number(initialUpdates)} updates of the dynamics model, later ones ${number(updates)}. Ctrl-C during it keeps nothing`;

/**
 * The run in a folder, its task and algorithm loaded if they are files, which runs them. Says on the console what of the
 * task is another by now. Needs a tensor backend.
 * @throws InputError where a file lies with the run, and the user does not trust it
 */
export async function openRun(directory: string, { trust = false }: { trust?: boolean }): Promise<RunFolder> {
  const folder = RunFolder.open(directory);
  const { task, algorithm } = folder.config();
  for (const file of [task, algorithm].filter(isUserFile))
    if (!trust && liesWith(directory, file))
      throw new InputError(`run "${directory}" needs the program "${file}", which lies with it. If you know who wrote it, --trust runs it.`); // prettier-ignore
  await loadTask(task);
  await loadAlgorithm(algorithm);
  const changes = folder.taskChanges();
  if (changes.length > 0) console.error(`Note: "${directory}" was trained on another task: ${changes.join(", ")} has changed since.`); // prettier-ignore
  return folder;
}

/** Whether a file and a run may have come together: in the folder here that the run is below, or else in the run's own or beside it. */
function liesWith(directory: string, file: string): boolean {
  const [first] = path.relative(".", directory).split(path.sep);
  const together =
    first === ".." || path.isAbsolute(first) ? path.dirname(path.resolve(directory)) : path.resolve(first);
  const [from, to] = [together, path.resolve(file)].map((place) => (existsSync(place) ? realpathSync(place) : place));
  return to.startsWith(from + path.sep);
}

/**
 * The policy of a policy file, or the newest or best one of the run in a folder, and that run. Needs a tensor backend.
 * @throws InputError
 */
export async function openPolicy(
  file: string,
  { best, trust }: { best?: boolean; trust?: boolean },
): Promise<{ policy: Policy; folder?: RunFolder }> {
  const isFile = file.endsWith(".json");
  if (isFile && best) throw new InputError(`option --best is for the folder of a run; "${file}" is a policy file.`);
  if (isFile) return { policy: Policy.load(file) };
  const folder = await openRun(file, { trust });
  return { policy: folder.policy(best ? "best" : "policy"), folder };
}

export function sayScore(evaluation: Evaluation, directory: string, say: (line: string) => void): void {
  say(scoreLine(evaluation));
  say(`Run: ${place(directory)}`);
}

function resumeIn(directory: string, config: RunConfig, backend: BackendInfo, say: (line: string) => void) {
  const { folder, from, problems } = TrainingFolder.resume(directory, config, backend, SUBSCRIBERS);
  for (const problem of problems) console.error(problem);
  if (from) say(`Going on after epoch ${from.epochs} of the run in ${place(directory)}`);
  else say(`No whole checkpoint in ${place(directory)}: starting from the beginning`);
  return { folder, from: from?.state };
}

/** `Score 3,512.3 +- 120.4: ...` */
export function scoreLine({ mean, std, episodes, successes }: Evaluation, policy = "deterministic"): string {
  const goals = successes === undefined ? "" : `; ${number(successes, 2)} goals reached an episode`;
  return `Score ${number(mean, 1)} ± ${number(std, 1)}: return of the ${policy} policy, mean and standard deviation over ${episodes} episodes${goals}`;
}

/** What computes, and how to get the fast way where it is not native TensorFlow. */
export function backendLine({ name, version, threads, reason }: BackendInfo): string {
  if (name === "tensorflow") return `Computing with native TensorFlow ${version}, ${counted(threads, "thread")}`;
  const why = reason ? ` (${reason})` : "";
  return `Computing with the slow "${name}" backend instead of native TensorFlow${why}: "npm run setup" sets that up`;
}

/** A folder as the user would write it, with a slash to show that it is one. */
const place = (directory: string): string => path.join(directory, path.sep);

const withPlace = (error: NonFiniteError, directory: string): NonFiniteError =>
  new NonFiniteError(`${error.message} The metrics and the last good policy are in ${place(directory)}`, {
    cause: error,
  });
