import type { NormalizerTensors } from "../dynamics/normalizer.js";
import type { Params } from "../tensor/layers.js";
import type { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";
import { Critic, criticInputs, initCritic, tdLambda, type CriticReport } from "./critic.js";
import type { CriticsConfig } from "./first-order-settings.js";
import type { Metrics } from "./learner.js";
import { requireFinite } from "./measure.js";
import type { Transition } from "./rollout.js";

/** A method's critics: each fits the same TD(lambda) targets, which bootstrap from the mean of all target critics. */
export class Critics {
  private readonly critics: Critic[];

  constructor(
    readonly config: CriticsConfig,
    inputs: number,
    stream: (name: string) => RandomStream,
  ) {
    const names = Array.from({ length: config.count }, (_, i) => (i === 0 ? "critic" : `critic ${i + 1}`));
    this.critics = names.map((name) => new Critic(config, initCritic(inputs, config.hidden, stream(name))));
  }

  get targets(): Params[] {
    return this.critics.map((critic) => critic.target);
  }

  /** Fits the critics to a rollout, then moves their targets. The report is the mean over the critics. */
  fit(steps: readonly Transition[], normalizer: NormalizerTensors, gamma: number, learningRate: number): Metrics {
    const target = tdLambda(steps, this.nextValues(steps, normalizer), gamma, this.config.lambda);
    const inputs = criticInputs(steps, normalizer);
    const flat = Float32Array.from(target.flatMap((row) => [...row]));
    const reports = this.critics.map((critic) => critic.fit(inputs, tf.tensor1d(flat), learningRate));
    this.critics.forEach((critic) => critic.moveTarget());
    const sum = (of: keyof CriticReport) => reports.reduce((total, report) => total + report[of], 0);
    const loss = sum("loss") / reports.length;
    requireFinite(loss, "the critic's loss");
    return {
      critic_loss: loss,
      critic_grad_norm: sum("gradNorm") / reports.length,
      critic_nonfinite: sum("nonFinite"),
    };
  }

  save() {
    return this.critics.map((critic) => critic.save());
  }

  load(state: ReturnType<Critics["save"]>): void {
    this.critics.forEach((critic, i) => critic.load(state[i]));
  }

  dispose(): void {
    this.critics.forEach((critic) => critic.dispose());
  }

  /** The mean of the target critics' bootstrap values, [T][N]. */
  private nextValues(steps: readonly Transition[], normalizer: NormalizerTensors): Float32Array[] {
    const [first, ...others] = this.critics.map((critic) => critic.nextValues(steps, normalizer));
    return first.map((row, t) =>
      row.map((v, i) => others.reduce((sum, values) => sum + values[t][i], v) / this.critics.length),
    );
  }
}
