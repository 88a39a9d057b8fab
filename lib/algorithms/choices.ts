// What first-order methods choose from. A method is a row of choices (dmo.ts, shac.ts, ...); settings name them, and here
// names become functions. A choice says which sections of settings it needs.
import { predictReward } from "../dynamics/reward-model.js";
import { InputError } from "@dmo-lab/input/errors";
import { isDifferentiable } from "@dmo-lab/physics/engine";
import type { KnownKinematics } from "@dmo-lab/physics/known-kinematics";
import type { Environment } from "../tasks/environment.js";
import type { Task } from "../tasks/task.js";
import { tf } from "@dmo-lab/jit/tf";
import { modelBackward, simulatorBackward, type Backward } from "./backward.js";
import type { Collector } from "./collector.js";
import { imaginedBeside, type CriticRollout, type RecordedForward } from "./critic-rollouts.js";
import type { ChoiceNames, FirstOrderConfig } from "./first-order-settings.js";
import { modelForward, type ModelReward } from "./forward.js";
import { kinematicBackward, kinematicForward, learnedChangeBackward } from "./kinematic.js";
import { decide, rewardTerm, softObjective, valueTerm, withLearnedReward, withOutcome } from "./objective.js";
import type { Constants, OutcomeTerm, StepObjective } from "./objective.js";
import type { Forward } from "./rollout.js";
import { learnedReward, noRewardModel, type CreateRewardModel, type FrozenWorldModel } from "./world-model.js";

/** What the functions of a method are made from: `task`, `config`, the `simulator` and its `collector`, and whose `reward` counts. */
export type MethodInputs = {
  task: Task;
  config: FirstOrderConfig;
  simulator: RecordedForward;
  collector: Collector;
  /** The learned model in use. */
  model: () => FrozenWorldModel;
  reward: RewardChoice;
  /** Where the learned model predicts what they leave open. */
  kinematics?: KnownKinematics;
};

/** For a learned model that predicts what known kinematics leave open, those of the environments. */
export const kinematicsOf = (
  { dynamics }: FirstOrderConfig,
  { task, engine }: Environment,
): KnownKinematics | undefined => (dynamics?.prediction === "kinematic" ? engine.kinematics(task) : undefined);

type Choice = { readonly needs: readonly ("critic" | "dynamics" | "temperature")[] };
type ForwardChoice = Choice & { make: (inputs: MethodInputs) => Forward };
type BackwardChoice = Choice & { make: (inputs: MethodInputs) => Backward };
type ValueChoice = Choice & { term: OutcomeTerm };
type Objective = StepObjective<Constants>;
type RewardChoice = Choice & {
  objective: (task: Task, objective: Objective) => Objective;
  /** In imagined rollouts. */
  imagined: (task: Task) => ModelReward<FrozenWorldModel>;
  model: CreateRewardModel;
};
type EntropyChoice = Choice & { objective: (objective: Objective) => Objective };

function imagination({ config, task, model, reward, kinematics }: MethodInputs, simulator: Forward): Forward {
  const { prediction } = config.dynamics!;
  return prediction === "kinematic"
    ? kinematicForward(simulator, kinematics!, model, reward.imagined(task))
    : modelForward(simulator, task, prediction, model, reward.imagined(task));
}

/** Who gives the next state. */
export const forwards = {
  simulator: { needs: [], make: ({ simulator }) => simulator },
  model: { needs: ["dynamics"], make: (inputs) => imagination(inputs, inputs.simulator) },
} satisfies Record<ChoiceNames["forward"], ForwardChoice>;

/** Who gives its derivative. */
export const backwards = {
  simulator: {
    needs: [],
    make: ({ collector, task }) => {
      const { engine } = collector.environment;
      if (!isDifferentiable(engine))
        throw new InputError(
          `backward "simulator" needs a differentiable engine, which task "${task.name}" does not have here. Use "model".`,
        );
      return simulatorBackward(engine, task);
    },
  },
  model: {
    needs: ["dynamics"],
    make: ({ config, model, task, kinematics }) => {
      const { prediction } = config.dynamics!;
      return prediction === "kinematic"
        ? kinematicBackward(kinematics!, learnedChangeBackward(model), task)
        : modelBackward(prediction, model, task);
    },
  },
} satisfies Record<ChoiceNames["backward"], BackwardChoice>;

/** What bootstraps where a segment ends without termination. */
export const values = {
  critic: { needs: ["critic"], term: valueTerm },
  none: { needs: [], term: () => tf.scalar(0) },
} satisfies Record<ChoiceNames["value"], ValueChoice>;

