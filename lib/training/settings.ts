import { firstOrderSettings } from "../algorithms/first-order-settings.js";
import { learnerSettings } from "../algorithms/learner.js";
import { maacSettings } from "../algorithms/maac.js";
import { ppoSettings } from "../algorithms/ppo.js";
import { choice, count, optional, weight, type Settings } from "../setting.js";
import { engineNames } from "../tasks/engines.js";
import { flat } from "./config-settings.js";

/** Settings of every run, whatever its algorithm. */
export const runSettings = {
  engine: choice("physics engine", engineNames),
  evaluationEpisodes: count("episodes of the final deterministic evaluation", 100_000),
  rewardBonus: optional(
    weight(
      "added to every reward while training, before the task's floor; returns and scores leave it out (default: 0)",
    ),
  ),
  ...learnerSettings,
};

const all = { ...flat(runSettings), ...flat(firstOrderSettings), ...flat(maacSettings), ...flat(ppoSettings) };

const sections = [...new Set(Object.keys(all).map((path) => path.split(".")[0]))];

/** Every setting that a configuration of an algorithm here may hold, by its path, section by section. */
export const settings: Settings = Object.fromEntries(
  sections.flatMap((section) => Object.entries(all).filter(([path]) => path.split(".")[0] === section)),
);
