// Where a result lies, and what sets its run apart from the default of its algorithm.
import path from "node:path";
import { differences, settingsOf } from "@dmo-lab/input/configuration";
import { InputError } from "@dmo-lab/input/errors";
import { labelOf } from "@dmo-lab/input/user-file";
import { defaultsOf, type RunConfig } from "../../lib/training/config.js";

/** What a kept run is of, from which its folder has its name. */
export type ResultPlace = {
  /** Of files of users, task and algorithm are their names without folder and ending. */
  task: string;
  /** Its name: `dmo`. */
  algorithm: string;
  /** What sets it apart from the algorithm's default; empty for the default itself. */
  variant: string;
  /** Of the run. */
  seed: number;
};

/**
 * The path of a result without its ending, below the folder of results: `hopper/dmo+mujoco/seed1`.
 * @param place of the result
 */
export const resultPath = ({ task, algorithm, variant, seed }: ResultPlace): string =>
  path.join(task, variant ? `${algorithm}+${variant}` : algorithm, `seed${seed}`);

type Run = Pick<RunConfig, "task" | "algorithm" | "seed">;

/** The place of a run of this configuration. */
export const placeOf = ({ task, algorithm, seed }: Run, variant: string): ResultPlace => {
  return { task: labelOf(task), algorithm: labelOf(algorithm), variant, seed };
};

/** Whether a text can be the name of a variant, which is a part of a folder's name. */
export const isVariant = (text: string): boolean => /^\w[\w.,=-]*$/.test(text);
export const VARIANT_ALLOWED = "letters, digits and . , = _ -";

/**
 * How a run differs from the default of its algorithm, as a variant's name: empty, or its preset and engine. How long it is, how
 * it is scored or evaluated and settings that its version did not have do not count. Its task and algorithm have to be loaded.
 * @throws InputError where it differs in other ways, so that somebody has to name them
 */
export function variantOf(config: RunConfig): string {
  const { task, algorithm, epochs, evaluationEpisodes, evaluateEvery } = config;
  const preset = { ...defaultsOf(config), epochs, evaluationEpisodes, evaluateEvery };
  const engine = config.engine ?? preset.engine;
  const own = Object.fromEntries(settingsOf({ ...config, engine }));
  const expected = settingsOf({ ...preset, engine }).filter(([path]) => path in own);
  const others = differences(Object.fromEntries(expected), own);
  if (others.length > 0)
    throw new InputError(
      `a run of ${algorithm} on ${task} is not its default ("there"): ${others.join(", ")}. Name what it is with --variant.`,
    );
  return [config.preset, engine === preset.engine ? undefined : engine].filter(Boolean).join();
}
