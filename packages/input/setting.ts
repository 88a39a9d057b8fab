// Settings: what each means, what is allowed, and how it is written on the command line. They stand beside the code that
// reads them, in trees from which the types of configurations follow.
import * as v from "valibot";
import {
  allow,
  finite as real,
  notNegative,
  number,
  oneName,
  positive as above0,
  whole,
  type Schema,
} from "./schema.js";

/** A schema of a setting's value, what the setting means, and how its value is read from the command line. */
export type Setting<T = unknown> = Schema<T> & {
  /** What it sets, in words. */
  readonly meaning: string;
  /** Reads it from the command line; what comes out is checked after that. */
  readonly parse: (text: string) => unknown;
  /** What it has to be one of. */
  readonly names?: readonly string[];
  /** A configuration may leave it out. */
  readonly optional?: true;
};

/** Settings by their keys, in sections. */
export type SettingTree = { readonly [key: string]: Setting | SettingTree };

/** Settings by their paths, such as `dynamics.hidden`. */
export type Settings = { readonly [path: string]: Setting };

type OptionalKeys<S> = {
  [K in keyof S]: S[K] extends { optional: true }
    ? K
    : S[K] extends Setting
      ? never
      : object extends Values<S[K]>
        ? K
        : never;
}[keyof S];

type Plain<T> = { [K in keyof T]: T[K] };

/** The configuration that a tree of settings describes; a section whose settings all are optional is so itself. */
export type Values<S> = S extends Setting
  ? v.InferOutput<S>
  : Plain<{ [K in Exclude<keyof S, OptionalKeys<S>>]: Values<S[K]> } & { [K in OptionalKeys<S>]?: Values<S[K]> }>;

/** NaN for a text without a number: `Number` alone makes 0 of an empty one. */
const toNumber = (text: string): number => (text.trim() === "" ? NaN : Number(text));

/** Of a list of numbers, such as 1,2,3. */
export const toNumbers = (text: string): number[] => text.split(",").map(toNumber);

/** A setting of one's own kind. */
export const setting = <T>(meaning: string, schema: Schema<T>, parse: Setting["parse"] = toNumber): Setting<T> => ({
  ...schema,
  meaning,
  parse,
});

/** The same setting, which a configuration may leave out. @param each is not changed */
export const optional = <S extends Setting>(each: S): S & { optional: true } => ({ ...each, optional: true });

/**
 * A setting of a whole number from 1. The upper limit is far beyond use: it refuses slips of the keyboard before they
 * fill the memory.
 * @param meaning what it sets, in words @param max largest value that is allowed
 */
export const count = (meaning: string, max = 1_000_000): Setting<number> => setting(meaning, whole(1, max));

/** A setting above 0. @param meaning what it sets, in words */
export const positive = (meaning: string): Setting<number> => setting(meaning, above0);

/** A setting of 0 or more. @param meaning what it sets, in words */
export const weight = (meaning: string): Setting<number> => setting(meaning, notNegative);

export const finite = (meaning: string): Setting<number> => setting(meaning, number);

/** A setting from 0 to 1. @param meaning what it sets, in words */
export const fraction = (meaning: string): Setting<number> =>
  setting(meaning, allow("a number from 0 to 1", v.pipe(real, v.minValue(0), v.maxValue(1))));

/**
 * A setting that is one of these names.
 * @param meaning what it sets, in words @param names one or more; others are refused with a suggestion
 */
export const choice = <const N extends string>(meaning: string, names: readonly N[]): Setting<N> => ({
  ...setting(meaning, oneName(...names), (text) => text),
  names,
});

/** The names of what there is to choose from. */
export const keysOf = <R extends object>(choices: R) => Object.keys(choices) as (keyof R & string)[];

/** Some settings of a section. */
export const pick = <S extends SettingTree, const K extends keyof S>(section: S, ...keys: readonly K[]): Pick<S, K> =>
  Object.fromEntries(keys.map((key) => [key, section[key]])) as Pick<S, K>;
