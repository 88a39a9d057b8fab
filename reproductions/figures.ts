// All figures, in the paper's order; the last is ours.
import { f3, f4 } from "./aggregate.js";
import { f1 } from "./f1.js";
import { f11 } from "./f11.js";
import { f2 } from "./f2.js";
import { f5 } from "./f5.js";
import { f6 } from "./f6.js";
import { f7 } from "./f7.js";
import { f8 } from "./f8.js";
import { f10, f9 } from "./go2.js";
import type { Shown } from "./gallery.js";
import type { Result } from "./measure.js";
import { coverage } from "./reproduction.js";

export const reproductions = [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11];

/** Figures (all of them by default) drawn from results that lie in a folder. */
export const drawAll = (results: readonly Result[], folder: string, ids?: readonly string[]): Shown[] =>
  reproductions
    .filter(({ id }) => !ids || ids.includes(id))
    .map((reproduction) => ({
      reproduction,
      drawn: reproduction.draw(results, folder),
      cells: coverage(reproduction, results),
    }));
