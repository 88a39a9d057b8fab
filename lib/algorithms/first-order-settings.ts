// The settings of first-order methods: those of actor, critics and temperature, and what a method chooses.
import { dynamicsSettings, type DynamicsConfig } from "../dynamics/dynamics-settings.js";
import { choice, count, finite, fraction, positive, type Values } from "@dmo-lab/input/setting";
import { betas, widths } from "../tensor/network-settings.js";
import { learnerSettings } from "./learner.js";

/** Settings of the actor and of its update. */
export const actorSettings = {
  policy: choice("whether the actor has noise", ["stochastic", "deterministic"]),
  hidden: widths("hidden layers of the actor"),
  learningRate: positive("actor's learning rate at the start"),
  betas,
  clip: positive("largest norm of the actor's gradient"),
};

/** Settings of an actor. */
export type ActorConfig = Values<typeof actorSettings>;
/** Which distribution actions have. */
export type ActorPolicy = ActorConfig["policy"];

/** Settings of a critic and of its fit. */
export const criticSettings = {
  hidden: widths("hidden layers of the critic"),
  learningRate: positive("critic's learning rate at the start"),
  iterations: count("passes of the critic over a rollout"),
  minibatches: count("minibatches of a pass, of whole time steps: a divisor of horizon, or imagination.steps"),
  lambda: fraction("lambda of the TD(lambda) targets"),
  targetAlpha: fraction("target critic <- alpha * target + (1 - alpha) * critic after each epoch"),
  betas,
  clip: positive("largest norm of the critic's gradient"),
};

/** Settings of a critic. */
export type CriticConfig = Values<typeof criticSettings>;

/** Settings of a method's critics, which all are alike. */
export const criticsSettings = {
  forward: choice("who gives the next state in the rollout that critics learn from", ["simulator", "model"]),
  count: count("critics, whose values are averaged", 100),
  ...criticSettings,
};

/** Settings of all critics. */
export type CriticsConfig = Values<typeof criticsSettings>;

/** Settings of the temperature alpha. */
export const temperatureSettings = {
  initial: positive("temperature at the start: the weight of the entropy"),
  learningRate: positive("learning rate of the temperature's logarithm"),
  targetEntropy: finite("entropy that it is tuned for, for each component of the action [nats] (SAPO)"),
};

/** Settings of a temperature. */
export type TemperatureConfig = Values<typeof temperatureSettings>;

/** What a first-order method chooses; what the names stand for is in `choices.ts`. */
const choiceSettings = {
  forward: choice("who gives the next state in a rollout", ["simulator", "model"]),
  backward: choice("who gives its derivative", ["simulator", "model"]),
  value: choice("what follows after a rollout's last step in the actor's objective", ["critic", "none"]),
  reward: choice("the reward in the actor's objective: the task's, or a model of it", ["given", "learned"]),
};

export type ChoiceNames = Values<typeof choiceSettings>;

const ownSettings = {
  ...learnerSettings,
  decayEpochs: count("epochs over which the learning rates of actor and critic fall linearly", 1_000_000_000),
  finalLearningRate: positive("learning rate at the end of the decay"),
  ...choiceSettings,
};

/** Settings of first-order methods; one without a critic, a learned model or a temperature has no such section. */
export const firstOrderSettings = {
  ...ownSettings,
  actor: actorSettings,
  critic: criticsSettings,
  temperature: temperatureSettings,
  dynamics: dynamicsSettings,
};

/** Settings of a first-order method: of its `actor`, and of `critic`, `temperature` and `dynamics` where it has them. */
export type FirstOrderConfig = Values<typeof ownSettings> & {
  actor: ActorConfig;
  critic?: CriticsConfig;
  temperature?: TemperatureConfig;
  dynamics?: DynamicsConfig;
};
