// How much of the paper's experiments to run: presets as data, and the runs that follow from them.
import { study } from "../api/index.js";

/** The tasks of the paper's aggregates. */
export const SIX = ["hopper", "cheetah", "ant", "humanoid", "snu", "allegro"];
/** Those of them that have a differentiable simulator, and so a true gradient. */
export const DIFFERENTIABLE = SIX.slice(0, 5);
/** Those whose learned models cost too much in the official size to have whole runs. */
export const LARGE = SIX.slice(3);

export type Preset = {
  /** The first so many tasks of a figure. */
  tasks: number;
  seeds: number[];
  /** Of runs that a figure also has in the preset `laptop`, those. */
  small: boolean;
  /** Each run ends after about so many environment steps, if it does not end before. */
  samples: number;
  /** What it changes, for captions. */
  changes: string;
};

/** Whatever a preset leaves out, what it runs has the official settings, learning rate decay included. */
export const presets = {
  quick: {
    tasks: 1,
    seeds: [1],
    small: true,
    samples: 200_000,
    changes: "first task only, one seed, first 0.2 M samples of each run; Go2's are in smaller settings (docs/go2.md)",
  },
  laptop: {
    tasks: 3,
    seeds: [1, 2, 3],
    small: true,
    samples: 4_200_000,
    changes:
      "first three tasks, three seeds, runs end after 4.2 M samples (DMO's official budget); Go2's are in smaller settings (docs/go2.md)",
  },
  paper: { tasks: 6, seeds: [1, 2, 3, 4, 5], small: false, samples: Infinity, changes: "nothing: all tasks, official budgets; five seeds" }, // prettier-ignore
} satisfies { [name: string]: Preset };

/** The runs that a figure is made of: all combinations. */
export type Needs = Pick<study.Study, "tasks" | "algorithms" | "settings">;

/** The preset of settings that a laptop can do, and the variant of runs in it. */
export const SMALL = "laptop";
/** The name of a variant's runs in that preset. */
export function smallOf(variant: string): string {
  return variant === "" ? SMALL : `${SMALL}-${variant}`;
}
/** The variant that a run in that preset is of: the inverse, and of an official one itself. */
export const withoutSmall = (variant: string): string => (isSmall(variant) ? variant.slice(SMALL.length + 1) : variant);
const IN_SMALL = [{ name: SMALL, preset: SMALL }];
/** The learned models in the preset `laptop`, beside the official runs. MAAC of the authors' kind can't set goals (Allegro). */
export const LAPTOP_NEEDS: Needs[] = [
  { tasks: SIX, algorithms: ["dmo"], settings: IN_SMALL },
  { tasks: ["humanoid"], algorithms: ["dmo-sapo"], settings: IN_SMALL },
  { tasks: DIFFERENTIABLE, algorithms: ["maac-v"], settings: IN_SMALL },
];
/** What runs with entropy stand for, by their variant: in that preset Humanoid is learned with it alone (docs/laptop.md). */
const STANDS_FOR: { [variant: string]: string } = { [SMALL]: "dmo", [smallOf("imagination")]: "imagination" };
/** The results, with runs of DMO-SAPO in place of those that they stand for. */
export function standingIn<R extends study.ResultPlace>(results: readonly R[]): R[] {
  const isSoft = ({ algorithm, variant }: R): boolean => algorithm === "dmo-sapo" && variant in STANDS_FOR;
  const standing = results
    .filter(isSoft)
    .map((run) => ({ ...run, algorithm: STANDS_FOR[run.variant], variant: SMALL }));
  const replaced = (run: R): boolean =>
    standing.some(({ task, algorithm, variant }) => task === run.task && algorithm === run.algorithm && variant === run.variant); // prettier-ignore
  return [...results.filter((run) => !isSoft(run) && !replaced(run)), ...standing];
}

/** Whether one of these stands for a run without entropy. */
export const someStandIn = (results: readonly study.Result[]): boolean =>
  results.some(({ algorithm, config }) => algorithm !== config.algorithm);

/** What decoupling does, in that preset. */
export const DECOUPLING_NEEDS: Needs[] = [
  { tasks: LARGE, algorithms: ["dmo", "imagination"], settings: IN_SMALL },
  {
    ...{ tasks: ["humanoid"], algorithms: ["dmo-sapo"] },
    settings: [
      ...IN_SMALL,
      { name: smallOf("imagination"), preset: SMALL, forward: "model", "critic.forward": "model" },
    ],
  },
];

/** Whether a variant, or a method with one, is of smaller settings than the official ones. */
export const isSmall = (name: string): boolean => name.split("+").pop()!.split("-")[0] === SMALL;
/** Runs that log how close their gradients are to the true one: the official ones, and the same in the preset `laptop`. */
export const GRADIENTS = "gradients";
const GRADIENT_EVERY = { "dynamics.gradientEvery": 10 };
export const GRADIENT_NEEDS: Needs[] = [
  {
    ...{ tasks: DIFFERENTIABLE, algorithms: ["dmo"] },
    settings: [
      { name: GRADIENTS, ...GRADIENT_EVERY },
      { name: smallOf(GRADIENTS), preset: SMALL, ...GRADIENT_EVERY },
    ],
  },
];

/** The runs on tasks of the Go2: the official ones, and those that a laptop can do. */
export const go2Needs = (tasks: string[]): Needs[] => [
  { tasks, algorithms: ["ppo", "dmo"], settings: [{}, ...IN_SMALL] },
];

/** All runs that a figure speaks of, under any preset. */
export const allJobs = (needs: readonly Needs[], seeds: readonly number[]): study.Job[] =>
  needs.flatMap((each) => study.jobsOf({ ...each, name: "reproductions", seeds }));

/** The runs that a figure needs under a preset. */
export function presetJobs(needs: readonly Needs[], { tasks, seeds, small, samples }: Preset): study.Job[] {
  const chosen = [...new Set(needs.flatMap((each) => each.tasks))].slice(0, tasks);
  const within = needs.map((each) => ({ ...each, tasks: each.tasks.filter((task) => chosen.includes(task)) }));
  return within
    .flatMap((each) => (small ? smaller : official)(allJobs([each], seeds)))
    .map((job) => {
      const { epochs, envs, horizon } = job.config;
      const enough = Math.ceil(samples / (envs * horizon));
      if (epochs <= enough) return job;
      return {
        ...job,
        assignments: [...job.assignments, `epochs=${enough}`],
        config: { ...job.config, epochs: enough },
      };
    });
}

/** Of runs that are there in both, the small ones. */
const smaller = (jobs: readonly study.Job[]): study.Job[] =>
  jobs.filter(
    ({ place }) =>
      isSmall(place.variant) ||
      !jobs.some((job) => samePlace(job.place, { ...place, variant: smallOf(place.variant) })),
  );
const official = (jobs: readonly study.Job[]): study.Job[] => jobs.filter(({ place }) => !isSmall(place.variant));

const samePlace = (a: study.ResultPlace, b: study.ResultPlace): boolean =>
  a.task === b.task && a.algorithm === b.algorithm && a.variant === b.variant && a.seed === b.seed;

/** The runs of which there is no result, or one that is shorter. */
export const missingOf = (jobs: readonly study.Job[], results: readonly study.Result[]): study.Job[] =>
  jobs.filter(
    ({ place, config }) => !results.some((result) => samePlace(result, place) && result.epochs >= config.epochs),
  );