/** What is maximised: the task's reward, of the state after a step, or a model of it, of the state before. */
export const rewards = {
  given: {
    needs: [],
    objective: (task, objective) => withOutcome(rewardTerm(task), objective),
    imagined: (task) => (_world, _state, next, actions, context) => task.reward(next.obs, actions, context),
    model: noRewardModel,
  },
  learned: {
    needs: ["dynamics"],
    objective: (_task, objective) => withLearnedReward(objective),
    imagined: () => (world, state, _next, actions) =>
      predictReward(world.reward, world.normalizer, state.obs, actions.action),
    model: learnedReward,
  },
} satisfies Record<ChoiceNames["reward"], RewardChoice>;

/** Whether the policy's entropy is maximised as well. */
export const entropies = {
  none: { needs: [], objective: (objective) => objective },
  tuned: { needs: ["temperature"], objective: softObjective },
} satisfies Record<string, EntropyChoice>;

/** A method: `forward` (who rolls out), `backward` (who gives derivatives), `value` (what follows the last step), `reward` and `entropy`. */
export type Choices = {
  forward: ForwardChoice;
  backward: BackwardChoice;
  value: ValueChoice;
  reward: RewardChoice;
  entropy: EntropyChoice;
};

/** The choices that have a setting, by its path. */
const settings: { [path: string]: { [name: string]: Choice } } = {
  forward: forwards,
  backward: backwards,
  value: values,
  reward: rewards,
  "critic.forward": forwards,
};

/** The sections of settings that are needed where a setting, by its path, has this value. */
export const needsOf = (path: string, value: unknown): Choice["needs"] => settings[path]?.[String(value)]?.needs ?? [];

/** What settings call the choices of a method. */
export function namesOf(method: Choices): ChoiceNames {
  const name = <T extends object>(table: T, choice: unknown) =>
    Object.entries(table).find(([, each]) => each === choice)![0] as keyof T;
  return {
    forward: name(forwards, method.forward),
    backward: name(backwards, method.backward),
    value: name(values, method.value),
    reward: name(rewards, method.reward),
  };
}

/** The choices that a configuration names. */
export const choicesOf = ({ forward, backward, value, reward, temperature }: FirstOrderConfig): Choices => ({
  forward: forwards[forward],
  backward: backwards[backward],
  value: values[value],
  reward: rewards[reward],
  entropy: temperature ? entropies.tuned : entropies.none,
});

/** The settings, less sections that nothing chosen reads. */
export function sectionsInUse(config: FirstOrderConfig): FirstOrderConfig {
  const method = choicesOf(config);
  const critic = method.value.needs.includes("critic") ? config.critic : undefined;
  const chosen: Choice[] = [...Object.values(method), forwards[critic?.forward ?? config.forward]];
  const compares = config.dynamics?.gradientEvery !== undefined;
  const learns = compares || chosen.some(({ needs }) => needs.includes("dynamics"));
  return { ...config, critic, dynamics: learns ? config.dynamics : undefined };
}

/** The functions of a method: `forward`, `backward` and `objective` of the actor's rollout, the `criticRollout`, and whose `reward` counts. */
export type FirstOrderMethod = {
  forward: (inputs: MethodInputs) => Forward;
  backward: (inputs: MethodInputs) => Backward;
  objective: (task: Task) => Objective;
  criticRollout: (inputs: MethodInputs) => CriticRollout;
  reward: RewardChoice;
};

/** The functions that a configuration names: what `config` says of forward, backward, value, reward and entropy. */
export function methodOf(config: FirstOrderConfig): FirstOrderMethod {
  const { forward, backward, value, reward, entropy } = choicesOf(config);
  const base: Objective = entropy.objective({ decision: decide, outcome: value.term });
  return {
    forward: forward.make,
    backward: backward.make,
    objective: (task) => reward.objective(task, base),
    criticRollout: criticRollouts[config.forward][sectionsInUse(config).critic?.forward ?? config.forward],
    reward,
  };
}

const same: CriticRollout = (steps) => steps;

/** Whose rollout critics learn from: the actor's forward, then theirs. */
const criticRollouts = {
  simulator: {
    simulator: () => same,
    model: (inputs: MethodInputs) => imaginedBeside((real) => imagination(inputs, real)),
  },
  model: { model: () => same, simulator: ({ simulator }: MethodInputs): CriticRollout => simulator.transitions },
};
