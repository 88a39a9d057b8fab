/** Episodes of a Go2 policy, measured: how it follows its commands, whether it falls, when its feet are on the ground. */
import { jit } from "@dmo-lab/jit/jit";
import type { RandomStream } from "../../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { COMMANDS as commandsOnFour, go2 } from "./go2.js";
import { COMMANDS as commandsOnTwo, go2Bipedal, STANDING, uprightness } from "./go2-bipedal.js";
import * as rewards from "./go2-rewards.js";
import { read } from "./go2-robot.js";
import { type Effort, type Safety, feetInWorld, safetyOf, torquesOf } from "./go2-safety.js";
import { go2BipedalRobust, go2Robust, go2RobustNoMemory } from "./go2-robust.js";
import { type Act, episodes } from "../../lib/tasks/episodes.js";
import { createEnvironment } from "../../lib/tasks/index.js";
import { type Task, contextOf } from "../../lib/tasks/task.js";

/** The Go2 tasks, to be met with conditions of `go2-conditions.ts`. */
export const go2Tasks = {
  go2,
  "go2-robust": go2Robust,
  "go2-robust-no-memory": go2RobustNoMemory,
  "go2-bipedal": go2Bipedal,
  "go2-bipedal-robust": go2BipedalRobust,
};
export const go2Commands = {
  go2: commandsOnFour,
  "go2-robust": commandsOnFour,
  "go2-robust-no-memory": commandsOnFour,
  "go2-bipedal": commandsOnTwo,
  "go2-bipedal-robust": commandsOnTwo,
};

/** Whether the task of that name is one on two legs. @param name of a Go2's task */
export const isOnTwoLegs = (name: keyof typeof go2Tasks): boolean => go2Commands[name] === commandsOnTwo;

/** What there is after a step of an episode. */
export type Moment = {
  /** Velocity of the base in its heading, forward and to the left [m/s], and its turning to the left [rad/s]. */
  commanded: number[];
  /** What the base did, in the same three. */
  actual: number[];
  /** Which feet press on something by more than 1 N, in the order FL, FR, RL, RR. */
  contacts: boolean[];
  /** Cosine of the angle between the forward axis and where `go2-bipedal` wants it. */
  upright: number;
  /** Coordinates of the robot where the step began. */
  q: number[];
  /** What the step asked of it. */
  effort: Effort;
};

/** An episode from a start with the task's noise to its end. */
export type Trial = {
  /** One for each step. */
  moments: Moment[];
  /** Sum of rewards, without a bonus of training. */
  return: number;
  /** Ended by the task before its time. */
  fell: boolean;
};

/** The command after so many seconds: forward, to the left [m/s], turning to the left [rad/s]. */
export type Commands = (seconds: number) => readonly [forward: number, left: number, turn: number];

/**
 * One episode in each of `count` environments of a Go2 task; `act` gives actions `[env * 12]` for what is seen `[env * 49]`.
 * @param task one of the Go2's @param act the policy @param count how many environments
 * @param random draws starts, commands, pushes and noise @param commands in place of the task's own
 */
export function trials(task: Task, act: Act, count: number, random: RandomStream, commands?: Commands): Trial[] {
  const environment = createEnvironment(task, count, random);
  const results = Array.from({ length: count }, (): Trial => ({ moments: [], return: 0, fell: false }));
  const { nq, nqd } = environment.engine;
  let steps = 0;
  let before: ReturnType<typeof environment.engine.state>;
  const next = (): Float32Array => {
    const command = commands?.(steps++ * task.model.timeStep);
    if (command) results.forEach((_, env) => environment.move(env, { context: command }));
    before = environment.engine.state();
    return act(environment.seen);
  };
  try {
    for (const { running, nextObs, context, earned, terminated, actions, state } of episodes(environment, next)) {
      const moments = momentsOf(task, nextObs, context);
      for (const env of running) {
        const of = (values: Float32Array, size: number): number[] => [...values.slice(env * size, (env + 1) * size)];
        const [q, qd, after] = [of(before!.q, nq), of(before!.qd, nqd), of(state.q, nq)];
        const late = of(context, task.contextSize)[task.variations.latency!] >= task.model.timeStep;
        const { feet, ...moment } = moments[env];
        const effort = {
          torques: torquesOf(task, q, qd, of(late ? actions.previous : actions.action, task.actionSize)),
          ...{
            speeds: qd.slice(6),
            feet: feetInWorld(after, feet),
            base: after.slice(0, 2),
            contacts: moment.contacts,
          },
        };
        results[env].moments.push({ ...moment, q, effort });
        results[env].return += earned[env];
        results[env].fell = terminated[env] === 1;
      }
    }
    return results;
  } finally {
    environment.dispose();
  }
}

