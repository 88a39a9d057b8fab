import type { NormalizerTensors } from "../dynamics/normalizer.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { Composite, NOTHING, type Part } from "../tensor/state.js";
import { tf } from "@dmo-lab/jit/tf";
import { Critic, criticInputs, initCritic, tdLambda, type CriticReport } from "./critic.js";
import type { CriticsConfig } from "./first-order-settings.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import type { Transition } from "./rollout.js";

/** A learning rate in an epoch, of that at the start. */
export type Decay = (start: number) => number;

/** A method's critics of one `config`: each fits the same TD(lambda) targets, which bootstrap from the mean of all target critics. */
export class Critics extends Composite<Critic[]> {
  constructor(
    readonly config: CriticsConfig,
    inputs: number,
    stream: (name: string) => RandomStream,
  ) {
    const names = Array.from({ length: config.count }, (_, i) => (i === 0 ? "critic" : `critic ${i + 1}`));
    super(names.map((name) => new Critic(config, initCritic(inputs, config.hidden, stream(name)))));
  }

  get targets(): Params[] {
    return this.parts.map((critic) => critic.target);
  }

  /**
   * Fits the critics to a rollout, with the learning rate that `decayed` makes of theirs; reports the mean over the critics.
   * @throws NonFiniteError
   */
  fit(steps: readonly Transition[], normalizer: NormalizerTensors, gamma: number, decayed: Decay): Metrics {
    const learningRate = decayed(this.config.learningRate);
    const target = tdLambda(steps, this.nextValues(steps, normalizer), gamma, this.config.lambda);
    const inputs = criticInputs(steps, normalizer);
    const flat = Float32Array.from(target.flatMap((row) => [...row]));
    const reports = this.parts.map((critic) => critic.fit(inputs, tf.tensor1d(flat), learningRate));
    const sum = (of: keyof CriticReport) => reports.reduce((total, report) => total + report[of], 0);
    return {
      critic_loss: requireFinite(sum("loss") / reports.length, "the critic's loss"),
      critic_grad_norm: sum("gradNorm") / reports.length,
      critic_nonfinite: sum("nonFinite"),
    };
  }

  /** Moves the target critics towards the critics, at the end of an epoch. */
  moveTargets(): void {
    this.parts.forEach((critic) => critic.moveTarget());
  }

  /** The mean of the target critics' bootstrap values, [T][N]. */
  private nextValues(steps: readonly Transition[], normalizer: NormalizerTensors): Float32Array[] {
    const [first, ...others] = this.parts.map((critic) => critic.nextValues(steps, normalizer));
    return first.map((row, t) =>
      row.map((v, i) => others.reduce((sum, values) => sum + values[t][i], v) / this.parts.length),
    );
  }
}

/** What an epoch needs of critics. */
export type CriticsPart = Part & Pick<Critics, "targets" | "fit" | "moveTargets">;

/** A method without a critic has these. */
export const NO_CRITICS: CriticsPart = { ...NOTHING, targets: [], fit: () => ({}), moveTargets: () => undefined };
