// The temperature of maximum entropy: the weight of the policy's entropy beside the reward.
//   alpha  descends alpha (mean h - target entropy),  h = -log pi(a|s)
import { normalize, type NormalizerTensors } from "../dynamics/normalizer.js";
import { descend, type Trained, untrained } from "../tensor/adam.js";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import { jit } from "@dmo-lab/jit/jit";
import type { Params } from "../tensor/layers.js";
import { Held, NOTHING, type Part } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { sampleWithDensity } from "./actor.js";
import type { TemperatureConfig } from "./first-order-settings.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import type { Transition } from "./rollout.js";

/** -alpha mean (logProbability + targetEntropy) [nats], with alpha the exponential of `log`, at which its gradient is taken. */
export function temperatureLoss({ log }: Params, logProbability: tf.Tensor1D, targetEntropy: number): tf.Scalar {
  return tf.mul(tf.exp(log), tf.sub(-targetEntropy, tf.mean(logProbability))) as tf.Scalar;
}

const logProbabilities = jit(
  "log-probabilities",
  (actor: Params, normalizer: NormalizerTensors, seen: tf.Tensor2D[], noise: tf.Tensor2D[]) =>
    sampleWithDensity(actor, normalize(tf.concat2d(seen, 0), normalizer), tf.concat2d(noise, 0)).logProbability,
);

const temperatureUpdate = ({ learningRate, targetEntropy }: TemperatureConfig, actionSize: number) =>
  jit("temperature update", (state: Trained, logProbability: tf.Tensor1D): Trained => {
    const loss = (log: Params) => temperatureLoss(log, logProbability, targetEntropy * actionSize);
    return descend(state, valueAndGrad(loss, state.params).grad, learningRate);
  });

/** The weight `alpha` of the entropy in rewards, held as its logarithm and tuned to keep the entropy near its target. */
export class Temperature extends Held<Trained> {
  private readonly update: ReturnType<typeof temperatureUpdate>;
  /** The last rollout's log-probabilities; they live as long as the epoch. */
  private logs!: tf.Tensor1D;

  constructor(config: TemperatureConfig, actionSize: number) {
    super(untrained({ log: tf.scalar(Math.log(config.initial)) }));
    this.update = temperatureUpdate(config, actionSize);
  }

  get alpha(): tf.Scalar {
    return tf.exp(this.value.params["log"] as tf.Scalar);
  }

  /** The rollout with rewards r - alpha log pi(a|s), `actor` as it acted and `normalizer` that of what it sees. */
  softRewards(steps: readonly Transition[], actor: Params, normalizer: NormalizerTensors): readonly Transition[] {
    const [seen, noise] = [steps.map((step) => step.seen), steps.map((step) => step.noise)];
    this.logs = logProbabilities(actor, normalizer, seen, noise);
    const [[alpha], values] = [this.alpha, this.logs].map((x) => x.dataSync() as Float32Array);
    requireFinite(alpha, "the temperature");
    return steps.map((step, t) => {
      const reward = step.reward.map((r, i) => r - alpha * values[t * step.reward.length + i]);
      return { ...step, reward };
    });
  }

  /** Moves the temperature by the entropy of that rollout; reports both, the temperature as it was. */
  tune(): Metrics {
    const [[temperature], values] = [this.alpha, this.logs].map((x) => x.dataSync() as Float32Array);
    this.replace(this.update(this.value, this.logs));
    return { entropy: -values.reduce((sum, log) => sum + log, 0) / values.length, temperature };
  }

  override dispose(): void {
    super.dispose();
    this.update.dispose();
  }
}

/** What an epoch needs of a temperature. */
export type TemperaturePart = Part & Pick<Temperature, "alpha" | "softRewards" | "tune">;

/** A method without entropy has this. */
export const NO_TEMPERATURE: TemperaturePart = {
  ...NOTHING,
  get alpha() {
    return tf.scalar(0);
  },
  softRewards: (steps) => steps,
  tune: () => ({}),
};
