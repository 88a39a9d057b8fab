// What first-order methods choose from, by the names that settings use. A method is a row of choices.
import { predictReward } from "../dynamics/reward-model.js";
import { InputError } from "../errors.js";
import { isDifferentiable } from "../physics/engine.js";
import type { Task } from "../tasks/task.js";
import type { Params } from "../tensor/layers.js";
import { tf } from "../tensor/tf.js";
import { modelBackward, simulatorBackward, type Backward } from "./backward.js";
import type { Collector } from "./collector.js";
import { imaginedBeside, type CriticRollout, type Recording } from "./critic-rollouts.js";
import type { Choices, FirstOrderConfig } from "./first-order-settings.js";
import { modelForward, type LearnedModel, type ModelReward } from "./forward.js";
import { decide, rewardTerm, valueTerm, withOutcome } from "./objective.js";
import type { Bootstrap, Decision, OutcomeTerm, StepObjective } from "./objective.js";
import type { Forward } from "./rollout.js";
import { softObjective } from "./sapo.js";

/** The learned model in use, and the parameters of the learned reward ({} without). */
export type World = LearnedModel & { reward: Params };

/** What the choices work with. */
export type Workbench = {
  task: Task;
  config: FirstOrderConfig;
  simulator: Recording;
  collector: Collector;
  model: () => World;
};

/** What objectives read beside the target critics: the temperature of a soft objective (0 without), the learned reward. */
export type Constants = Bootstrap & { temperature: tf.Scalar; reward: Params };

/** Who gives the next state. */
export const forwards = {
  simulator: ({ simulator }: Workbench): Forward => simulator,
  model: (bench: Workbench): Forward => imagination(bench, bench.simulator),
} satisfies Record<Choices["forward"], unknown>;

const imagination = ({ config, task, model }: Workbench, simulator: Forward): Forward =>
  modelForward(simulator, task, config.dynamics!.prediction, model, rewards[config.reward].imagined(task));

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
} satisfies Record<Choices["backward"], unknown>;

/** What bootstraps where a segment ends without termination. */
export const values = {
  critic: valueTerm,
  none: () => tf.scalar(0),
} satisfies Record<Choices["value"], OutcomeTerm>;

type Reward = {
  objective: (task: Task, objective: StepObjective<Constants>) => StepObjective<Constants>;
  /** In imagined rollouts. */
  imagined: (task: Task) => ModelReward<World>;
};

/** What is maximised: the task's reward, of the state after a step, or a model of it, of the state before. */
export const rewards = {
  given: {
    objective: (task, objective) => withOutcome(rewardTerm(task), objective),
    imagined: (task) => (_world, _state, next, actions, context) => task.reward(next.obs, actions, context),
  },
  learned: {
    objective: (_task, { decision, outcome }) => ({ outcome, decision: withLearnedReward(decision) }),
    imagined: () => (world, state, _next, actions) =>
      predictReward(world.reward, world.normalizer, state.obs, actions.action),
  },
} satisfies Record<Choices["reward"], Reward>;

const withLearnedReward =
  (decision: Decision<Constants>): Decision<Constants> =>
  (at, weights, constants) => {
    const { action, loss } = decision(at, weights, constants);
    const reward = predictReward(constants.reward, constants.normalizer, at.obs, action);
    return { action, loss: tf.add(loss, tf.sum(tf.mul(reward, weights.reward))) };
  };

const same: CriticRollout = (steps) => steps;

/** Whose rollout critics learn from: the actor's forward, then theirs. */
export const criticRollouts = {
  simulator: { simulator: () => same, model: (bench: Workbench) => imaginedBeside((real) => imagination(bench, real)) },
  model: { model: () => same, simulator: ({ simulator }: Workbench): CriticRollout => simulator.transitions },
};

/** A method: who rolls out, who gives derivatives, what is maximised, what critics learn from. */
export type FirstOrderMethod = {
  forward: (bench: Workbench) => Forward;
  backward: (bench: Workbench) => Backward;
  objective: (task: Task) => StepObjective<Constants>;
  criticRollout: (bench: Workbench) => CriticRollout;
};

/** The functions that a configuration names. */
export function methodOf({
  forward,
  backward,
  value,
  reward,
  temperature,
  critic,
}: FirstOrderConfig): FirstOrderMethod {
  const base: StepObjective<Constants> = { decision: decide, outcome: values[value] };
  const objective = temperature ? softObjective(base) : base;
  return {
    forward: forwards[forward],
    backward: backwards[backward],
    objective: (task) => rewards[reward].objective(task, objective),
    criticRollout: criticRollouts[forward][critic?.forward ?? forward],
  };
}

/** The settings, less sections that nothing chosen reads. */
export function sectionsInUse(config: FirstOrderConfig): FirstOrderConfig {
  const { forward, backward, value, reward, dynamics } = config;
  const critic = value === "critic" ? config.critic : undefined;
  const learns = [forward, backward, critic?.forward].includes("model") || reward === "learned";
  return { ...config, critic, dynamics: learns ? dynamics : undefined };
}
