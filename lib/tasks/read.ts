/** Reading vectors by the names in their table. */
import { oneOf } from "@dmo-lab/input/errors";
import { tf } from "@dmo-lab/jit/tf";

/**
 * A row of a table: components with a `unit`, in the order of a vector. A name that lists as many as there are names
 * them too: `velocity: forward, up` of size 2 has the components `velocity: forward` and `velocity: up`.
 */
export type TableRow = { readonly name: string; readonly size: number; readonly unit: string };

type Listed<List extends string> = List extends `${infer First}, ${infer Rest}` ? [First, ...Listed<Rest>] : [List];

/** The names of a row's components, where its name lists them. */
type ComponentName<R extends TableRow> = R extends { name: `${infer Of}: ${infer List}`; size: infer Size }
  ? Size extends Listed<List>["length"]
    ? `${Of}: ${Listed<List>[number]}`
    : never
  : never;

/** What is one number in each environment. */
type NumberName<R extends TableRow> = ComponentName<R> | Extract<R, { size: 1 }>["name"];

/**
 * Reads `[env, component]` by name: `[env]` for a row of size 1 or a component, `[env, size]` for other rows. An
 * `InputError` suggests the right name for one that the table does not have; where the table is `as const`, the compiler
 * refuses it.
 */
export type Reader<R extends TableRow> = string extends R["name"]
  ? (values: tf.Tensor2D, name: string) => tf.Tensor
  : <N extends R["name"] | ComponentName<R>>(
      values: tf.Tensor2D,
      name: N,
    ) => N extends NumberName<R> ? tf.Tensor1D : tf.Tensor2D;

/** The `rows` of a table with the index of their first component. */
export const placed = <R extends TableRow>(rows: readonly R[]): (R & { first: number })[] => {
  let end = 0;
  return rows.map((row) => ({ ...row, first: (end += row.size) - row.size }));
};

/** How many components the `rows` have together. */
export const total = (rows: readonly TableRow[]): number => rows.reduce((sum, row) => sum + row.size, 0);

/** What reads vectors that have the table of these `rows`; `as const`, the compiler knows their names. */
export function reader<const R extends TableRow>(rows: readonly R[]): Reader<R> {
  const table = new Map(
    placed<TableRow>(rows).flatMap((row) => [row, ...components(row)].map((part) => [part.name, part])),
  );
  const read = (values: tf.Tensor2D, name: string): tf.Tensor => {
    const { first, size } = table.get(oneOf("observation row", name, [...table.keys()]))!;
    return size === 1 ? column(values, first) : tf.slice(values, [0, first], [-1, size]);
  };
  return read as Reader<R>;
}

function components(row: TableRow & { first: number }): (TableRow & { first: number })[] {
  const [, of, list] = /^(.*?): (.*)$/.exec(row.name) ?? [];
  const names = list?.split(", ") ?? [];
  if (names.length !== row.size) return [];
  return names.map((name, i) => ({ ...row, name: `${of}: ${name}`, size: 1, first: row.first + i }));
}

/** Vectors `[env * component]`, the `values`, as tensors `[env, size]` by the names of their `rows`. */
export function byRow(rows: readonly TableRow[], values: Float32Array): { [name: string]: tf.Tensor } {
  if (rows.length === 0) return {};
  const all = tf.tensor2d(values, [values.length / total(rows), total(rows)]);
  return Object.fromEntries(placed(rows).map(({ name, first, size }) => [name, tf.slice(all, [0, first], [-1, size])]));
}

/** The same record, in which a name that is not there is an error that suggests the right one; `what` the names are. */
export const strict = <T extends object>(what: string, record: T): T =>
  new Proxy(record, {
    get: (of, name) => {
      if (typeof name === "string" && !(name in of)) oneOf(what, name, Object.keys(of));
      return Reflect.get(of, name) as unknown;
    },
  });

/** Column `index`, from 0, of x `[env, component]`, as `[env]`. */
export const column = (x: tf.Tensor2D, index: number): tf.Tensor1D => tf.squeeze(tf.slice(x, [0, index], [-1, 1]), [1]);
