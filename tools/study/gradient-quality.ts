// How good a first-order gradient is: the policy gradient three ways from the same states with the same noise.
//   true:        simulator forward, simulator backward
//   DMO:         simulator forward, model backward (at the very states of the true one)
//   imagination: model forward, model backward
// (paper, gradient analysis; spec of the log: cosine of the flattened unclipped gradients, log-std included)
import { InputError } from "@dmo-lab/input/errors";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { isDifferentiable } from "@dmo-lab/physics/engine";
import type { Environment } from "../../lib/tasks/environment.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import type { Task } from "../../lib/tasks/task.js";
import { RandomStream } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Backward } from "../../lib/algorithms/backward.js";
import { backwards, forwards, kinematicsOf, methodOf, sectionsInUse } from "../../lib/algorithms/choices.js";
import type { MethodInputs } from "../../lib/algorithms/choices.js";
import type { FirstOrderConfig } from "../../lib/algorithms/first-order-settings.js";
import { Collector } from "../../lib/algorithms/collector.js";
import type { Constants } from "../../lib/algorithms/objective.js";
import { unobserved, type ComparisonPoint, type GradientObserver } from "../../lib/algorithms/parts.js";
import { recorded } from "../../lib/algorithms/critic-rollouts.js";
import { simulatorForward } from "../../lib/algorithms/forward.js";
import { actionNoise } from "../../lib/algorithms/policies.js";
import { flattened, policyGradient, robotGradients } from "../../lib/algorithms/policy-gradient.js";
import { observeGradients } from "../../lib/training/algorithms.js";
import { quantile } from "./quantile.js";
import { rollout, type Forward, type Transition } from "../../lib/algorithms/rollout.js";

/** Cosine with the true gradient, and norm relative to it. */
export type Closeness = {
  /** From -1 to 1; 1 where both point the same way. */
  cosine: number;
  /** Norm over the true one's. */
  normRatio: number;
};

/** The same of the robots' own gradients: quartiles of the cosine, median of the relative norm. */
export type Spread = {
  /** Quartiles over the robots. */
  cosine: Quartiles;
  /** Median over the robots. */
  normRatio: number;
};
/** The middle of several values, and where their lower and upper quarters end. */
export type Quartiles = {
  /** A quarter lies below. */
  lower: number;
  /** Half lies below. */
  median: number;
  /** Three quarters lie below. */
  upper: number;
};

/** A gradient, and of single robots. */
export type Quality = Closeness & {
  /** What single robots' gradients come to. */
  robots: Spread;
};

/** DMO's gradient and imagination's beside the true one. */
export type GradientQuality = {
  /** Norm of the true gradient. */
  trueNorm: number;
  /** Through the model, at the simulator's states. */
  dmo: Quality;
  /** Through the model, at its own states. */
  imagination: Quality;
};

/** A gradient with respect to the actor, and its robots' parts. */
type Split = { whole: Float32Array; robots: Float32Array[] };

type Kind = keyof typeof backwards;

/** Compares gradients in environments of its own, on the differentiable engine. */
export class GradientProbe {
  private readonly environment: Environment;
  private readonly collector: Collector;
  private readonly forwards: Record<Kind, Forward>;
  private readonly backwards: Record<Kind, Backward>;
  private readonly gradients: Record<Kind, ReturnType<typeof policyGradient<Constants>>>;
  private readonly byRobot: ReturnType<typeof robotGradients<Constants>>;
  private model!: ComparisonPoint["model"];

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
    const simulator = recorded(simulatorForward(collector));
    const { objective, reward } = methodOf(config);
    const kinematics = kinematicsOf(config, this.environment);
    const inputs: MethodInputs = { task, config, collector, simulator, reward, model: () => this.model, kinematics };
    const both = <T>(make: (kind: Kind) => T): Record<Kind, T> => ({
      simulator: make("simulator"),
      model: make("model"),
    });
    this.forwards = both((kind) => forwards[kind].make(inputs));
    this.backwards = both((kind) => backwards[kind].make(inputs));
    this.gradients = both((kind) => policyGradient(objective(task), this.backwards[kind], config.gamma));
    this.byRobot = robotGradients(objective(task), config.gamma);
  }

  /** The comparison for a horizon of `noise.length` steps; `noise[t]` is standard normal [envs, act]. */
  compare(point: ComparisonPoint, noise: readonly tf.Tensor2D[]): GradientQuality {
    return tf.tidy(() => {
      this.model = point.model;
      const simulated = this.roll("simulator", point, noise);
      const truth = this.gradient("simulator", simulated, point);
      const dmo = this.gradient("model", simulated, point);
      const imagination = this.gradient("model", this.roll("model", point, noise), point);
      return { trueNorm: norm(truth.whole), dmo: qualityOf(dmo, truth), imagination: qualityOf(imagination, truth) };
    });
  }

  /** Frees its environments. */
  dispose(): void {
    this.environment.dispose();
  }

  private roll(kind: Kind, { start, actor, model }: ComparisonPoint, noise: readonly tf.Tensor2D[]): Transition[] {
    this.environment.load(start);
    for (const backward of Object.values(this.backwards)) backward.begin(noise.length);
    return rollout(actor, model.normalizer, this.forwards[kind], noise);
  }

  private gradient(kind: Kind, steps: Transition[], { actor, constants }: ComparisonPoint): Split {
    const { grads, actions } = this.gradients[kind](steps, actor, constants);
    return { whole: flattened(grads), robots: this.byRobot(steps, actor, constants, actions) };
  }
}

