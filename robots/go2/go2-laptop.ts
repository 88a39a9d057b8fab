/** The preset `laptop` of the Go2 tasks (`lib/training/laptop-preset.ts`). The bonus keeps rewards off their floor. */
import { RECIPE, registerLaptopSettings } from "../../lib/training/laptop-preset.js";

const ppo = ["envs=512", "horizon=24", "epochs=4000", "ppo.hidden=256,128,64"];
const onFour = [...ppo, "ppo.initialStd=0.4", "rewardBonus=3"];
const dmo = [
  ...["epochs=4000", "decayEpochs=4000", "dynamics.hidden=256,256", "dynamics.recurrent.width=64"],
  ...["dynamics.batch=16", "dynamics.learningRate=1e-3"],
];

registerLaptopSettings("go2", {
  ppo: onFour,
  dmo: [
    ...dmo,
    ...["envs=64", "actor.learningRate=1e-3", "rewardBonus=3"],
    ...["dynamics.initialUpdates=500", "dynamics.minReplay=4096"],
  ],
});
const robust = [
  ...[...RECIPE, "dynamics.recurrent.width=0", "epochs=4000", "decayEpochs=4000"],
  ...["envs=64", "actor.learningRate=1e-3"],
];
for (const task of ["go2-robust", "go2-robust-no-memory"])
  registerLaptopSettings(task, { ppo: onFour, dmo: [...robust, "rewardBonus=3"] });
const onTwo = [...ppo, "ppo.initialStd=0.3", "rewardBonus=1"];

registerLaptopSettings("go2-bipedal", {
  ppo: onTwo,
  dmo: [
    ...dmo,
    ...["envs=128", "horizon=8", "value=critic", "actor.learningRate=1e-4", "rewardBonus=1"],
    ...["dynamics.initialUpdates=2000", "dynamics.minReplay=8192"],
  ],
});
registerLaptopSettings("go2-bipedal-robust", { ppo: onTwo, dmo: [...robust, "value=critic", "rewardBonus=1"] });
