/** What DMO is compared with: importing this makes the algorithms known by name. */
import { defineAlgorithm, registerAlgorithms } from "../lib/training/algorithms.js";
import { maacPreset, ppoPreset, sacPreset } from "./baseline-presets.js";
import { maac, maacColumns, maacSettings, type MaacConfig } from "./maac.js";
import { offPolicy } from "./off-policy.js";
import { checkPpo, ppo, ppoColumns, ppoSettings, type PpoConfig } from "./ppo.js";
import { sac, sacColumns, sacSettings, type SacConfig } from "./sac.js";

declare module "../lib/training/algorithms.js" {
  interface Registered {
    ppo: { config: PpoConfig; columns: keyof typeof ppoColumns };
    sac: { config: SacConfig; columns: keyof typeof sacColumns };
    maac: { config: MaacConfig; columns: keyof typeof maacColumns };
  }
}

registerAlgorithms({
  ppo: defineAlgorithm({
    summary: "proximal policy optimisation: many environments, no gradient through any dynamics",
    preset: ppoPreset,
    create: ppo,
    settings: ppoSettings,
    columns: ppoColumns,
    check: checkPpo,
  }),
  sac: defineAlgorithm({
    summary: "soft actor-critic: learns Q functions from everything seen so far, no gradient through any dynamics",
    preset: sacPreset,
    create: offPolicy(sac),
    settings: sacSettings,
    columns: sacColumns,
  }),
  maac: defineAlgorithm({
    summary:
      "model-augmented actor-critic: backpropagate through short rollouts in learned models that end in Q functions",
    preset: maacPreset,
    create: offPolicy(maac),
    settings: maacSettings,
    columns: maacColumns,
  }),
});
