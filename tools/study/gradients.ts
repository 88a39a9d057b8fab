// The quality of a run's gradients against the horizon: at the state of its newest checkpoint, the policy gradient of DMO
// and of imagination beside the true one (lib/training/gradient-quality.ts).
import type { FirstOrderConfig } from "../../lib/algorithms/first-order-settings.js";
import { FirstOrderLearner } from "../../lib/algorithms/first-order.js";
import { actionNoise } from "../../lib/algorithms/policies.js";
import { InputError } from "@dmo-lab/input/errors";
import { findTask } from "../../lib/tasks/index.js";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { RunConfig } from "../../lib/training/config.js";
import { type GradientQuality, GradientProbe } from "../../lib/training/gradient-quality.js";
import type { RunFolder } from "../../lib/training/run-folder.js";
import type { RunState } from "../../lib/training/run.js";
import { Training } from "../../lib/training/train.js";

/** A comparison at one horizon [steps], after that many epochs of the run; repeats differ in the noise of the actions alone. */
export type HorizonQuality = { epochs: number; horizon: number; repeat: number } & GradientQuality;

/**
 * Compares at every horizon, `repeats` times. The run's task has to be loaded.
 * @throws InputError for a run without a learned model or without a whole checkpoint
 */
export function gradientsAgainstHorizon(
  folder: RunFolder,
  horizons: readonly number[],
  repeats: number,
): HorizonQuality[] {
  const config = folder.config() as RunConfig<FirstOrderConfig>;
  if (!config.dynamics)
    throw new InputError(
      `run "${folder.directory}": ${config.algorithm} has no learned model whose gradient could be compared.`,
    );
  const { epochs, state } = folder.checkpoint();
  const task = findTask(config.task);
  const training = new Training(config);
  const probe = new GradientProbe(task, config);
  try {
    training.load((state as RunState).training);
    const repetitions = [...Array(repeats).keys()];
    return tf.tidy(() => {
      const point = (training.learner as FirstOrderLearner).comparisonPoint();
      const compare = (horizon: number, repeat: number): HorizonQuality =>
        tf.tidy(() => {
          const random = streams(config.seed)(`gradients ${horizon} ${repeat}`);
          const noise = Array.from({ length: horizon }, () => actionNoise([config.envs, task.actionSize], random));
          return { epochs, horizon, repeat, ...probe.compare(point, noise) };
        });
      return horizons.flatMap((horizon) => repetitions.map((repeat) => compare(horizon, repeat)));
    });
  } finally {
    training.dispose();
    probe.dispose();
  }
}

const COLUMNS = [
  "epochs",
  "horizon",
  "repeat",
  "true_gradient_norm",
  "dmo_cosine",
  "dmo_norm_ratio",
  "imagination_cosine",
  "imagination_norm_ratio",
];

/** The rows as CSV, in columns named as in metrics.csv. */
export function gradientsCsv(rows: readonly HorizonQuality[]): string {
  const lines = rows.map(({ epochs, horizon, repeat, trueNorm, dmo, imagination }) =>
    [epochs, horizon, repeat, trueNorm, dmo.cosine, dmo.normRatio, imagination.cosine, imagination.normRatio].join(),
  );
  return [COLUMNS.join(), ...lines, ""].join("\n");
}
