// Kinds of settings: how one is written, and what is allowed.
import { InputError, suggest } from "../errors.js";

/** What a setting means, how it is written on the command line, and what is allowed. */
export type Setting = {
  meaning: string;
  allowed: string;
  parse: (text: string) => unknown;
  accepts: (value: unknown) => boolean;
  /** What it has to be one of. */
  names?: readonly string[];
  /** It may be given where the configuration has this setting, also when the preset leaves it out. */
  beside?: string;
};

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** NaN for a text without a number: `Number` alone makes 0 of an empty one. */
export const toNumber = (text: string): number => (text.trim() === "" ? NaN : Number(text));

/** The upper limit is far beyond use: it refuses slips of the keyboard before they fill the memory. */
export const count = (meaning: string, max = 1_000_000): Setting => ({
  meaning,
  allowed: `a whole number from 1 to ${max}`,
  parse: toNumber,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max,
});

export const positive = (meaning: string): Setting => ({
  meaning,
  allowed: "a number above 0",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value > 0,
});

export const weight = (meaning: string): Setting => ({
  meaning,
  allowed: "a number from 0",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value >= 0,
});

export const finite = (meaning: string): Setting => ({
  meaning,
  allowed: "a number",
  parse: toNumber,
  accepts: isNumber,
});

export const fraction = (meaning: string): Setting => ({
  meaning,
  allowed: "a number from 0 to 1",
  parse: toNumber,
  accepts: (value) => isNumber(value) && value >= 0 && value <= 1,
});

export const list = (text: string): number[] => text.split(",").map(toNumber);

export const MAX_WIDTH = 16_384;
export const isWidth = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_WIDTH;

export const widths = (meaning: string): Setting => ({
  meaning,
  allowed: `widths of hidden layers up to ${MAX_WIDTH}, such as 128,64,32`,
  parse: list,
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isWidth),
});

export const betas: Setting = {
  meaning: "decay rates of Adam's moments",
  allowed: "two numbers from 0 to below 1, such as 0.7,0.95",
  parse: list,
  accepts: (value) => Array.isArray(value) && value.length === 2 && value.every((b) => isNumber(b) && b >= 0 && b < 1),
};

export const choice = (meaning: string, names: readonly string[]): Setting => ({
  meaning,
  names,
  allowed: names.join(" or "),
  parse: (text) => text,
  accepts: (value) => names.includes(value as string),
});

/** @throws InputError unless the setting accepts the value */
export function checkSetting(setting: Setting, path: string, value: unknown, written = String(value)): void {
  const { allowed, accepts, names = [] } = setting;
  if (!accepts(value))
    throw new InputError(`setting ${path} is "${written}"; allowed: ${allowed}.${suggest(written, names)}`);
}
