/** How far a cell is that takes its time, and how long the rest will take. */
import { duration } from "../report/format.js";
import { kernel } from "../../lib/kernel.js";
import { place } from "./place.js";

/** It is written anew at most this often, and not at all for what is done sooner. */
const PERIOD_MS = 500;

/** A line in the cell that runs, such as "12 of 60, 40 s left", for `total` things that take about equally long. */
export function clock(total: number): { step(): void; clear(): void } {
  const show = place();
  const began = performance.now();
  let [done, written] = [0, began];
  return {
    step() {
      const now = performance.now();
      done++;
      if (now - written < PERIOD_MS) return;
      written = now;
      const seconds = (((now - began) / done) * (total - done)) / 1000;
      show({ "text/plain": `${done} of ${total}, ${duration(seconds)} left` });
    },
    clear() {
      if (written > began) show({ "text/html": "" });
    },
  };
}

/**
 * Goes through items one after another, and shows how many are done and how long the others will take:
 * `for await (const seed of notebook.progress([1, 2, 3])) ...`. Interrupt ends it between two items.
 * @param items are counted before the first one is given
 */
export async function* progress<T>(items: Iterable<T>): AsyncGenerator<T> {
  const all = [...items];
  const left = clock(all.length);
  const interruption = kernel()?.interruption;
  try {
    for (const item of all) {
      yield item;
      left.step();
      await new Promise(setImmediate); // what was shown is sent, and an interrupt heard
      interruption?.throwIfAborted();
    }
  } finally {
    left.clear();
  }
}
