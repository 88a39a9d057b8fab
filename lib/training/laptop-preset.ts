// The preset `laptop`: ours, beside the paper's settings, for what one processor core can afford (docs/laptop.md). A row holds
// assignments over the official settings.
import { InputError } from "@dmo-lab/input/errors";

/** DMO on every task without a row of its own: known kinematics, targets in their own units, a small model, few updates. */
const RECIPE = [
  ...["dynamics.prediction=kinematic", "dynamics.targets=standard", "dynamics.hidden=256,256"],
  ...["dynamics.updates=32", "dynamics.batch=256", "dynamics.learningRate=1e-3"],
  ...["dynamics.initialUpdates=1000", "dynamics.minReplay=4000"],
];

/** The same for the largest observations, Humanoid and SNU. */
const WIDER = [...RECIPE, "dynamics.hidden=512,512"];

const go2Ppo = ["envs=512", "horizon=24", "epochs=4000", "ppo.hidden=256,128,64"];
const go2Dmo = [
  ...["epochs=4000", "decayEpochs=4000", "dynamics.hidden=256,256", "dynamics.recurrent.width=64"],
  ...["dynamics.batch=16", "dynamics.learningRate=1e-3"],
];

/** Rows by algorithm and task. Go2's bonus keeps rewards off their floor. */
const rows: { [algorithm: string]: { [task: string]: readonly string[] } } = {
  ppo: {
    go2: [...go2Ppo, "ppo.initialStd=0.4", "rewardBonus=3"],
    "go2-bipedal": [...go2Ppo, "ppo.initialStd=0.3", "rewardBonus=1"],
  },
  dmo: {
    humanoid: [...WIDER, "dynamics.recurrent.width=0", "envs=256", "critic.targetAlpha=0.2"],
    snu: WIDER,
    go2: [
      ...go2Dmo,
      ...["envs=64", "actor.learningRate=1e-3", "rewardBonus=3"],
      ...["dynamics.initialUpdates=500", "dynamics.minReplay=4096"],
    ],
    "go2-bipedal": [
      ...go2Dmo,
      ...["envs=128", "horizon=8", "value=critic", "actor.learningRate=1e-4", "rewardBonus=1"],
      ...["dynamics.initialUpdates=2000", "dynamics.minReplay=8192"],
    ],
  },
};

/** For algorithms that have settings on every task. */
const everywhere: { [algorithm: string]: readonly string[] } = { dmo: RECIPE };

/** Algorithms that the preset has settings for on a task. */
export const laptopAlgorithms = (task: string): string[] =>
  Object.keys(rows).filter((algorithm) => rows[algorithm][task] ?? everywhere[algorithm]);

/**
 * What the preset assigns over the official settings, in order.
 * @throws InputError where it has none for the algorithm on the task
 */
export function laptopSettings(task: string, algorithm: string): readonly string[] {
  const own = rows[algorithm]?.[task] ?? everywhere[algorithm];
  if (own) return own;
  const others = laptopAlgorithms(task).join(", ");
  throw new InputError(
    `setting preset is "laptop"; allowed for ${algorithm} on ${task}: official. It has settings there for ${others}.`,
  );
}
