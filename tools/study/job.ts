// What a study is made of, and what it makes.
import type { RunConfig } from "../../lib/training/config.js";
import type { ResultPlace } from "./result-place.js";

/** Settings by path, as `dmo-lab train --set` takes them: `{ horizon: 8, "dynamics.hidden": [64, 64] }`, nested or not. */
export type StudySettings = { readonly [path: string]: number | string | readonly number[] | StudySettings };

/** One run of a study. */
export type Job = {
  /** Where its result belongs. */
  place: ResultPlace;
  /** `hopper/dmo+horizon=8/seed1`: its folder below that of the study's runs. */
  name: string;
  /** For `--set`, in order. */
  assignments: string[];
  /** All settings, resolved. */
  config: RunConfig;
};