/** Of all environments, in columns. */
const measured = jit("go2 moments", (obs: tf.Tensor2D, commands: tf.Tensor2D) => {
  const { along, turning } = rewards.headingVelocity(obs);
  const forces = read(obs, "contact forces of the feet"); // 100 N
  return {
    commanded: tf.mul<tf.Tensor2D>(commands, 1),
    actual: tf.concat2d([rewards.part(along, 0, 2), turning], 1),
    contacts: tf.cast(tf.greater(forces, 0.01), "float32"),
    feet: read(obs, "feet from the base in its heading: forward, left"),
    upright: tf.expandDims(uprightness(obs), 1),
  };
});

type Seen = Omit<Moment, "q" | "effort"> & { /** From the base in its heading [m]. */ feet: number[] };

function momentsOf(task: Task, observations: Float32Array, contexts: Float32Array): Seen[] {
  return tf.tidy(() => {
    const obs = tf.tensor2d(observations, [observations.length / task.observationSize, task.observationSize]);
    const columns = measured(obs, contextOf(task, contexts)["command"] as tf.Tensor2D);
    const [commanded, actual, contacts, feet, upright] = (["commanded", "actual", "contacts", "feet", "upright"] as const)
      .map((name) => columns[name].arraySync() as number[][]); // prettier-ignore
    return commanded.map((command, env) => ({
      commanded: command,
      actual: actual[env],
      contacts: contacts[env].map(Boolean),
      feet: feet[env],
      upright: upright[env][0],
    }));
  });
}

/** Means over episodes. */
export type TrialScore = {
  /** How many were tried. */
  episodes: number;
  /** How many ended before their time. */
  falls: number;
  /** Mean absolute error over all steps: forward and to the left [m/s], turning [rad/s]. */
  errors: number[];
  /** The same of velocities averaged over a period of the gait: the base sways with every step. */
  smoothErrors: number[];
  /** Share of a whole episode's steps in which the robot stands on its front legs; a fall counts as not standing. */
  standing: number;
  /** Sum of an episode's rewards, without a bonus of training. */
  return: number;
  /** What was asked of motors and feet. */
  safety: Safety;
};

const GAIT_PERIOD = 17; // steps of 0.02 s, 1/3 s

/**
 * What trials of a task come to on average: falls, return, errors of the velocities, use of the motors.
 * @param task in the conditions of the trials @param all one or more
 */
export function scoreTrials(task: Task, all: readonly Trial[]): TrialScore {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const errors = (of: (trial: Trial) => Moment[]): number[] => {
    const moments = all.flatMap(of);
    return [0, 1, 2].map((k) => mean(moments.map(({ commanded, actual }) => Math.abs(actual[k] - commanded[k]))));
  };
  return {
    episodes: all.length,
    falls: all.filter(({ fell }) => fell).length,
    errors: errors(({ moments }) => moments),
    smoothErrors: errors(({ moments }) => moments.map((_, t) => averaged(moments, t))),
    standing: mean(
      all.map(({ moments }) => moments.filter(({ upright }) => upright > STANDING).length / task.episodeLength),
    ),
    return: mean(all.map((trial) => trial.return)),
    safety: safetyOf(
      task,
      all.map(({ moments }) => moments.map(({ effort }) => effort)),
    ),
  };
}

/** A moment with commanded and actual velocity averaged over the period of the gait that ends in it. */
function averaged(moments: readonly Moment[], t: number): Moment {
  const period = moments.slice(Math.max(0, t + 1 - GAIT_PERIOD), t + 1);
  const over = (key: "commanded" | "actual"): number[] =>
    [0, 1, 2].map((k) => period.reduce((sum, moment) => sum + moment[key][k], 0) / period.length);
  return { ...moments[t], commanded: over("commanded"), actual: over("actual") };
}
