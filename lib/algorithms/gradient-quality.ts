// How good a first-order gradient is: the policy gradient three ways from the same states with the same noise.
//   true:        simulator forward, simulator backward
//   DMO:         simulator forward, model backward (at the very states of the true one)
//   imagination: model forward, model backward
// (paper, gradient analysis; spec of the log: cosine of the flattened unclipped gradients, log-std included)
import { RunningNormalizer } from "../dynamics/normalizer.js";
import type { Prediction } from "../dynamics/model.js";
import { isDifferentiable } from "../physics/engine.js";
import { Environment, type EnvironmentState } from "../tasks/environment.js";
import { createEnvironment } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import type { Params } from "../tensor/layers.js";
import { RandomStream } from "../tensor/random.js";
import { tf } from "../tensor/tf.js";
import { InputError } from "../errors.js";
import { modelBackward, simulatorBackward, type Backward } from "./backward.js";
import { Collector } from "./collector.js";
import { modelForward, simulatorForward, type LearnedModel } from "./forward.js";
import { policyGradient, type Bootstrap, type StepObjective } from "./policy-gradient.js";
import { rollout, type Forward, type Transition } from "./rollout.js";

/** Cosine with the true gradient, and norm relative to it. */
export type Comparison = { cosine: number; normRatio: number };

/** `trueNorm`: the true gradient's. */
export type GradientQuality = { trueNorm: number; dmo: Comparison; imagination: Comparison };

/** Where gradients are compared: the environments' states, the policy, and what the gradients are made of. */
export type ComparisonPoint = {
  start: EnvironmentState;
  actor: Params;
  model: LearnedModel;
  /** The target critic, `{}` for an objective without values. */
  target: Params;
};

/** Compares gradients in environments of its own, on the differentiable engine. */
export class GradientProbe {
  private readonly environment: Environment;
  private readonly backwards: { true: Backward; model: Backward };
  private readonly gradients: Record<"true" | "model", ReturnType<typeof policyGradient>>;
  private readonly imagined: Forward;
  private readonly simulated: Forward;
  private model!: LearnedModel;
  private readonly collector: Collector;

  constructor(task: Task, envs: number, objective: StepObjective, prediction: Prediction, gamma: number) {
    this.environment = createEnvironment(task, envs, new RandomStream("gradient probe"));
    const { engine } = this.environment;
    if (!isDifferentiable(engine))
      throw new InputError(
        `Task "${task.name}" has no differentiable engine, so there is no true gradient to compare with.`,
      );
    this.collector = new Collector(this.environment, new RunningNormalizer(engine.observationSize));
    const model = (): LearnedModel => this.model;
    this.simulated = simulatorForward(this.collector);
    this.imagined = modelForward(this.simulated, task, prediction, model);
    this.backwards = { true: simulatorBackward(engine, task), model: modelBackward(prediction, model, task) };
    this.gradients = {
      true: policyGradient(objective, this.backwards.true, gamma),
      model: policyGradient(objective, this.backwards.model, gamma),
    };
  }

  /** The comparison for a horizon of `noise.length` steps; `noise[t]` is standard normal [envs, act]. */
  compare(point: ComparisonPoint, noise: readonly tf.Tensor2D[]): GradientQuality {
    return tf.tidy(() => {
      this.model = point.model;
      const bootstrap = { targets: [point.target], normalizer: point.model.normalizer };
      const simulated = this.roll(this.simulated, point, noise);
      const truth = this.gradient("true", simulated, point.actor, bootstrap);
      const dmo = this.gradient("model", simulated, point.actor, bootstrap);
      const imagined = this.roll(this.imagined, point, noise);
      const imagination = this.gradient("model", imagined, point.actor, bootstrap);
      return { trueNorm: norm(truth), dmo: comparison(dmo, truth), imagination: comparison(imagination, truth) };
    });
  }

  dispose(): void {
    this.environment.dispose();
  }

  private roll(forward: Forward, { start, actor, model }: ComparisonPoint, noise: readonly tf.Tensor2D[]) {
    this.environment.load(start);
    this.collector.obs = this.environment.engine.observe();
    for (const backward of Object.values(this.backwards)) backward.begin(noise.length);
    return rollout(actor, model.normalizer, forward, noise);
  }

  private gradient(kind: "true" | "model", steps: Transition[], actor: Params, bootstrap: Bootstrap): Float32Array {
    const { grads } = this.gradients[kind](steps, actor, bootstrap);
    return tf.concat(Object.values(grads).map((g) => g.flatten())).dataSync() as Float32Array;
  }
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/** @param of a gradient, compared with `truth` */
export const comparison = (of: Float32Array, truth: Float32Array): Comparison => ({
  cosine: dot(of, truth) / (norm(of) * norm(truth)),
  normRatio: norm(of) / norm(truth),
});
