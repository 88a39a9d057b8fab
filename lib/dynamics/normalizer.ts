import { tf } from "@dmo-lab/jit/tf";

/** What the networks see of the normaliser: `mean` and `variance`, both [obs]. */
export type NormalizerTensors = { mean: tf.Tensor; variance: tf.Tensor };

/** What a normaliser keeps: of each component `mean` and `variance`, and how many observations, `count`, they are of. */
export type NormalizerState = { mean: number[]; variance: number[]; count: number };

/** Added to the variance. */
export const EPSILON = 1e-5;

/** (x - mean) / sqrt(variance + 1e-5), without clipping. x [batch, obs]. */
export function normalize(x: tf.Tensor2D, { mean, variance }: NormalizerTensors): tf.Tensor2D {
  return x.sub(mean).mul(variance.add(EPSILON).rsqrt());
}

/** The normaliser of a part of the observation; `part` takes [batch, obs] to [batch, components]. */
export function normalizerOf(part: (obs: tf.Tensor2D) => tf.Tensor2D, whole: NormalizerTensors): NormalizerTensors {
  const row = (values: tf.Tensor): tf.Tensor => part(values.reshape([1, -1])).reshape([-1]);
  return { mean: row(whole.mean), variance: row(whole.variance) };
}

/** The same as plain numbers, of the components with these indices. */
export function statisticsOf(indices: readonly number[], { mean, variance, count }: NormalizerState): NormalizerState {
  return { mean: indices.map((i) => mean[i]), variance: indices.map((i) => variance[i]), count };
}

/**
 * Running `mean` and `variance` of `count` observations of `size` numbers, merged by batches (Chan et al. 1979); `load`
 * takes what `save` gave. The only state that several parts of a run read: frozen for a rollout by {@link tensors}.
 */
export class RunningNormalizer {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  count = 1e-4;

  constructor(readonly size: number) {
    this.mean = new Float64Array(size);
    this.variance = new Float64Array(size).fill(1);
  }

  /** Merges a batch of observations, row-major [rows * size]. */
  update(batch: ArrayLike<number>): void {
    const rows = batch.length / this.size;
    const total = this.count + rows;
    for (let j = 0; j < this.size; j++) {
      const { mean, variance } = columnMoments(batch, j, this.size);
      const delta = mean - this.mean[j];
      const spread = (delta * delta * this.count * rows) / total;
      this.variance[j] = (this.variance[j] * this.count + variance * rows + spread) / total;
      this.mean[j] += (delta * rows) / total;
    }
    this.count = total;
  }

  /** A frozen copy for the networks; the caller disposes it. */
  tensors(): NormalizerTensors {
    return {
      mean: tf.tensor1d(Float32Array.from(this.mean)),
      variance: tf.tensor1d(Float32Array.from(this.variance)),
    };
  }

  save(): NormalizerState {
    return { mean: [...this.mean], variance: [...this.variance], count: this.count };
  }

  load(state: NormalizerState): void {
    this.mean.set(state.mean);
    this.variance.set(state.variance);
    this.count = state.count;
  }
}

function columnMoments(batch: ArrayLike<number>, column: number, size: number): { mean: number; variance: number } {
  let sum = 0;
  for (let i = column; i < batch.length; i += size) sum += batch[i];
  const rows = batch.length / size;
  const mean = sum / rows;
  let squares = 0;
  for (let i = column; i < batch.length; i += size) squares += (batch[i] - mean) ** 2;
  return { mean, variance: squares / rows };
}
