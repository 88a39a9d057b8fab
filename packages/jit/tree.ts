/**
 * Trees of tensors: a tensor, an array of trees, or a record of trees. Leaves are listed in the order of array
 * positions and sorted keys, so records with equal keys correspond whatever their insertion order.
 */
import { tf } from "./tf.js";

/** Tensors in lists and records, as deep as one likes: the parameters of a network, for example. */
export type Tree = tf.Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** The leaves of a tree, a text that is equal for trees of equal structure, and the way back from leaves to a tree. */
export type Flat<T extends Tree> = {
  leaves: tf.Tensor[];
  structure: string;
  restore: (leaves: readonly tf.Tensor[]) => T;
};

/** Takes a tree apart. @throws TypeError that names the place of anything that is not a tensor, array or plain record */
export function flatten<T extends Tree>(tree: T, place = "tree"): Flat<T> {
  const leaves: tf.Tensor[] = [];
  const { structure, build } = describe(tree, place, leaves);
  return {
    leaves,
    structure,
    restore: (values) => {
      let next = 0;
      return build(() => values[next++]) as T;
    },
  };
}

type Builder = (next: () => tf.Tensor) => Tree;

function describe(tree: Tree, place: string, leaves: tf.Tensor[]): { structure: string; build: Builder } {
  if (tree instanceof tf.Tensor) {
    leaves.push(tree);
    return { structure: "*", build: (next) => next() };
  }
  if (Array.isArray(tree)) {
    const parts = tree.map((part: Tree, i) => describe(part, `${place}[${i}]`, leaves));
    return {
      structure: `[${parts.map((p) => p.structure).join(",")}]`,
      build: (next) => parts.map((p) => p.build(next)),
    };
  }
  if (typeof tree !== "object" || tree === null || Object.getPrototypeOf(tree) !== Object.prototype)
    throw new TypeError(
      `${place} is ${display(tree)}: everything has to be a tensor, an array or a record of tensors.`,
    );
  const record = tree as { readonly [key: string]: Tree };
  const parts = Object.keys(record)
    .sort()
    .map((key) => ({ key, ...describe(record[key], `${place}.${key}`, leaves) }));
  return {
    structure: `{${parts.map((p) => `${JSON.stringify(p.key)}:${p.structure}`).join(",")}}`,
    build: (next) => Object.fromEntries(parts.map((p) => [p.key, p.build(next)])),
  };
}

const display = (value: unknown): string =>
  typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);

/** All tensors of a tree, in the order of positions and sorted keys. @param tree is not changed */
export const leaves = (tree: Tree): tf.Tensor[] => flatten(tree).leaves;

/**
 * A tree of the same structure with `fn` applied to every leaf.
 * @param tree is not changed @param fn from a leaf and its number, from 0, to the new leaf
 */
export function mapTree<T extends Tree>(tree: T, fn: (leaf: tf.Tensor, index: number) => tf.Tensor): T {
  const flat = flatten(tree);
  return flat.restore(flat.leaves.map(fn));
}

/**
 * `tf.tidy` for functions that give a tree, or a record that holds trees.
 * @param fn whatever tensors it makes are freed, but those that it returns
 */
export const tidy = <R>(fn: () => R): R => tf.tidy(fn as () => tf.TensorContainer) as R;

/** Frees every tensor of a tree. @param tree must not be used any more */
export const disposeTree = (tree: Tree): void => leaves(tree).forEach((leaf) => leaf.dispose());

/** Keeps every tensor of a tree beyond the surrounding `tf.tidy`. @param tree is what is returned */
export function keepTree<T extends Tree>(tree: T): T {
  leaves(tree).forEach((leaf) => tf.keep(leaf));
  return tree;
}

/** New tensors that share the values of a tree's. @param tree stays as it is; both are to be freed */
export const cloneTree = <T extends Tree>(tree: T): T => mapTree(tree, (leaf) => leaf.clone());
