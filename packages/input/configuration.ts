// Settings of a whole configuration: assigned, compared, checked.
import * as v from "valibot";
import { InputError, oneOf, suggest } from "./errors.js";
import type { Setting, Settings, SettingTree } from "./setting.js";

type Section = { [key: string]: unknown };

/** @throws InputError unless the setting accepts the value */
export function checkSetting(each: Setting, path: string, value: unknown, written = String(value)): void {
  if (v.is(each, value)) return;
  throw new InputError(
    `setting ${path} is "${written}"; allowed: ${each.allowed}.${suggest(written, each.names ?? [])}`,
  );
}

const isSetting = (node: Setting | SettingTree): node is Setting => typeof node["meaning"] === "string";

/** The settings of a tree by their paths, in its order. */
export const flat = (tree: SettingTree, prefix = ""): Settings =>
  Object.assign(
    {},
    ...Object.entries(tree).map(([key, node]) =>
      isSetting(node) ? { [prefix + key]: node } : flat(node, `${prefix}${key}.`),
    ),
  ) as Settings;

/**
 * Settings of a configuration as [path, value] pairs, in its order.
 * @param config nested records; lists are values @param prefix stands before every path
 */
export function settingsOf(config: object, prefix = ""): [string, unknown][] {
  return Object.entries(config).flatMap(([key, value]): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? settingsOf(value as object, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}

/**
 * Applies assignments such as `dynamics.hidden=256,256` to a copy of a configuration.
 * @throws InputError for a path that this configuration does not hold or a value that is not allowed
 */
export function applySettings<C extends object>(config: C, assignments: readonly string[], known: Settings): C {
  const result = structuredClone(config);
  const held = settingsOf(config).map(([path]) => path);
  const optional = Object.keys(known).filter((path) => known[path].optional && inSection(config, path));
  for (const assignment of assignments) {
    const [, path, text] = /^([^=]+)=(.*)$/.exec(assignment) ?? [];
    if (path === undefined)
      throw new InputError(`--set "${assignment}" is not an assignment such as dynamics.hidden=256,256.`);
    oneOf("setting", path, [...new Set([...held, ...optional])]);
    const keys = path.split(".");
    const section = keys.slice(0, -1).reduce<Section>((at, key) => (at[key] ??= {}) as Section, result as Section);
    section[keys[keys.length - 1]] = known[path].parse(text);
    checkSetting(known[path], path, section[keys[keys.length - 1]], text);
  }
  return result;
}

/** Whether a configuration has the section of a setting; every one has those that stand alone. */
const inSection = (config: object, path: string): boolean => !path.includes(".") || path.split(".")[0] in config;

/** A setting with its values in two configurations; `undefined` where one does not have it. */
export type Change = { path: string; there: unknown; here: unknown };

/**
 * What differs between two configurations (or other records), setting by setting.
 * @param there nested records, such as a run's configuration @param here what it is held against
 */
export function changes(there: object, here: object): Change[] {
  const [theirs, ours] = [there, here].map((record) => new Map(settingsOf(record)));
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .map((path) => ({ path, there: theirs.get(path), here: ours.get(path) }))
    .filter((change) => JSON.stringify(change.there) !== JSON.stringify(change.here));
}

/** The same in words: "epochs is 10 there and 20 here". */
export function differences(there: object, here: object): string[] {
  const text = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value));
  return changes(there, here).map(({ path, there, here }) => `${path} is ${text(there)} there and ${text(here)} here`);
}

/** Checks every setting of a configuration. @throws InputError */
export function checkSettings(config: object, known: Settings): void {
  for (const [path, value] of settingsOf(config)) {
    oneOf("setting", path, Object.keys(known));
    checkSetting(known[path], path, value);
  }
}
