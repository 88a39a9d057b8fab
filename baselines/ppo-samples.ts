/** What PPO learns from: a rollout with values and advantages, cut into minibatches of whole environments. */
import { EPSILON, normalize, RunningNormalizer, type NormalizerTensors } from "../lib/dynamics/normalizer.js";
import type { Step } from "../lib/tasks/environment.js";
import { jit } from "@dmo-lab/jit/jit";
import { rows } from "../lib/tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import { mapTree } from "@dmo-lab/jit/tree";
import { gae, logProbability, standardized, type PpoBatch } from "./ppo-loss.js";

/** What the policy saw and did in a step of all environments, [env, .]; the value sees no more than the policy. */
export type Acted = { obs: tf.Tensor2D; action: tf.Tensor2D; mean: tf.Tensor2D };

/** What each sample is to be learned from, [T, N]. */
type Targets = { [K in "value" | "advantage" | "target"]: tf.Tensor };

/** Values, advantages and their sum, the value's target, in units of the scaled reward; values are then normalised. */
export class PpoTargets {
  /** Of values in units of the scaled reward: the network's are normalised by it. */
  private readonly normalizer = new RunningNormalizer(1);

  constructor(
    private readonly gamma: number,
    private readonly config: { lambda: number; rewardScale: number },
  ) {}

  /** Of T steps, from the network's values at what the policy saw and at the observations after it, `[T][N]`. */
  of(results: readonly Step[], values: readonly Float32Array[], nextValues: readonly Float32Array[]): Targets {
    const { mean, scale } = this.units();
    const raw = (x: Float32Array) => x.map((v) => v * scale + mean);
    const value = values.map(raw);
    const { lambda, rewardScale } = this.config;
    const scaled = results.map((result) => ({ ...result, reward: result.reward.map((r) => rewardScale * r) }));
    const advantage = gae(scaled, value, nextValues.map(raw), this.gamma, lambda);
    const target = advantage.map((row, t) => row.map((a, i) => a + value[t][i]));
    return {
      value: this.normalized(value),
      target: this.normalized(target),
      advantage: rows(results.length, standardized(join(advantage))),
    };
  }

  save() {
    return this.normalizer.save();
  }

  load(saved: ReturnType<PpoTargets["save"]>): void {
    this.normalizer.load(saved);
  }

  /** By statistics that count them in. */
  private normalized(steps: readonly Float32Array[]): tf.Tensor2D {
    const all = join(steps);
    this.normalizer.update(all);
    const { mean, scale } = this.units();
    return rows(
      steps.length,
      all.map((v) => (v - mean) / scale),
    );
  }

  /** A value is `mean + scale` times the network's. */
  private units(): { mean: number; scale: number } {
    const { mean, variance } = this.normalizer;
    return { mean: mean[0], scale: Math.sqrt(variance[0] + EPSILON) };
  }
}

/** Of steps [T, N, ...] those of the i-th of `count` groups of environments, as samples [T * N / count, ...]. */
function group(x: tf.Tensor, count: number, i: number): tf.Tensor {
  const size = x.shape[1]! / count;
  return tf.reshape(tf.slice(x, [0, i * size], [-1, size]), [-1, ...x.shape.slice(2)]);
}

/** A rollout as minibatches of whole environments, each with the policy that acted. */
export function minibatches(count: number) {
  type Arguments = [steps: Acted[], targets: Targets, logStd: tf.Tensor, normalizer: NormalizerTensors];
  return jit("ppo minibatches", (...[steps, targets, logStd, normalizer]: Arguments) => {
    const stacked = (key: keyof Acted) => tf.stack(steps.map((step) => step[key]));
    const all = { obs: stacked("obs"), action: stacked("action"), mean: stacked("mean"), ...targets };
    return Array.from({ length: count }, (_, i) => {
      const samples = mapTree(all, (x) => group(x, count, i)) as Acted & Pick<PpoBatch, keyof Targets>;
      const { mean, ...learned } = samples;
      const obs = normalize(samples.obs, normalizer);
      const batch = { ...learned, obs, logProbability: logProbability(mean, logStd, samples.action) };
      return { batch, policy: { mean, logStd } };
    });
  });
}

/** All rows one after another. */
function join(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.length * rows[0].length);
  rows.forEach((row, t) => all.set(row, t * row.length));
  return all;
}
