/** What DMO is compared with: importing this makes the algorithms known by name. */
import { firstOrderColumns } from "../lib/algorithms/first-order-columns.js";
import { defineAlgorithm, registerAlgorithms } from "../lib/training/algorithms.js";
import { maacPreset, maacVPreset, ppoPreset, sacPreset } from "./baseline-presets.js";
import { maac, maacColumns, maacSettings, type MaacConfig } from "./maac.js";
import { maacV, maacVSettings, type MaacVConfig } from "./maac-v.js";
import { offPolicy } from "./off-policy.js";
import { checkPpo, ppo, ppoColumns, ppoSettings, type PpoConfig } from "./ppo.js";
import { sac, sacColumns, sacSettings, type SacConfig } from "./sac.js";

declare module "../lib/training/algorithms.js" {
  interface Registered {
    ppo: { config: PpoConfig; columns: keyof typeof ppoColumns };
    sac: { config: SacConfig; columns: keyof typeof sacColumns };
    maac: { config: MaacConfig; columns: keyof typeof maacColumns };
    "maac-v": { config: MaacVConfig; columns: keyof typeof firstOrderColumns };
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
  "maac-v": defineAlgorithm({
    summary: "MAAC as DMO's authors ran it: imagine from replayed observations in one model, with a value function",
    preset: maacVPreset,
    create: maacV,
    settings: maacVSettings,
    columns: firstOrderColumns,
  }),
});
