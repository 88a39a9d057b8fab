/** A training run as the terminal shows it: what computes, a live line, the score, where everything is. */
import path from "node:path";
import { NonFiniteError } from "../lib/errors.js";
import { number } from "../lib/report/format.js";
import type { BackendInfo } from "../lib/tensor/backend.js";
import type { RunConfig } from "../lib/training/config.js";
import type { Evaluation } from "../lib/training/evaluate.js";
import { runInFolder } from "../lib/training/run.js";
import { RunFolder } from "../lib/training/run-folder.js";
import { interruptible } from "./interrupt.js";
import { Progress } from "./progress.js";

/**
 * Trains into a new folder.
 * @param say takes the lines for the user
 * @param live shows the live line
 * @returns the exit code; 0 if training ran to its end
 */
export async function trainInto(
  directory: string,
  config: RunConfig,
  backend: BackendInfo,
  { say, live }: { say: (line: string) => void; live: boolean },
): Promise<number> {
  const folder = RunFolder.create(directory, config, backend);
  const { algorithm, task, seed, epochs, envs, horizon } = config;
  say(`Training ${algorithm} on ${task}, seed ${seed}: ${epochs} epochs of ${number(envs * horizon)} samples`);
  const progress = new Progress(epochs);
  const { result, exit } = await interruptible((signal) =>
    runInFolder(config, folder, { signal, onRow: (row) => live && progress.show(row) })
      .finally(() => progress.end())
      .catch((error: unknown) => {
        throw error instanceof NonFiniteError ? withPlace(error, directory) : error;
      }),
  );
  if (result.ended === "interrupted") {
    say(`Stopped; the metrics and the policy so far are in ${place(directory)}`);
    return exit;
  }
  say(scoreLine(result.evaluation));
  say(`Run: ${place(directory)}`);
  return 0;
}

/** `Score 3,512.3 +- 120.4: ...` */
export const scoreLine = ({ mean, std, episodes }: Evaluation, policy = "deterministic"): string =>
  `Score ${number(mean, 1)} ± ${number(std, 1)}: return of the ${policy} policy, mean and standard deviation over ${episodes} episodes`;

/** What computes, and how to get the fast way where it is not native TensorFlow. */
export function backendLine({ name, version, threads, reason }: BackendInfo): string {
  if (name === "tensorflow")
    return `Computing with native TensorFlow ${version}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  const why = reason ? ` (${reason})` : "";
  return `Computing with the slow "${name}" backend instead of native TensorFlow${why}: "npm run setup" sets that up`;
}

/** A folder as the user would write it, with a slash to show that it is one. */
const place = (directory: string): string => path.join(directory, path.sep);

const withPlace = (error: NonFiniteError, directory: string): NonFiniteError =>
  new NonFiniteError(`${error.message} The metrics and the last good policy are in ${place(directory)}`, {
    cause: error,
  });
