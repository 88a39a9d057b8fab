// The preset `laptop`, ours for one processor core (docs/laptop.md): rows of assignments over the official settings.
import { InputError } from "@dmo-lab/input/errors";

/** DMO on every task without a row of its own: known kinematics, targets in their own units, a small model, few updates. */
export const RECIPE = [
  ...["dynamics.prediction=kinematic", "dynamics.targets=standard", "dynamics.hidden=256,256"],
  ...["dynamics.updates=32", "dynamics.batch=256", "dynamics.learningRate=1e-3"],
  ...["dynamics.initialUpdates=1000", "dynamics.minReplay=4000"],
];

/** The same for the largest observations, Humanoid and SNU. */
const WIDER = [...RECIPE, "dynamics.hidden=512,512"];

/** Humanoid: its model; with a little entropy, kept; without, a short horizon with a value whose target moves slowly. */
const HUMANOID_MODEL = [...WIDER, "dynamics.recurrent.width=0", "dynamics.updates=64", "dynamics.initialUpdates=500"];
const SOFT = ["temperature.initial=0.1", "temperature.learningRate=1e-3", "temperature.targetEntropy=-0.2"];
const HUMANOID = [
  ...HUMANOID_MODEL,
  ...["envs=128", "horizon=8", "actor.learningRate=1e-3", "critic.learningRate=2e-3", "critic.targetAlpha=0.9"],
];

/** The authors' MAAC: the same, of a model that imagination can go on with from an observation alone. */
const IMAGINED = [...RECIPE, "dynamics.prediction=residual"];

type Rows = { [task: string]: readonly string[] };
/** DMO's, and imagination's, which differs in the forward alone (docs/laptop.md: #learning-curves, #humanoid, #snu, #allegro). */
const DMO: Rows = {
  hopper: [...RECIPE, "dynamics.updates=64"],
  ...{ humanoid: HUMANOID, snu: WIDER },
  allegro: [...RECIPE, "actor.learningRate=6e-4"],
};
/** Rows by algorithm and task. */
const rows: { [algorithm: string]: Rows } = {
  ppo: {},
  ...{ dmo: DMO, imagination: DMO },
  "dmo-sapo": { humanoid: [...HUMANOID_MODEL, ...SOFT] },
  "maac-v": { hopper: IMAGINED, cheetah: IMAGINED, ant: IMAGINED, humanoid: IMAGINED, snu: IMAGINED },
};

/** Adds the rows of a robot that lives in a folder of its own (`robots/`), by algorithm. */
export function registerLaptopSettings(task: string, more: { readonly [algorithm: string]: readonly string[] }): void {
  for (const [algorithm, row] of Object.entries(more)) rows[algorithm][task] = row;
}

/** For algorithms that have settings on every task. */
const everywhere: Rows = { dmo: RECIPE, imagination: RECIPE };

/** Algorithms that the preset has settings for on the `task` of that name. */
export const laptopAlgorithms = (task: string): string[] =>
  Object.keys(rows).filter((algorithm) => rows[algorithm][task] ?? everywhere[algorithm]);

/**
 * What the preset assigns over the official settings, in order.
 * @throws InputError where it has none for the algorithm on the task
 */
export function laptopSettings(task: string, algorithm: string): readonly string[] {
  const own = rows[algorithm]?.[task] ?? everywhere[algorithm];
  if (own) return own;
  const there = `It has settings there for ${laptopAlgorithms(task).join(", ")}.`;
  throw new InputError(`setting preset is "laptop"; allowed for ${algorithm} on ${task}: official. ${there}`);
}
