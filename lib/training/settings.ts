import { actorNetworks } from "../algorithms/actor.js";
import { backwards, forwards, rewards, values } from "../algorithms/choices.js";
import { SEQUENCE } from "../dynamics/learned-dynamics.js";
import { dynamicsLosses, predictions } from "../dynamics/model.js";
import { InputError, oneOf, suggest } from "../errors.js";
import { precisions } from "../tensor/graph.js";
import { engineNames } from "../physics/engine.js";

/** What a setting means, how it is written on the command line, and what is allowed. */
export type Setting = {
  meaning: string;
  allowed: string;
  parse: (text: string) => unknown;
  accepts: (value: unknown) => boolean;
  /** What it has to be one of. */
  names?: readonly string[];
  /** It may be given where the configuration has this setting, also when the preset leaves it out. */
  beside?: string;
};

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** NaN for a text without a number: `Number` alone makes 0 of an empty one. */
const toNumber = (text: string): number => (text.trim() === "" ? NaN : Number(text));

/** The upper limit is far beyond use: it refuses slips of the keyboard before they fill the memory. */
export const count = (meaning: string, max = 1_000_000): Setting => ({
  meaning,
  allowed: `a whole number from 1 to ${max}`,
  parse: toNumber,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max,
});

export const positive = (meaning: string): Setting => ({
  meaning,
  allowed: "a number above 0",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value > 0,
});

export const weight = (meaning: string): Setting => ({
  meaning,
  allowed: "a number from 0",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value >= 0,
});

export const finite = (meaning: string): Setting => ({
  meaning,
  allowed: "a number",
  parse: toNumber,
  accepts: isNumber,
});

export const fraction = (meaning: string): Setting => ({
  meaning,
  allowed: "a number from 0 to 1",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value >= 0 && value <= 1,
});

const list = (text: string): number[] => text.split(",").map(toNumber);

const MAX_WIDTH = 16_384;
const isWidth = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_WIDTH;

export const widths = (meaning: string): Setting => ({
  meaning,
  allowed: `widths of hidden layers up to ${MAX_WIDTH}, such as 128,64,32`,
  parse: list,
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isWidth),
});

const betas: Setting = {
  meaning: "decay rates of Adam's moments",
  allowed: "two numbers from 0 to below 1, such as 0.7,0.95",
  parse: list,
  accepts: (value) => Array.isArray(value) && value.length === 2 && value.every((b) => isNumber(b) && b >= 0 && b < 1),
};

export const choice = (meaning: string, names: readonly string[]): Setting => ({
  meaning,
  names,
  allowed: names.join(" or "),
  parse: (text) => text,
  accepts: (value) => names.includes(value as string),
});

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

type Section = { [key: string]: unknown };

/** Settings of a configuration as [path, value] pairs, in its order. */
export function settingsOf(config: object, prefix = ""): [string, unknown][] {
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? settingsOf(value as object, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}

/**
 * Applies assignments such as `dynamics.hidden=256,256` to a copy of a configuration.
 * @throws InputError for a path that this configuration does not hold or a value that is not allowed
 */
export function applySettings<C extends object>(config: C, assignments: readonly string[], known: Settings): C {
  const result = structuredClone(config);
  const held = settingsOf(config).map(([path]) => path);
  const paths = [...held, ...Object.keys(known).filter((path) => held.includes(known[path].beside ?? ""))];
  for (const assignment of assignments) {
    const [, path, text] = /^([^=]+)=(.*)$/.exec(assignment) ?? [];
    if (path === undefined)
      throw new InputError(`--set "${assignment}" is not an assignment such as dynamics.hidden=256,256.`);
    oneOf("setting", path, paths);
    const keys = path.split(".");
    const section = keys.slice(0, -1).reduce<Section>((at, key) => (at[key] ??= {}) as Section, result as Section);
    section[keys[keys.length - 1]] = known[path].parse(text);
    checkSetting(known[path], path, section[keys[keys.length - 1]], text);
  }
  return result;
}

/** @throws InputError unless the setting accepts the value */
export function checkSetting(setting: Setting, path: string, value: unknown, written = String(value)): void {
  const { allowed, accepts, names = [] } = setting;
  if (!accepts(value))
    throw new InputError(`setting ${path} is "${written}"; allowed: ${allowed}.${suggest(written, names)}`);
}

/** What differs between two configurations (or other records), setting by setting: "epochs is 10 there and 20 here". */
export function differences(there: object, here: object): string[] {
  const [theirs, ours] = [there, here].map((record) => new Map(settingsOf(record)));
  const text = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value));
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .map((path) => ({ path, a: text(theirs.get(path)), b: text(ours.get(path)) }))
    .filter(({ a, b }) => a !== b)
    .map(({ path, a, b }) => `${path} is ${a} there and ${b} here`);
}

/** What has to divide what. */
type Divided = {
  envs: number;
  horizon: number;
  critic?: { hidden: number[]; minibatches?: number };
  ppo?: { minibatches: number };
};

/** The section of settings that a choice needs: [setting, its value, section]. */
const NEEDED = [
  ["forward", "model", "dynamics"],
  ["backward", "model", "dynamics"],
  ["value", "critic", "critic"],
  ["critic.forward", "model", "dynamics"],
  ["reward", "learned", "dynamics"],
] as const;

/** Checks every setting of a configuration and what has to hold between them. @throws InputError */
export function checkConfig(config: Divided, known: Settings): void {
  for (const [path, value] of settingsOf(config)) {
    oneOf("setting", path, Object.keys(known));
    checkSetting(known[path], path, value);
  }
  const chosen = new Map(settingsOf(config));
  for (const [setting, value, section] of NEEDED)
    if (chosen.get(setting) === value && !(section in config))
      throw new InputError(
        `setting ${setting} is "${value}", which needs settings ${section}.* that this algorithm does not have.`,
      );
  if (chosen.has("temperature.targetEntropy") && chosen.get("actor.policy") === "deterministic")
    throw new InputError(`setting actor.policy is "deterministic"; allowed: stochastic, because the entropy counts.`);
  const { envs, horizon, critic, ppo } = config;
  if (critic?.minibatches && horizon % critic.minibatches)
    throw new InputError(
      `setting critic.minibatches is "${critic.minibatches}"; allowed: a divisor of horizon (${horizon}), so that a minibatch holds whole time steps.`,
    );
  if (ppo && envs % ppo.minibatches)
    throw new InputError(
      `setting ppo.minibatches is "${ppo.minibatches}"; allowed: a divisor of envs (${envs}), so that a minibatch holds whole environments.`,
    );
}
