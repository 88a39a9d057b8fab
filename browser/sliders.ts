/** What has a slider: settings of the run, each with the values that the slider goes through. */
import type { RunConfig } from "../lib/training/config.js";
import type { FirstOrderConfig } from "../lib/algorithms/first-order-settings.js";
import { assigned, type Experiment } from "./experiment.js";

export type Slider = {
  readonly name: string;
  readonly values: readonly number[];
  /** The value of a run; undefined where it has no such setting. */
  of(config: PageConfig): number | undefined;
  set(experiment: Experiment, value: number): Experiment;
};

/** Methods of the page are first-order ones. */
export type PageConfig = RunConfig<FirstOrderConfig>;

export const SLIDERS: readonly Slider[] = [
  {
    name: "Horizon",
    values: [4, 8, 16, 24, 32, 48, 64], // the critic's minibatches divide them
    of: ({ horizon }) => horizon,
    set: (experiment, value) => assigned(experiment, "horizon", String(value)),
  },
  {
    name: "Model width",
    values: [16, 32, 64, 128, 256, 512],
    of: ({ dynamics }) => dynamics?.hidden[0],
    set: (experiment, value) => assigned(experiment, "dynamics.hidden", `${value},${value}`),
  },
  {
    name: "Model updates",
    values: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    of: ({ dynamics }) => dynamics?.updates,
    set: (experiment, value) => assigned(experiment, "dynamics.updates", String(value)),
  },
  {
    name: "Seed",
    values: Array.from({ length: 21 }, (_, seed) => seed),
    of: ({ seed }) => seed,
    set: (experiment, seed) => ({ ...experiment, seed }),
  },
];

/** Where a slider stands for a value: at the nearest of its own. */
export const positionOf = ({ values }: Slider, value: number): number =>
  values.reduce((best, each, i) => (Math.abs(each - value) < Math.abs(values[best] - value) ? i : best), 0);
