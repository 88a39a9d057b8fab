/** Kinds of settings that networks and their optimiser have. */
import * as v from "valibot";
import { allow, finite, whole } from "@dmo-lab/input/schema";
import { setting, toNumbers, type Setting } from "@dmo-lab/input/setting";

const MAX_WIDTH = 16_384;

/** The width of a layer; 0 stands for none. */
export const width = (meaning: string): Setting<number> => setting(meaning, whole(0, MAX_WIDTH));

const layers = v.pipe(v.array(whole(1, MAX_WIDTH)), v.minLength(1));

export const widths = (meaning: string): Setting<number[]> =>
  setting(meaning, allow(`widths of hidden layers up to ${MAX_WIDTH}, such as 128,64,32`, layers), toNumbers);

/** Of two hidden layers, the first in groups of 8. */
export const twoWidths = (meaning: string): Setting<number[]> => {
  const two = v.pipe(
    layers,
    v.length(2),
    v.check(([first]) => first % 8 === 0),
  );
  return setting(
    meaning,
    allow(`two widths up to ${MAX_WIDTH}, the first a multiple of 8, such as 512,512`, two),
    toNumbers,
  );
};

const decay = v.pipe(finite, v.minValue(0), v.ltValue(1));

export const betas: Setting<[number, number]> = setting(
  "decay rates of Adam's moments",
  allow("two numbers from 0 to below 1, such as 0.7,0.95", v.strictTuple([decay, decay])),
  toNumbers,
);
