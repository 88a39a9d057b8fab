/** What is kept of a Go2 policy: an episode for figures, with commands one after another, and trials in all conditions. */
import { streams } from "../../lib/tensor/random.js";
import type { Act } from "../../lib/tasks/episodes.js";
import { conditions } from "./go2-conditions.js";
import type { Safety } from "./go2-safety.js";
import { type Commands, go2Tasks, scoreTrials, type Trial, trials, type TrialScore } from "./go2-trials.js";

/** A file's content; a string has a step's numbers, so that a line is a step. */
export type Demonstration = {
  /** Name of the task. */
  task: string;
  /** Length of a step [s]. */
  seconds: number;
  /** Whether the task ended it before its time. */
  fell: boolean;
  /** Velocity forward and to the left [m/s], turning to the left [rad/s]. */
  commanded: string[];
  /** What the base did, in the same three. */
  actual: string[];
  /** 1 for each foot that presses on something, else 0: FL, FR, RL, RR. */
  contacts: string[];
  /** Cosine to the upright direction of `go2-bipedal`. */
  upright: number[];
  /** Coordinates where the step began. */
  q: string[];
};

const COURSE = [
  [0.5, 0, 0],
  [0, 0.4, 0],
  [0, 0, 0.8],
  [0.5, 0, -0.5],
  [0, 0, 0],
] as const;

const onFour: Commands = (seconds) => COURSE[Math.min(Math.floor(seconds / 2), COURSE.length - 1)];

const onTwo: Commands = (seconds) => (seconds < 3 ? [0, 0, 0] : seconds < 7 ? [0.3, 0, 0] : [0, 0, 0.4]);

/** Commands one after another that show what a task's policy can do. */
export const demonstrations: { [task in keyof typeof go2Tasks]: Commands } = {
  ...{ go2: onFour, "go2-robust": onFour, "go2-robust-no-memory": onFour },
  ...{ "go2-bipedal": onTwo, "go2-bipedal-robust": onTwo },
};

/** Whether the task of that name is one of the Go2's. @param task a name */
export const isGo2 = (task: string): task is keyof typeof go2Tasks => task in go2Tasks;

/**
 * One trial of a policy in nominal physics, with the commands of {@link demonstrations} one after another.
 * @param name the task's @param act the policy, for one robot @param seed of the start's noise
 */
export function demonstrate(name: keyof typeof go2Tasks, act: Act, seed = 0): Demonstration {
  const task = go2Tasks[name](conditions.nominal);
  const [trial] = trials(task, act, 1, streams(seed)("demonstration"), demonstrations[name]);
  return { task: name, seconds: task.model.timeStep, ...columnsOf(trial) };
}

function columnsOf({ moments, fell }: Trial): Omit<Demonstration, "task" | "seconds"> {
  return {
    fell,
    commanded: moments.map(({ commanded }) => joined(commanded)),
    actual: moments.map(({ actual }) => joined(actual)),
    contacts: moments.map(({ contacts }) => contacts.map(Number).join("")),
    upright: moments.map(({ upright }) => rounded(upright)),
    q: moments.map(({ q }) => joined(q)),
  };
}

/** A file's content: a policy's trials in each condition, `episodes` in each. */
export type TrialsInConditions = {
  /** Name of the task. */
  task: string;
  /** In each condition. */
  episodes: number;
  /** Of starts, commands, pushes and noise. */
  seed: number;
  /** Means over the episodes of each condition. */
  conditions: ({ condition: string } & TrialScore)[];
};

/**
 * Tries a policy in nominal physics and in all others that it is tested in.
 * @param name of the task @param act the policy: from what all robots see to their actions, in [-1, 1]
 * @param options episodes in each condition (default 20), and the seed (default 0)
 */
export function tryInConditions(
  name: keyof typeof go2Tasks,
  act: Act,
  { episodes = 20, seed = 0 }: { episodes?: number; seed?: number } = {},
): TrialsInConditions {
  const { training: _, randomized: __, ...tested } = conditions;
  const rows = Object.entries(tested).map(([condition, met]) => {
    const task = go2Tasks[name](met);
    const {
      errors,
      smoothErrors,
      standing,
      return: earned,
      safety,
      ...counts
    } = scoreTrials(task, trials(task, act, episodes, streams(seed)(condition)));
    const means = { errors: errors.map(rounded), smoothErrors: smoothErrors.map(rounded), standing: rounded(standing) };
    return { condition, ...counts, ...means, return: rounded(earned), safety: roundedAll(safety) };
  });
  return { task: name, episodes, seed, conditions: rows };
}

/** To the digits that a figure needs. */
const rounded = (x: number): number => Number(x.toFixed(4));
const roundedAll = ({ duty, ...numbers }: Safety): Safety => ({
  ...(Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, rounded(x)])) as Omit<Safety, "duty">),
  duty: duty.map(rounded),
});
const joined = (values: readonly number[]): string => values.map(rounded).join(" ");
