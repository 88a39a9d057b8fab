/** Guided experiments: for each a question, which docs/try/README.md asks, the runs that may answer it, and what of them counts. */
import type { Row } from "../lib/training/metrics.js";
import { addressOf, type Experiment } from "./experiment.js";

/** What is compared with others: a column of a run. */
type Arm = { readonly name: string; readonly set?: readonly string[]; readonly column: keyof Row };

export type Lesson = {
  readonly run: Pick<Experiment, "task" | "method" | "set">;
  /** Of every run. */
  readonly epochs: number;
  /** What the columns tell; higher is better. */
  readonly measure: string;
  readonly arms: readonly Arm[];
};

const SEEDS = [1, 2, 3];

const CARTPOLE = ["critic.iterations=4", "critic.learningRate=5e-3"];
const GRADIENTS = [...CARTPOLE, "dynamics.initialUpdates=200", "dynamics.gradientEvery=1"];
const HOPPER = [
  ...["preset=laptop", "envs=64", "dynamics.hidden=64,64", "dynamics.updates=32"],
  ...["critic.iterations=4", "dynamics.gradientEvery=1"],
];

export const LESSONS = {
  horizon: {
    // The policy is let run at the end, as no robot ends an episode of 240 steps in 30 epochs of 4.
    run: { task: "cartpole", method: "shac", set: [...CARTPOLE, "evaluateEvery=29"] },
    epochs: 30,
    measure: "return without noise after 30 epochs of 2,048 samples",
    arms: [4, 16, 64].map((steps) => ({
      name: `${steps} steps`,
      set: [`horizon=${steps}`, `envs=${2048 / steps}`],
      column: "deterministic_return",
    })),
  },
  forward: {
    run: { task: "hopper", method: "dmo", set: HOPPER },
    epochs: 16,
    measure: "cosine with the true gradient",
    arms: [
      { name: "states from the simulator (DMO)", column: "dmo_cosine" },
      { name: "states from the model (imagination)", column: "imagination_cosine" },
    ],
  },
  noise: {
    run: { task: "cartpole", method: "dmo", set: GRADIENTS },
    epochs: 16,
    measure: "cosine of DMO's gradient with the true one",
    arms: [
      { name: "a policy with noise", set: ["actor.policy=stochastic"], column: "dmo_cosine" },
      { name: "a policy without", set: ["actor.policy=deterministic"], column: "dmo_cosine" },
    ],
  },
} satisfies { [name: string]: Lesson };

/** The run of an arm and a seed. Arms may share it. */
export const runOf = ({ run }: Lesson, { set = [] }: Arm, seed: number): Experiment => ({
  ...run,
  seed,
  set: [...run.set, ...set],
});

/** All runs of a lesson, one seed after the other, so that every arm soon has a first value. */
export function runsOf(lesson: Lesson): Experiment[] {
  const runs = SEEDS.flatMap((seed) => lesson.arms.map((arm) => runOf(lesson, arm, seed)));
  return [...new Map(runs.map((run) => [addressOf(run), run])).values()];
}

/** What runs have told so far, by their addresses. */
export type Told = ReadonlyMap<string, readonly Row[]>;

/** Of each arm the values of the seeds that ran. */
export type Outcome = { readonly name: string; readonly values: readonly number[] };

export const outcomes = (lesson: Lesson, told: Told): Outcome[] =>
  lesson.arms.map((arm) => {
    const rows = SEEDS.map((seed) => told.get(addressOf(runOf(lesson, arm, seed))));
    return { name: arm.name, values: rows.flatMap((run) => (run ? [lateMean(run, arm.column)] : [])) };
  });

/** The mean of a column over the second half of the rows that have it. */
function lateMean(rows: readonly Row[], column: keyof Row): number {
  const values = rows.flatMap((row) => row[column] ?? []);
  const late = values.slice(Math.floor(values.length / 2));
  return late.reduce((sum, value) => sum + value, 0) / late.length;
}

/** The arm that is best with every seed; undefined where the seeds leave it undecided. */
export function bestOf(arms: readonly Outcome[]): Outcome | undefined {
  const lowest = ({ values }: Outcome) => Math.min(...values);
  const highest = ({ values }: Outcome) => Math.max(...values);
  return arms.find((arm) => arms.every((other) => other === arm || lowest(arm) > highest(other)));
}
