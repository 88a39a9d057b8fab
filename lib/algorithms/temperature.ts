// The temperature of maximum entropy: the weight of the policy's entropy beside the reward, which follows a target entropy.
import { normalize, type NormalizerTensors } from "../dynamics/normalizer.js";
import { descend, type Trained, untrained } from "../tensor/adam.js";
import { valueAndGrad } from "../tensor/grad.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import { Held, type TreeState } from "../tensor/state.js";
import { tf } from "../tensor/tf.js";
import type { TemperatureConfig } from "./first-order-settings.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import { policyNetworks, sampleWithLogProbability } from "./policies.js";
import type { Transition } from "./rollout.js";

/** -alpha mean (log pi + target entropy), whose gradient is taken at log alpha. */
export function temperatureLoss({ log }: Params, logProbability: tf.Tensor1D, targetEntropy: number): tf.Scalar {
  return tf.mul(tf.exp(log), tf.sub(-targetEntropy, tf.mean(logProbability))) as tf.Scalar;
}

/** The action of a first-order method's stochastic actor, and its log-density [batch]. */
export const actionAndLogProbability = (actor: Params, normalized: tf.Tensor2D, noise: tf.Tensor2D) =>
  sampleWithLogProbability(policyNetworks["elu-norm-tanh"], actor, normalized, noise);

const logProbabilities = jit(
  "log-probabilities",
  (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D[], noise: tf.Tensor2D[]) =>
    actionAndLogProbability(actor, normalize(tf.concat2d(seen, 0), normalizer), tf.concat2d(noise, 0)).logProbability,
);

const temperatureUpdate = ({ learningRate, targetEntropy }: TemperatureConfig, actionSize: number) =>
  jit("temperature update", (state: Trained, logProbability: tf.Tensor1D): Trained => {
    const loss = (log: Params) => temperatureLoss(log, logProbability, targetEntropy * actionSize);
    return descend(state, valueAndGrad(loss, state.params).grad, learningRate);
  });

/** The weight of the entropy in rewards, tuned to keep the entropy near its target. */
export class Temperature {
  /** The temperature is held as its logarithm. */
  private readonly state: Held<Trained>;
  private readonly update: ReturnType<typeof temperatureUpdate>;

  constructor(config: TemperatureConfig, actionSize: number) {
    this.state = new Held(untrained({ log: tf.scalar(Math.log(config.initial)) }));
    this.update = temperatureUpdate(config, actionSize);
  }

  get alpha(): tf.Scalar {
    return tf.exp(this.state.value.params["log"] as tf.Scalar);
  }

  /**
   * The rollout with soft rewards, `actor` as it acted and the normaliser of what it sees; `tune` then moves the
   * temperature by the rollout's entropy.
   */
  soften(steps: readonly Transition[], actor: Params, normalizer: NormalizerTensors) {
    const [seen, noise] = [steps.map((step) => step.seen), steps.map((step) => step.noise)];
    const logs = logProbabilities(actor, normalizer, seen, noise);
    const [[alpha], values] = [this.alpha, logs].map((x) => x.dataSync() as Float32Array);
    requireFinite(alpha, "the temperature");
    const soft = steps.map((step, t) => {
      const reward = step.reward.map((r, i) => r - alpha * values[t * step.reward.length + i]);
      return { ...step, reward };
    });
    const entropy = -values.reduce((sum, log) => sum + log, 0) / values.length;
    const tune = (): Metrics => {
      this.state.replace(this.update(this.state.value, logs));
      return { entropy, temperature: alpha };
    };
    return { steps: soft, tune };
  }

  save(): TreeState {
    return this.state.save();
  }

  load(state: TreeState): void {
    this.state.load(state);
  }

  dispose(): void {
    this.state.dispose();
    this.update.dispose();
  }
}
