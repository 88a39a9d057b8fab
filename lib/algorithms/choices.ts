// What first-order methods choose from, by the names that settings use. A method is a row of choices.
import { InputError } from "../errors.js";
import { isDifferentiable } from "../physics/engine.js";
import type { Task } from "../tasks/task.js";
import type { tf } from "../tensor/tf.js";
import { modelBackward, simulatorBackward, type Backward } from "./backward.js";
import type { Collector } from "./collector.js";
import type { FirstOrderConfig } from "./first-order.js";
import { modelForward, simulatorForward, type LearnedModel } from "./forward.js";
import { type Bootstrap, rewardAndValueObjective, rewardObjective, type StepObjective } from "./policy-gradient.js";
import type { Forward } from "./rollout.js";
import { softObjective } from "./sapo.js";

/** What the choices work with. */
export type Workbench = {
  task: Task;
  config: FirstOrderConfig;
  collector: Collector;
  /** The learned model in use. */
  model: () => LearnedModel;
};

/** Who gives the next state. */
export const forwards = {
  simulator: ({ collector }: Workbench): Forward => simulatorForward(collector),
  model: (bench: Workbench): Forward =>
    modelForward(forwards.simulator(bench), bench.task, bench.config.dynamics!.prediction, bench.model),
};

/** Who gives its derivative. */
export const backwards = {
  simulator: ({ collector, task }: Workbench): Backward => {
    const { engine } = collector.environment;
    if (!isDifferentiable(engine))
      throw new InputError(
        `backward "simulator" needs a differentiable engine, which task "${task.name}" does not have here. Use "model".`,
      );
    return simulatorBackward(engine, task);
  },
  model: ({ config, model, task }: Workbench): Backward => modelBackward(config.dynamics!.prediction, model, task),
};

/** What bootstraps where a segment ends without termination. */
export const values = {
  critic: (task: Task): StepObjective => rewardAndValueObjective(task),
  none: (task: Task): StepObjective => rewardObjective(task),
};

export type Choices = {
  forward: keyof typeof forwards;
  backward: keyof typeof backwards;
  value: keyof typeof values;
};

/** A method: who rolls out, who gives derivatives, what is maximised. */
export type FirstOrderMethod = {
  forward: (bench: Workbench) => Forward;
  backward: (bench: Workbench) => Backward;
  objective: (task: Task) => StepObjective<Constants>;
};

/** What objectives read beside the target critics: the temperature of a soft objective (0 without). */
export type Constants = Bootstrap & { temperature: tf.Scalar };

/** The functions that a configuration names. */
export function methodOf({ forward, backward, value, temperature }: FirstOrderConfig): FirstOrderMethod {
  const objective = values[value];
  return {
    forward: forwards[forward],
    backward: backwards[backward],
    objective: temperature ? (task) => softObjective(objective(task)) : objective,
  };
}
