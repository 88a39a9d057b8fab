import { descend, untrained, type Trained } from "../tensor/adam.js";
import { valueAndGrad } from "../tensor/grad.js";
import type { Precision } from "../tensor/tracing.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import type { RandomState, RandomStream } from "../tensor/random.js";
import { Held, type TreeState } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import { disposeTree } from "../tensor/tree.js";
import type { DynamicsConfig } from "./dynamics-settings.js";
import { dynamicsLoss, initDynamics, type DynamicsLoss, type Prediction } from "./model.js";
import type { NormalizerTensors } from "./normalizer.js";
import { sequenceLoss } from "./recurrent.js";
import { ReplayBuffer, transitionColumns, type TransitionBatch } from "./replay-buffer.js";
import { SEQUENCE, SequenceBuffer, type SequenceBatch } from "./sequence-buffer.js";

type Objective = Pick<DynamicsConfig, "prediction" | "loss">;

/** The loss of a batch: of transitions ({@link dynamicsLoss}) or of sequences ({@link sequenceLoss}). */
export type BatchLoss<B extends TransitionBatch> = (
  params: Params,
  normalizer: NormalizerTensors,
  batch: B,
  prediction: Prediction,
  loss: DynamicsLoss,
) => tf.Scalar;

/** One Adam update on a batch, without gradient clipping. */
export const dynamicsStep =
  <B extends TransitionBatch = TransitionBatch>({ prediction, loss }: Objective, lossOf: BatchLoss<B> = dynamicsLoss) =>
  (model: Trained, normalizer: NormalizerTensors, batch: B, rate: tf.Scalar) => {
    const objective = (p: Params): tf.Scalar => lossOf(p, normalizer, batch, prediction, loss);
    const { value, grad } = valueAndGrad(objective, model.params);
    return { model: descend(model, grad, rate), loss: value };
  };

/** The same, compiled once. */
export const dynamicsUpdate = <B extends TransitionBatch = TransitionBatch>(
  objective: Objective,
  lossOf: BatchLoss<B> = dynamicsLoss,
  precision?: Precision,
) => jit("dynamics update", dynamicsStep(objective, lossOf), precision);

/** A dynamics model and its optimiser, fitted on batches of a replay buffer. */
export class LearnedDynamics<B extends TransitionBatch = TransitionBatch> {
  private readonly trained: Held<Trained>;
  private readonly update: ReturnType<typeof dynamicsUpdate<B>>;

  constructor(
    readonly config: DynamicsConfig,
    params: Params,
    private readonly replay: { sample(batch: number, random: RandomStream): B },
    private readonly sampling: RandomStream,
    lossOf?: BatchLoss<B>,
  ) {
    this.trained = new Held(untrained(params));
    this.update = dynamicsUpdate(config, lossOf, config.precision);
  }

  get params(): Params {
    return this.trained.value.params;
  }

  /** `updates` Adam steps on uniform batches of the buffer as it is; returns the mean loss. */
  fit(normalizer: NormalizerTensors, updates: number): number {
    const rate = tf.scalar(this.config.learningRate);
    let sum = 0;
    for (let k = 0; k < updates; k++) {
      const batch = this.replay.sample(this.config.batch, this.sampling);
      const { model, loss } = this.update(this.trained.value, normalizer, batch, rate);
      disposeTree(batch);
      this.trained.replace(model);
      sum += loss.dataSync()[0];
      loss.dispose();
    }
    rate.dispose();
    return sum / updates;
  }

  /** Model, optimiser and the stream of batches; the replay buffer is saved by who fills it. */
  save(): { model: TreeState; sampling: RandomState } {
    return { model: this.trained.save(), sampling: this.sampling.save() };
  }

  load({ model, sampling }: ReturnType<LearnedDynamics["save"]>): void {
    this.trained.load(model);
    this.sampling.load(sampling);
  }

  dispose(): void {
    this.trained.dispose();
    this.update.dispose();
  }
}

/** Sizes of what a model is learned from: robots stepped at a time, numbers in an observation and an action. */
export type DynamicsSizes = { robots: number; obs: number; action: number };

/** A fresh model of the kind that the configuration says, and the buffer that it learns from. */
export function createDynamics(
  config: DynamicsConfig,
  { robots, obs, action }: DynamicsSizes,
  stream: (name: string) => RandomStream,
) {
  const { replayCapacity } = config;
  const { width = 0, sequence = SEQUENCE } = config.recurrent ?? {};
  const params = initDynamics(obs, action, config.hidden, stream("dynamics"), width);
  const sampling = stream("replay");
  if (width === 0) {
    const replay = new ReplayBuffer(replayCapacity, transitionColumns(obs, action));
    return { replay, dynamics: new LearnedDynamics(config, params, replay, sampling) };
  }
  const replay = new SequenceBuffer(replayCapacity, robots, { obs, action, memory: width, steps: sequence });
  return { replay, dynamics: new LearnedDynamics<SequenceBatch>(config, params, replay, sampling, sequenceLoss) };
}
