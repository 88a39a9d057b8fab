const laptopPpo = ["envs=512", "horizon=24", "epochs=4000", "ppo.hidden=256,128,64"];
const laptopDmo = [
  ...["epochs=4000", "decayEpochs=4000", "dynamics.hidden=256,256", "dynamics.recurrent.width=64"],
  ...["dynamics.batch=16", "dynamics.learningRate=1e-3"],
];

/**
 * Ours, for `--set`: what a core learns something with in an hour on Go2, where the official sizes take days. The bonus keeps
 * rewards off their floor.
 */
export const laptopSettings = {
  go2: {
    ppo: [...laptopPpo, "ppo.initialStd=0.4", "rewardBonus=3"],
    dmo: [
      ...laptopDmo,
      ...["envs=64", "actor.learningRate=1e-3", "rewardBonus=3"],
      ...["dynamics.initialUpdates=500", "dynamics.minReplay=4096"],
    ],
  },
  "go2-bipedal": {
    ppo: [...laptopPpo, "ppo.initialStd=0.3", "rewardBonus=1"],
    dmo: [
      ...laptopDmo,
      ...["envs=128", "horizon=8", "value=critic", "actor.learningRate=1e-4", "rewardBonus=1"],
      ...["dynamics.initialUpdates=2000", "dynamics.minReplay=8192"],
    ],
  },
};
