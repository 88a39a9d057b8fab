import { descend, untrained, type Trained } from "../tensor/adam.js";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Precision } from "@dmo-lab/jit/tracing";
import { repeat } from "@dmo-lab/jit/repeat";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Composite, Held } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { cloneTree, disposeTree } from "@dmo-lab/jit/tree";
import type { DynamicsConfig } from "./dynamics-settings.js";
import { dynamicsLoss, initDynamics, targetOf, type DynamicsLoss, type FitBatch, type Prediction } from "./model.js";
import type { NormalizerTensors } from "./normalizer.js";
import { sequenceLoss } from "./recurrent.js";
import { changeColumns, ReplayBuffer, transitionColumns } from "./replay-buffer.js";
import { SEQUENCE, SequenceBuffer, type SequenceBatch } from "./sequence-buffer.js";

type Objective = Pick<DynamicsConfig, "prediction" | "loss">;

/** The loss of a batch: of transitions ({@link dynamicsLoss}) or of sequences ({@link sequenceLoss}). */
export type BatchLoss<B extends FitBatch> = (
  params: Params,
  normalizer: NormalizerTensors,
  batch: B,
  prediction: Prediction,
  loss: DynamicsLoss,
) => tf.Scalar;

/** The gradient of what is not trained. */
const still = ({ unit }: Params): Params => (unit ? { unit: tf.zerosLike(unit) } : {});

/** One Adam update on a batch, without gradient clipping. */
export const dynamicsStep =
  <B extends FitBatch = FitBatch>({ prediction, loss }: Objective, lossOf: BatchLoss<B> = dynamicsLoss) =>
  (model: Trained, batch: B, { normalizer, rate }: { normalizer: NormalizerTensors; rate: tf.Scalar }) => {
    const objective = (p: Params): tf.Scalar => lossOf(p, normalizer, batch, prediction, loss);
    const { value, grad } = valueAndGrad(objective, model.params);
    return { state: descend(model, { ...grad, ...still(model.params) }, rate), value };
  };

/** The same for as many batches as are wanted, compiled once. */
export const dynamicsUpdates = <B extends FitBatch = FitBatch>(
  objective: Objective,
  lossOf: BatchLoss<B> = dynamicsLoss,
  precision?: Precision,
) => repeat("dynamics update", dynamicsStep(objective, lossOf), precision);

/** Rows that units are measured on (sequences, of a recurrent model), and the smallest one, where a target is constant. */
const UNIT_ROWS = 4096;
const SMALLEST_UNIT = 1e-6;

/** A dynamics model of `config`, its `params` and optimiser, fitted on batches of a replay buffer, which is saved by who fills it. */
export class LearnedDynamics<B extends FitBatch = FitBatch> extends Composite<{
  model: Held<Trained>;
  sampling: RandomStream;
}> {
  private readonly updates: ReturnType<typeof dynamicsUpdates<B>>;

  constructor(
    readonly config: DynamicsConfig,
    params: Params,
    private readonly replay: { sample(batch: number, random: RandomStream): B },
    sampling: RandomStream,
    lossOf?: BatchLoss<B>,
  ) {
    const updates = dynamicsUpdates(config, lossOf, config.precision);
    super({ model: new Held(untrained(params)), sampling }, [updates]);
    this.updates = updates;
  }

  get params(): Params {
    return this.parts.model.value.params;
  }

  /** `updates` Adam steps on uniform batches of the buffer as it is; returns the mean loss. */
  fit(normalizer: NormalizerTensors, updates: number): number {
    const { model: trained, sampling } = this.parts;
    if (trained.value.params.unit && trained.value.adam.step.dataSync()[0] === 0) this.measureUnits();
    const rate = tf.scalar(this.config.learningRate);
    const draw = (): B => this.replay.sample(this.config.batch, sampling);
    const { state, values } = this.updates(trained.value, draw, updates, { normalizer, rate });
    if (updates > 0) trained.replace(state);
    rate.dispose();
    return values.reduce((sum, loss) => sum + loss, 0) / updates;
  }

  /** Targets' standard deviations over a large batch. */
  private measureUnits(): void {
    const { model, sampling } = this.parts;
    const batch = this.replay.sample(UNIT_ROWS, sampling);
    const unit = tf.tidy(() => {
      const { variance } = tf.moments(targetOf(this.config.prediction, batch), 0);
      return tf.maximum(tf.sqrt(variance), SMALLEST_UNIT);
    });
    disposeTree(batch);
    const { params, adam } = model.value;
    model.replace(cloneTree({ params: { ...params, unit }, adam }));
    unit.dispose();
  }
}

/**
 * Sizes of what a model is learned from: `robots` stepped at a time, numbers in an observation (`obs`), an `action`,
 * and in the `change` that known kinematics leave open, which a model of that kind predicts.
 */
export type DynamicsSizes = { robots: number; obs: number; action: number; change?: number };

/** A fresh model of the kind that `config` says, for `robots` and `obs`, `action`, `change` numbers, and its buffer; `stream` draws by name. */
export function createDynamics(
  config: DynamicsConfig,
  { robots, obs, action, change }: DynamicsSizes,
  stream: (name: string) => RandomStream,
) {
  const { replayCapacity, recurrent: { width = 0, sequence = SEQUENCE } = {} } = config;
  const fresh = initDynamics(obs, action, config.hidden, stream("dynamics"), width, change);
  const params = config.targets === "standard" ? { ...fresh, unit: tf.ones([change ?? obs]) } : fresh;
  const sampling = stream("replay");
  const columns = change === undefined ? transitionColumns(obs, action) : changeColumns(obs, action, change);
  if (width === 0) {
    const replay = new ReplayBuffer(replayCapacity, columns);
    return { replay, dynamics: new LearnedDynamics(config, params, replay, sampling) };
  }
  const replay = new SequenceBuffer(replayCapacity, robots, columns, { memory: width, steps: sequence });
  return { replay, dynamics: new LearnedDynamics<SequenceBatch>(config, params, replay, sampling, sequenceLoss) };
}