/**
 * Compares gradients at a run's horizon every `dynamics.gradientEvery` epochs, with noise of its own, so that nothing else
 * changes; never, without that setting.
 * @param config of the run; `dynamics.gradientEvery` says how often @param task of the run
 * @param stream the run's random streams by name
 */
export function gradientObserver(
  config: FirstOrderConfig,
  task: Task,
  stream: (name: string) => RandomStream,
): GradientObserver {
  const every = sectionsInUse(config).dynamics?.gradientEvery;
  if (!every) return unobserved(config);
  const probe = new GradientProbe(task, config);
  return {
    measure: (epoch, point, lap) => {
      if (epoch % every) return {};
      const random = stream(`gradient log ${epoch}`);
      const noise = Array.from({ length: config.horizon }, () => actionNoise([config.envs, task.actionSize], random));
      const columns = qualityColumns(probe.compare(point(), noise));
      lap("gradient_log_seconds");
      return columns;
    },
    dispose: () => probe.dispose(),
  };
}

observeGradients(gradientObserver);

/** As columns of a table. */
export const qualityColumns = ({ dmo, imagination, trueNorm }: GradientQuality) => ({
  true_gradient_norm: trueNorm,
  dmo_cosine: dmo.cosine,
  dmo_norm_ratio: dmo.normRatio,
  dmo_cosine_lower: dmo.robots.cosine.lower,
  dmo_cosine_median: dmo.robots.cosine.median,
  dmo_cosine_upper: dmo.robots.cosine.upper,
  dmo_norm_ratio_median: dmo.robots.normRatio,
  imagination_cosine: imagination.cosine,
  imagination_norm_ratio: imagination.normRatio,
  imagination_cosine_lower: imagination.robots.cosine.lower,
  imagination_cosine_median: imagination.robots.cosine.median,
  imagination_cosine_upper: imagination.robots.cosine.upper,
  imagination_norm_ratio_median: imagination.robots.normRatio,
});

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/**
 * How well a gradient points where the true one does, and how long it is beside it.
 * @param of a gradient @param truth the true one, of the same parameters in the same order
 */
export const comparison = (of: Float32Array, truth: Float32Array): Closeness => ({
  cosine: dot(of, truth) / (norm(of) * norm(truth)),
  normRatio: norm(of) / norm(truth),
});

const qualityOf = (of: Split, truth: Split): Quality => ({
  ...comparison(of.whole, truth.whole),
  robots: spread(of.robots.map((gradient, i) => comparison(gradient, truth.robots[i]))),
});

/** Of the robots that have a gradient, finite on both sides. */
export function spread(robots: readonly Closeness[]): Spread {
  const sorted = (values: number[]) => Float64Array.from(values.filter(Number.isFinite)).sort();
  const [cosine, normRatio] = [robots.map((robot) => robot.cosine), robots.map((robot) => robot.normRatio)].map(sorted);
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((fraction) => quantile(cosine, fraction));
  return { cosine: { lower, median, upper }, normRatio: quantile(normRatio, 0.5) };
}
