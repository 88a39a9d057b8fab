// The quality of a run's gradients against the horizon: at the state of its newest checkpoint, the policy gradient of DMO
// and of imagination beside the true one (gradient-quality.ts).
import type { FirstOrderConfig } from "../../lib/algorithms/first-order-settings.js";
import { FirstOrderLearner } from "../../lib/algorithms/first-order.js";
import type { ComparisonPoint } from "../../lib/algorithms/parts.js";
import { actionNoise } from "../../lib/algorithms/policies.js";
import type { DynamicsConfig } from "../../lib/dynamics/dynamics-settings.js";
import { SEQUENCE } from "../../lib/dynamics/sequence-buffer.js";
import { InputError } from "@dmo-lab/input/errors";
import { findTask } from "../../lib/tasks/index.js";
import { streams } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { RunConfig } from "../../lib/training/config.js";
import { type GradientQuality, GradientProbe, qualityColumns } from "./gradient-quality.js";
import type { RunFolder } from "../../lib/training/run-folder.js";
import type { RunState } from "../../lib/training/run.js";
import { Training } from "../../lib/training/train.js";

/** A comparison at one horizon [steps], after that many epochs of the run; repeats differ in the noise of the actions alone. */
export type HorizonQuality = {
  /** Of the run that were done. */
  epochs: number;
  /** Steps of the rollout. */
  horizon: number;
  /** Number of the comparison, from 0. */
  repeat: number;
} & GradientQuality;

/** Where to compare: horizons [steps], and how often at each. */
export type Comparisons = { horizons: readonly number[]; repeats: number };

/**
 * Compares at every horizon, several times. The run's task has to be loaded.
 * @param folder of the run, with a whole checkpoint @param horizons numbers of steps, each from 1
 * @param repeats how often at each horizon, with other noise
 * @throws InputError for a run without a learned model or without a whole checkpoint
 */
export function gradientsAgainstHorizon(
  folder: RunFolder,
  horizons: readonly number[],
  repeats: number,
): HorizonQuality[] {
  const config = requireModel(folder.config() as RunConfig<FirstOrderConfig>, `run "${folder.directory}"`);
  const changes = folder.taskChanges();
  if (changes.length > 0)
    throw new InputError(`run "${folder.directory}": ${changes.join(", ")} of its task was another.`);
  const { epochs, state } = folder.checkpoint();
  const bed = new TestBed(config, { horizons, repeats });
  try {
    bed.training.load((state as RunState).training);
    return bed.compare(epochs);
  } finally {
    bed.dispose();
  }
}

/** A comparison while a recipe trains; `gflop`: of fitting its model so far, without what Adam and activations take [10^9]. */
export type RecipeQuality = HorizonQuality & { gflop: number };

/**
 * Trains a run, and compares every `dynamics.gradientEvery` epochs. With `backward=simulator` its policy follows the true
 * gradient, whatever its model: runs of one seed that differ in `dynamics` alone are compared at the same states.
 * @throws InputError for a run without a learned model or that setting
 */
export async function* gradientsOfRecipe(
  run: RunConfig,
  horizons: readonly number[],
  repeats: number,
): AsyncGenerator<RecipeQuality[]> {
  const config = requireModel(run as RunConfig<FirstOrderConfig>, `recipe for ${run.algorithm} on ${run.task}`);
  const { dynamics } = config;
  if (!dynamics.gradientEvery)
    throw new InputError("setting dynamics.gradientEvery is absent; allowed: a whole number from 1.");
  const bed = new TestBed(config, { horizons, repeats });
  try {
    for await (const { epoch = 0 } of bed.training.rows())
      if ((epoch + 1) % dynamics.gradientEvery === 0)
        yield bed.compare(epoch + 1).map((row) => ({ ...row, gflop: bed.gflop(epoch + 1) }));
  } finally {
    bed.dispose();
  }
}

type Learning = RunConfig<FirstOrderConfig> & { dynamics: DynamicsConfig };

function requireModel(config: RunConfig<FirstOrderConfig>, what: string): Learning {
  if (!config.dynamics)
    throw new InputError(`${what}: ${config.algorithm} has no learned model whose gradient could be compared.`);
  return config as Learning;
}

/** A run, and environments in which its gradients are compared. */
class TestBed {
  readonly training: Training;
  private readonly probe: GradientProbe;

  constructor(
    private readonly config: Learning,
    private readonly comparisons: Comparisons,
  ) {
    this.training = new Training(config);
    this.probe = new GradientProbe(findTask(config.task), config);
  }

  compare(epochs: number): HorizonQuality[] {
    const { horizons, repeats } = this.comparisons;
    return tf.tidy(() => {
      const point = this.learner.comparisonPoint();
      return horizons.flatMap((horizon) =>
        Array.from({ length: repeats }, (_, repeat) => this.compareAt(point, epochs, horizon, repeat)),
      );
    });
  }

  /** 10^9 products and sums of the weights while the model was fitted: one pass forward, two of the same size backward. */
  gflop(epochs: number): number {
    const { initialUpdates, updates, batch, recurrent } = this.config.dynamics;
    const rows =
      (initialUpdates + (epochs - 1) * updates) * batch * (recurrent?.width ? (recurrent.sequence ?? SEQUENCE) : 1);
    const weights = tf.tidy(() =>
      Object.values(this.learner.comparisonPoint().model.params).filter((p) => p.rank === 2),
    );
    return (3 * 2 * weights.reduce((sum, { size }) => sum + size, 0) * rows) / 1e9;
  }

  dispose(): void {
    this.training.dispose();
    this.probe.dispose();
  }

  private get learner(): FirstOrderLearner {
    return this.training.learner as FirstOrderLearner;
  }

  private compareAt(point: ComparisonPoint, epochs: number, horizon: number, repeat: number): HorizonQuality {
    const { seed, envs, task } = this.config;
    return tf.tidy(() => {
      const random = streams(seed)(`gradients ${horizon} ${repeat}`);
      const shape: [number, number] = [envs, findTask(task).actionSize];
      const noise = Array.from({ length: horizon }, () => actionNoise(shape, random));
      return { epochs, horizon, repeat, ...this.probe.compare(point, noise) };
    });
  }
}

/**
 * Rows as CSV, in columns named as in metrics.csv.
 * @param rows one or more @param more columns before them; default: none
 */
export function gradientsCsv<R extends HorizonQuality>(
  rows: readonly R[],
  more: (row: R) => object = () => ({}),
): string {
  const records = rows.map((row) => {
    const { epochs, horizon, repeat } = row;
    return { ...more(row), epochs, horizon, repeat, ...qualityColumns(row) };
  });
  return [Object.keys(records[0] ?? {}).join(), ...records.map((record) => Object.values(record).join()), ""].join(
    "\n",
  );
}
