import { actorNetworks } from "../algorithms/actor.js";
import { backwards, forwards, rewards, values } from "../algorithms/choices.js";
import { SEQUENCE } from "../dynamics/learned-dynamics.js";
import { dynamicsLosses, predictions } from "../dynamics/model.js";
import { engineNames } from "../tasks/engines.js";
import { precisions } from "../tensor/graph.js";
import {
  MAX_WIDTH,
  betas,
  choice,
  count,
  finite,
  fraction,
  isWidth,
  list,
  positive,
  toNumber,
  weight,
  widths,
  type Setting,
} from "./setting.js";

export type Settings = { readonly [path: string]: Setting };

/** Every setting that a configuration may hold, by its path. */
export const settings: Settings = {
  engine: choice("physics engine", engineNames),
  evaluationEpisodes: count("episodes of the final deterministic evaluation", 100_000),
  rewardBonus: {
    ...weight(
      "added to every reward while training, before the task's floor; returns and scores leave it out (default: 0)",
    ),
    beside: "envs",
  },
  envs: count("parallel environments", 100_000),
  horizon: count("steps of a rollout", 10_000),
  gamma: fraction("discount factor"),
  epochs: count("epochs to run", 1_000_000_000),
  decayEpochs: count("epochs over which the learning rates of actor and critic fall linearly", 1_000_000_000),
  finalLearningRate: positive("learning rate at the end of the decay"),
  forward: choice("who gives the next state in a rollout", Object.keys(forwards)),
  backward: choice("who gives its derivative", Object.keys(backwards)),
  value: choice("what follows after a rollout's last step in the actor's objective", Object.keys(values)),
  reward: choice("the reward in the actor's objective: the task's, or a model of it", Object.keys(rewards)),
  "actor.policy": choice("whether the actor has noise", Object.keys(actorNetworks)),
  "actor.hidden": widths("hidden layers of the actor"),
  "actor.learningRate": positive("actor's learning rate at the start"),
  "actor.betas": betas,
  "actor.clip": positive("largest norm of the actor's gradient"),
  "critic.forward": choice("who gives the next state in the rollout that critics learn from", Object.keys(forwards)),
  "critic.count": count("critics, whose values are averaged", 100),
  "critic.hidden": widths("hidden layers of the critic"),
  "critic.learningRate": positive("critic's learning rate at the start"),
  "critic.iterations": count("passes of the critic over a rollout"),
  "critic.minibatches": count("minibatches of a pass, each of whole time steps: a divisor of horizon"),
  "critic.lambda": fraction("lambda of the TD(lambda) targets"),
  "critic.targetAlpha": fraction("target critic <- alpha * target + (1 - alpha) * critic after each epoch"),
  "critic.betas": betas,
  "critic.clip": positive("largest norm of the critic's gradient"),
  "critic.tau": fraction("target Q function <- (1 - tau) target + tau Q after each update (SAC, MAAC)"),
  "temperature.initial": positive("temperature at the start: the weight of the entropy"),
  "temperature.learningRate": positive("learning rate of the temperature's logarithm"),
  "temperature.targetEntropy": finite("entropy that it is tuned for, for each component of the action [nats] (SAPO)"),
  "replay.capacity": count("transitions that the replay buffer holds", 100_000_000),
  "replay.initial": count("transitions of random actions collected before the first epoch", 100_000_000),
  "replay.batch": count("transitions in an update of Q functions (SAC: of the actor as well)"),
  "imagination.models": count("dynamics models, of which each imagined step takes one at random", 1000),
  "imagination.steps": count("imagined steps before the Q functions' value", 1000),
  "dynamics.hidden": {
    meaning: "the two hidden layers of the dynamics model",
    allowed: `two widths up to ${MAX_WIDTH}, the first a multiple of 8, such as 512,512`,
    parse: list,
    accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(isWidth) && value[0] % 8 === 0,
  },
  "dynamics.learningRate": positive("dynamics model's learning rate"),
  "dynamics.updates": count("Adam updates of the dynamics model an epoch"),
  "dynamics.batch": count("transitions in an update; sequences, if the model is recurrent"),
  "dynamics.initialUpdates": count("updates in the first epoch"),
  "dynamics.minReplay": count("transitions collected before the first epoch"),
  "dynamics.replayCapacity": count("transitions that the replay buffer holds", 100_000_000),
  "dynamics.prediction": choice("what the model predicts", Object.keys(predictions)),
  "dynamics.loss": choice("what the model is trained on", Object.keys(dynamicsLosses)),
  "dynamics.precision": {
    ...choice(
      "of large matrix products while the model is fitted: bfloat16 is faster on processors that have it (default: float32)",
      precisions,
    ),
    beside: "dynamics.hidden",
  },
  "dynamics.recurrent.width": {
    meaning: "numbers in the dynamics model's memory, the state of a GRU; 0: a feed-forward model",
    allowed: `a whole number from 0 to ${MAX_WIDTH}`,
    parse: toNumber,
    accepts: (value) => value === 0 || isWidth(value),
    beside: "dynamics.minReplay",
  },
  "dynamics.recurrent.sequence": {
    ...count(`steps of the sequences that a recurrent model is trained on (default: ${SEQUENCE})`, 10_000),
    beside: "dynamics.minReplay",
  },
  "dynamics.outlierSigmas": {
    ...positive(
      "transitions to a state this many standard deviations from the mean are not learned from (default: all are)",
    ),
    beside: "dynamics.minReplay",
  },
  "dynamics.gradientEvery": {
    ...count(
      "epochs between two comparisons of the gradient through the model with the true one, which needs the differentiable engine (default: none)",
    ),
    beside: "dynamics.minReplay",
  },
  "ppo.hidden": widths("hidden layers that policy and value share"),
  "ppo.initialStd": {
    ...positive("standard deviation of the policy at the start, before its action is clipped (default: 1)"),
    beside: "ppo.hidden",
  },
  "ppo.learningRate": positive("learning rate at the start; it follows the KL divergence"),
  "ppo.targetKl": positive("KL divergence between passes that the learning rate aims at"),
  "ppo.passes": count("passes over a rollout"),
  "ppo.minibatches": count("minibatches of a pass, each of whole environments: a divisor of envs"),
  "ppo.lambda": fraction("lambda of the advantage estimates"),
  "ppo.clip": positive("how far the probability ratio, and the normalised value, may move before it is clipped"),
  "ppo.valueWeight": weight("weight of the value's loss (half of its mean squared error)"),
  "ppo.boundWeight": weight("weight of the loss that pulls means of actions back to [-1.1, 1.1]"),
  "ppo.rewardScale": positive("rewards are multiplied by it"),
  "ppo.gradientClip": positive("largest norm of the gradient"),
};

/** The same, and those that an algorithm of a user's has beside them. */
export const settingsWith = (own: Settings = {}): Settings => ({ ...own, ...settings });
