/**
 * A test bed for recipes of fitting DMO's model: the policy follows the true gradient, so every recipe sees the same states,
 * and the gradient through its model is compared with the true one.
 *
 *   npx dmo-lab gradients examples/recipes.ts
 *
 * docs/gradients.md explains it.
 */
import { study } from "dmo-lab";

export default study.defineStudy({
  name: "recipes",
  tasks: ["ant"],
  algorithms: ["dmo"],
  seeds: [1],
  base: {
    backward: "simulator",
    epochs: 60,
    dynamics: { gradientEvery: 20, hidden: [256, 256], updates: 32, batch: 256 },
  },
  settings: [
    { name: "residual" },
    { name: "kinematic", "dynamics.prediction": "kinematic" },
    { name: "kinematic-standard", "dynamics.prediction": "kinematic", "dynamics.targets": "standard" },
    { name: "kinematic-wide", "dynamics.prediction": "kinematic", "dynamics.hidden": [512, 512] },
    { name: "kinematic-recent", "dynamics.prediction": "kinematic", "dynamics.replayCapacity": 20_000 },
  ],
});
