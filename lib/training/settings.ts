import { learnerSettings } from "../algorithms/learner.js";
import { choice, count, optional, weight } from "@dmo-lab/input/setting";
import { engineNames } from "../tasks/engines.js";

/** Settings of every run, whatever its algorithm. */
export const runSettings = {
  preset: optional(
    choice("settings that a run starts from: the paper's, or ours for one processor core (default: official)", [
      "official",
      "laptop",
    ]),
  ),
  engine: choice("physics engine", engineNames),
  evaluationEpisodes: count("episodes of the final deterministic evaluation", 100_000),
  evaluateEvery: optional(
    count(
      "epochs from one evaluation of the deterministic policy while training to the next (default: none)",
      1_000_000_000,
    ),
  ),
  rewardBonus: optional(
    weight(
      "added to every reward while training, before the task's floor; returns and scores leave it out (default: 0)",
    ),
  ),
  randomization: optional(
    choice("physics, noise and pushes that a task draws while training (default: on)", ["on", "off"]),
  ),
  ...learnerSettings,
};
