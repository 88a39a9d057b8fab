/**
 * A mean over the rows of a batch, in parts that compute at the same time. An update is one chain of ops, so a second thread
 * finds work in half of it at best; the chains of two halves meet where their gradients are added.
 */
import { tf } from "./tf.js";
import { isTracing } from "./tracing.js";
import { leaves, mapTree, type Tree } from "./tree.js";

let atATime = 1;

/** Graphs that are traced from now on compute so many ops at a time. @returns how many before */
export function opsAtATime(ops: number): number {
  const before = atATime;
  atATime = ops;
  return before;
}

/**
 * `mean` of `batch`, a function that weighs all rows equally: in a graph the mean of as many parts of the batch as ops compute
 * at a time, where its rows divide into them. Equal but for rounding.
 */
export function meanOfParts<B extends Tree>(batch: B, mean: (part: B) => tf.Scalar): tf.Scalar {
  const columns = leaves(batch);
  const count = isTracing() && columns[0].shape[0] % atATime === 0 ? atATime : 1;
  if (count === 1) return mean(batch);
  const split = columns.map((column) => tf.split(column, count));
  const part = (i: number): B => mapTree(batch, (_, column) => split[column][i]);
  return tf.div(tf.addN(Array.from({ length: count }, (_, i) => mean(part(i)))), count);
}
