// Checks of what users give, on Valibot: schemas from which types follow, and one line where a value does not fit.
import * as v from "valibot";
import { InputError, suggest } from "./errors.js";

/** A schema that says what it allows. `Output` gives the type of what it accepts. */
export type Schema<T = unknown> = v.GenericSchema<unknown, T> & { readonly allowed: string };

/** What a schema accepts. */
export type Output<S extends v.GenericSchema> = v.InferOutput<S>;

/** How a value stands in a message: JSON, cut where it is long. */
export function shown(value: unknown): string {
  const written = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "missing");
  return written.length > 60 ? `${written.slice(0, 60)}...` : written;
}

const refusal = (value: unknown, allowed: string, names: readonly string[] = []): string =>
  `is ${shown(value)}; allowed: ${allowed}.${typeof value === "string" ? suggest(value, names) : ""}`;

/** A schema whose faults all read "... is (value); allowed: (allowed)."; `names` are suggested where a text is near one. */
export const allow = <T>(allowed: string, schema: v.GenericSchema<unknown, T>, names?: readonly string[]): Schema<T> =>
  Object.assign(v.config(schema, { message: ({ input }) => refusal(input, allowed, names) }), { allowed });

/** Any number but NaN and the infinities. */
export const finite = v.pipe(v.number(), v.finite());

export const number = allow("a number", finite);
export const positive = allow("a number above 0", v.pipe(finite, v.gtValue(0)));
export const notNegative = allow("a number from 0", v.pipe(finite, v.minValue(0)));
/** A number that is finite in float32 as well. */
export const single = allow(
  "a finite number",
  v.pipe(
    v.number(),
    v.check((x) => Number.isFinite(Math.fround(x))),
  ),
);
export const text = allow("a text", v.pipe(v.string(), v.nonEmpty()));

export const flag = allow("true or false", v.boolean());

/** A whole number; without `max`, as large as one can be. */
export const whole = (min = 1, max = Number.MAX_SAFE_INTEGER): Schema<number> =>
  allow(
    `a whole number from ${min}${max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : ""}`,
    v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max)),
  );

/** One of these names. */
export const oneName = <const N extends string>(...names: readonly N[]): Schema<N> =>
  allow(names.join(" or "), v.picklist(names), names);

/** A list; `allowed` says what it has to be where it is none, or empty where one item has to be there (`min` 1). */
export const list = <T>(item: v.GenericSchema<unknown, T>, allowed = "a list", min = 0): Schema<T[]> => {
  const [none, few] = [v.array(item, ({ input }) => refusal(input, allowed)), `is empty; allowed: ${allowed}.`];
  return Object.assign(min > 0 ? v.pipe(none, v.minLength(min, few)) : none, { allowed });
};

/** A list of so many items; `what` they are stands in the message. */
export const exactly = <T>(count: number, what: string, item: v.GenericSchema<unknown, T>) =>
  v.pipe(
    list(v.unknown(), `a list of ${count} ${what}`),
    v.length(count, ({ input }) => `has ${input.length} ${what}; allowed: ${count}.`),
    v.array(item),
  );

/** So many finite numbers. */
export const numbers = (count: number): Schema<number[]> =>
  allow(`${count} numbers`, v.pipe(v.array(finite), v.length(count)));

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A record, whatever is in it. */
export const anyRecord = (allowed = "a record"): Schema<object> => allow(allowed, v.custom<object>(isRecord));

/** A schema whose parts say what they allow, under what is allowed of the whole. */
const whose = <T>(allowed: string, parts: v.GenericSchema): Schema<T> =>
  Object.assign(parts as v.GenericSchema<unknown, T>, { allowed });

/** A record of any names, each with a value of this kind. */
export const dictionary = <T>(item: v.GenericSchema<unknown, T>): Schema<{ [name: string]: T }> =>
  whose("a record", v.pipe(anyRecord(), noProto, v.record(v.string(), item)));

const noProto = v.rawCheck<object>(({ dataset, addIssue }) => {
  if (dataset.typed && Object.hasOwn(dataset.value, "__proto__"))
    addIssue({ message: 'has a key "__proto__"; allowed: other names.' });
});

type Entries = { [name: string]: v.GenericSchema };
type Fields<E extends Entries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

const fieldsOf = (entries: Entries) =>
  v.object(entries, ({ expected, input }) => {
    const { allowed = "some value" } = entries[JSON.parse(expected!) as string] as Partial<Schema>;
    return refusal(input, allowed);
  }) as v.GenericSchema<object>;

/** Refuses other fields than these. */
const noOthers = (names: readonly string[]) =>
  v.rawCheck<object>(({ dataset, addIssue }) => {
    const input = dataset.value as { [key: string]: unknown };
    const key = Object.keys(input).find((name) => !names.includes(name));
    if (key === undefined) return;
    const message = `is unknown.${suggest(key, names)} Allowed: ${names.join(", ")}.`;
    addIssue({ message, path: [{ type: "object", origin: "key", input, key, value: input[key] }] });
  });

/** A record with exactly these fields; those that are `optional` may be absent. */
export const record = <const E extends Entries>(entries: E): Schema<Fields<E>> =>
  whose("a record", v.pipe(anyRecord(), noOthers(Object.keys(entries)), fieldsOf(entries)));

/** A record with these fields, and whatever else. */
export const partOf = <const E extends Entries>(entries: E): Schema<Fields<E>> =>
  whose("a record", v.pipe(anyRecord(), fieldsOf(entries)));

/** A field of a {@link record} that may be absent. */
export const optional = <T>(schema: v.GenericSchema<unknown, T>) => v.optional(schema);

/** Records of several kinds, told apart by one of their fields. */
export const variant = <const K extends { [name: string]: v.GenericSchema }>(field: string, kinds: K) =>
  v.pipe(
    anyRecord(),
    v.looseObject({ [field]: oneName(...Object.keys(kinds)) }) as v.GenericSchema<object>,
    v.lazy((input) => kinds[(input as { [field: string]: string })[field]]) as v.GenericSchema<object>,
  ) as unknown as v.GenericSchema<unknown, v.InferOutput<K[keyof K]>>;

/**
 * The value, of the schema's type.
 * @param at its name in the message, before the path within it: "actions" gives "actions[0][2] is ..."
 * @throws InputError that names the place, the value and what is allowed
 */
export function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, at = ""): T {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  if (!issues) return value as T;
  const [{ message, path = [] }] = issues;
  throw new InputError(`${path.reduce((place, { key }) => inside(place, key), at)} ${message}`.trimStart());
}

/** `links`, then `links[0]`, then `links[0].joint`. */
const inside = (place: string, key: unknown): string =>
  typeof key === "number" ? `${place}[${key}]` : `${place}${/(^|\s)$/.test(place) ? "" : "."}${String(key)}`;
