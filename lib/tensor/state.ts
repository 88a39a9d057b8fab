/**
 * What the parts of a run remember, as plain data. Shapes are not checked again in every `load`: a checkpoint is only read
 * by the version and configuration that wrote it, and has a checksum.
 */
import type { NumberArray, SavedState } from "@dmo-lab/storage/saved-state";
import { tf } from "@dmo-lab/jit/tf";
import { disposeTree, flatten, keepTree, type Tree } from "@dmo-lab/jit/tree";

/** A part of a run. Loaded with what another one saved, it goes on as if that had never stopped. */
export interface Part {
  /** Its whole state. */
  save(): SavedState;
  /** Takes what {@link save} gave, of the same kind of part. */
  load(state: SavedState): void;
  /** Frees what it holds; absent: nothing. */
  dispose?(): void;
}

/** The part of whoever lacks one: it remembers nothing and does nothing. */
export const NOTHING = { save: () => null, load: () => undefined, dispose: () => undefined } satisfies Part;

/** A part that is a value, which is replaced and never changed in place. */
export class Variable<T extends SavedState> implements Part {
  constructor(public value: T) {}

  save(): T {
    return this.value;
  }

  load(value: T): void {
    this.value = value;
  }
}

type Parts = { readonly [name: string]: Part } | readonly Part[];

/** A part that is made of `parts`, by name or in a list: all that it remembers and frees, said once. */
export class Composite<P extends Parts = Parts> implements Part {
  /** @param owned is freed with the parts, and not remembered */
  constructor(
    readonly parts: P,
    private readonly owned: readonly Required<Pick<Part, "dispose">>[] = [],
  ) {}

  save(): { [N in keyof P]: P[N] extends Part ? ReturnType<P[N]["save"]> : never } {
    const saved = Object.entries(this.parts).map(([name, part]: [string, Part]) => [name, part.save()] as const);
    const states = Array.isArray(this.parts) ? saved.map(([, state]) => state) : Object.fromEntries(saved);
    return states as ReturnType<this["save"]>;
  }

  load(state: SavedState): void {
    const states = state as { readonly [name: string]: SavedState };
    for (const [name, part] of Object.entries(this.parts) as [string, Part][]) part.load(states[name]);
  }

  dispose(): void {
    for (const part of [...Object.values(this.parts), ...this.owned] as Part[]) part.dispose?.();
  }
}

/** A tree's names and `structure` as one text, and its `leaves` in that order. */
export type TreeState = { structure: string; leaves: { shape: number[]; values: NumberArray }[] };

/** Copies a `tree` out of the backend, to be saved. */
export function saveTree(tree: Tree): TreeState {
  const { structure, leaves } = flatten(tree);
  return { structure, leaves: leaves.map((leaf) => ({ shape: leaf.shape, values: leaf.dataSync() as NumberArray })) };
}

/** The tree that was saved as `state`, kept; it takes the place of `current`, which has the same names and shapes and is disposed. */
export function loadTree<T extends Tree>(current: T, state: TreeState): T {
  const { structure, leaves, restore } = flatten(current);
  if (state.structure !== structure) throw new Error(`a state of ${state.structure} does not fit ${structure}`);
  const loaded = leaves.map(({ shape, dtype }, i) => {
    const saved = state.leaves[i];
    const [there, here] = [saved.shape.join(), shape.join()];
    if (there !== here) throw new Error(`a state of shape [${there}] does not fit [${here}]`);
    return tf.keep(tf.tensor(saved.values, shape, dtype));
  });
  disposeTree(current);
  return restore(loaded);
}

/** A tree, its `value`, that outlives `tf.tidy` until `replace` puts another in its place, which disposes it. */
export class Held<T extends Tree> implements Part {
  constructor(private tree: T) {
    keepTree(tree);
  }

  get value(): T {
    return this.tree;
  }

  replace(next: T): void {
    disposeTree(this.tree);
    this.tree = keepTree(next);
  }

  save(): TreeState {
    return saveTree(this.tree);
  }

  load(state: TreeState): void {
    this.tree = loadTree(this.tree, state);
  }

  dispose(): void {
    disposeTree(this.tree);
  }
}
