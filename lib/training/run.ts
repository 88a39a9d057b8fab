import { NonFiniteError } from "../errors.js";
import type { RunConfig } from "./config.js";
import type { Evaluation } from "./evaluate.js";
import type { Row } from "./metrics.js";
import type { RunFolder } from "./run-folder.js";
import { evaluatePolicy, Training } from "./train.js";

/** How a run ended; a stopped run keeps its rows and its last good policy. */
export type RunOutcome = { ended: "finished"; evaluation: Evaluation } | { ended: "interrupted" };

/**
 * Trains into a folder: every row is on disk when `onRow` sees it, the policy when training ends for whatever reason,
 * and the score of the deterministic policy when it ran to the end.
 * @throws NonFiniteError when training met a value that is not finite, after the last good policy was saved
 */
export async function runInFolder(
  config: RunConfig,
  folder: RunFolder,
  { onRow, signal }: { onRow?: (row: Row) => void; signal?: AbortSignal } = {},
): Promise<RunOutcome> {
  const training = new Training(config);
  let [proven, latest] = [training.policy(), training.policy()];
  try {
    for await (const row of training.rows()) {
      proven.dispose();
      [proven, latest] = [latest, training.policy()];
      folder.append(row);
      onRow?.(row);
      if (signal?.aborted) return { ended: "interrupted" };
    }
    const evaluation = evaluatePolicy(latest, config.evaluationEpisodes, config.seed);
    folder.saveEvaluation(evaluation);
    return { ended: "finished", evaluation };
  } catch (error) {
    // The latest update itself may be the cause: good is what has rolled out a whole epoch.
    if (error instanceof NonFiniteError) [proven, latest] = [latest, proven];
    throw error;
  } finally {
    folder.savePolicy(latest);
    [proven, latest].forEach((policy) => policy.dispose());
    training.dispose();
  }
}
