// How good a first-order gradient is: the policy gradient three ways from the same states with the same noise.
//   true:        simulator forward, simulator backward
//   DMO:         simulator forward, model backward (at the very states of the true one)
//   imagination: model forward, model backward
// (paper, gradient analysis; spec of the log: cosine of the flattened unclipped gradients, log-std included)
import { InputError } from "../errors.js";
import { RunningNormalizer } from "../dynamics/normalizer.js";
import { isDifferentiable } from "../physics/engine.js";
import type { Environment, EnvironmentState } from "../tasks/environment.js";
import { createEnvironment } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import type { Params } from "../tensor/layers.js";
import { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";
import type { Backward } from "./backward.js";
import { backwards, forwards, methodOf, type Constants, type Workbench, type World } from "./choices.js";
import { Collector } from "./collector.js";
import type { FirstOrderConfig } from "./first-order.js";
import { recording } from "./critic-rollouts.js";
import { simulatorForward } from "./forward.js";
import type { Metrics } from "./learner.js";
import { actionNoise } from "./policies.js";
import { policyGradient } from "./policy-gradient.js";
import { rollout, type Forward, type Transition } from "./rollout.js";

/** Cosine with the true gradient, and norm relative to it. */
export type Comparison = { cosine: number; normRatio: number };

/** `trueNorm`: the true gradient's. */
export type GradientQuality = { trueNorm: number; dmo: Comparison; imagination: Comparison };

/** Where gradients are compared: the environments' states, the policy, and what the gradients are made of. */
export type ComparisonPoint = { start: EnvironmentState; actor: Params; model: World; constants: Constants };

type Kind = keyof typeof backwards;

/** Compares gradients in environments of its own, on the differentiable engine. */
export class GradientProbe {
  private readonly environment: Environment;
  private readonly collector: Collector;
  private readonly forwards: Record<Kind, Forward>;
  private readonly backwards: Record<Kind, Backward>;
  private readonly gradients: Record<Kind, ReturnType<typeof policyGradient<Constants>>>;
  private model!: World;

  /** @throws InputError for a task without a differentiable engine, or a model with a memory */
  constructor(task: Task, config: FirstOrderConfig) {
    this.environment = createEnvironment(task, config.envs, new RandomStream("gradient probe"));
    const { engine } = this.environment;
    if (!isDifferentiable(engine))
      throw new InputError(
        `Task "${task.name}" has no differentiable engine: there is no true gradient to compare with.`,
      );
    if (config.dynamics?.recurrent?.width)
      throw new InputError("Gradients are compared for models without a memory: dynamics.recurrent.width has to be 0.");
    this.collector = new Collector(this.environment, new RunningNormalizer(engine.observationSize));
    const { collector } = this;
    const simulator = recording(simulatorForward(collector));
    const bench: Workbench = { task, config, collector, simulator, model: () => this.model };
    const both = <T>(make: (kind: Kind) => T): Record<Kind, T> => ({
      simulator: make("simulator"),
      model: make("model"),
    });
    this.forwards = both((kind) => forwards[kind](bench));
    this.backwards = both((kind) => backwards[kind](bench));
    const objective = methodOf(config).objective(task);
    this.gradients = both((kind) => policyGradient(objective, this.backwards[kind], config.gamma));
  }

  /** The comparison for a horizon of `noise.length` steps; `noise[t]` is standard normal [envs, act]. */
  compare(point: ComparisonPoint, noise: readonly tf.Tensor2D[]): GradientQuality {
    return tf.tidy(() => {
      this.model = point.model;
      const simulated = this.roll("simulator", point, noise);
      const truth = this.gradient("simulator", simulated, point);
      const dmo = this.gradient("model", simulated, point);
      const imagination = this.gradient("model", this.roll("model", point, noise), point);
      return { trueNorm: norm(truth), dmo: comparison(dmo, truth), imagination: comparison(imagination, truth) };
    });
  }

  dispose(): void {
    this.environment.dispose();
  }

  private roll(kind: Kind, { start, actor, model }: ComparisonPoint, noise: readonly tf.Tensor2D[]): Transition[] {
    this.environment.load(start);
    this.collector.obs = this.environment.engine.observe();
    for (const backward of Object.values(this.backwards)) backward.begin(noise.length);
    return rollout(actor, model.normalizer, this.forwards[kind], noise);
  }

  private gradient(kind: Kind, steps: Transition[], { actor, constants }: ComparisonPoint): Float32Array {
    const { grads } = this.gradients[kind](steps, actor, constants);
    return tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync() as Float32Array;
  }
}

/** The log of a run: gradients compared at its horizon every few epochs, with noise of its own, so that nothing else changes. */
export class GradientLog {
  private readonly probe: GradientProbe;

  constructor(
    private readonly task: Task,
    private readonly config: FirstOrderConfig,
    private readonly every: number,
    private readonly stream: (name: string) => RandomStream,
  ) {
    this.probe = new GradientProbe(task, config);
  }

  /** Columns of metrics.csv, in epochs that are compared. */
  measure(epoch: number, point: () => ComparisonPoint): Metrics {
    const { envs, horizon } = this.config;
    if (epoch % this.every) return {};
    const random = this.stream(`gradient log ${epoch}`);
    const noise = Array.from({ length: horizon }, () => actionNoise([envs, this.task.actionSize], random));
    const { dmo, imagination, trueNorm } = this.probe.compare(point(), noise);
    return {
      true_gradient_norm: trueNorm,
      dmo_cosine: dmo.cosine,
      dmo_norm_ratio: dmo.normRatio,
      imagination_cosine: imagination.cosine,
      imagination_norm_ratio: imagination.normRatio,
    };
  }

  dispose(): void {
    this.probe.dispose();
  }
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/** @param of a gradient, compared with `truth` */
export const comparison = (of: Float32Array, truth: Float32Array): Comparison => ({
  cosine: dot(of, truth) / (norm(of) * norm(truth)),
  normRatio: norm(of) / norm(truth),
});
