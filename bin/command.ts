/** What a command of the command line is: options as data, from which parsing, its errors and `--help` follow. */
import { parseArgs } from "node:util";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { table } from "./terminal.js";

export type Option = {
  /** Stands for the value in the help, such as "N"; an option without one is a switch. */
  value?: string;
  /** May be given several times. */
  multiple?: true;
  help: string;
};
export type Options = { [name: string]: Option };

type Value<O extends Option> = O extends { multiple: true } ? string[] : O extends { value: string } ? string : boolean;

/** What the user wrote: options by name, and the operands that belong to none. */
export type Given<O extends Options> = { options: { [K in keyof O]?: Value<O[K]> }; operands: string[] };

type Definition<O extends Options> = {
  name: string;
  /** How it is called; default: `dmo-lab NAME`. */
  call?: string;
  summary: string;
  /** What follows in the help's usage line. */
  usage: string;
  /** How many operands there may be. */
  operands: { min: number; max: number };
  options: O;
  /** Further paragraphs of the help. */
  notes?: () => string | Promise<string>;
  /** @returns the exit code */
  run: (given: Given<O>) => Promise<number>;
};

export type Command = {
  name: string;
  summary: string;
  help: () => Promise<string>;
  /** Runs the command. @throws InputError for arguments that it does not have */
  execute: (argv: readonly string[]) => Promise<number>;
};

/** Of commands that open runs. */
export const TRUST = {
  trust: { help: "run task and algorithm files that lie with the run as well, as in a folder that somebody sent" },
} as const satisfies Options;

/** Of commands that take a run's policy. */
export const BEST = {
  best: {
    help: "of a run the policy with its best evaluation while training (setting evaluateEvery), in place of the last",
  },
} as const satisfies Options;

const HELP: Options = { help: { help: "print this help" } };

/** Completes a definition with parsing and help. */
export function defineCommand<const O extends Options>(definition: Definition<O>): Command {
  const help = (): Promise<string> => describe(definition);
  return {
    name: definition.name,
    summary: definition.summary,
    help,
    async execute(argv) {
      if (argv.includes("--help") || argv.includes("-h")) {
        process.stdout.write(await help());
        return 0;
      }
      const given = parse(definition, argv);
      return definition.run(given);
    },
  };
}

type Description = Pick<Definition<Options>, "name" | "call" | "summary" | "usage" | "options" | "notes">;

async function describe({ options, notes, ...definition }: Description): Promise<string> {
  const rows = Object.entries<Option>({ ...options, ...HELP }).map(([key, option]) => [
    `  --${key}${option.value ? ` ${option.value}` : ""}`,
    option.help,
  ]);
  const parts = [`${definition.summary}.`, `Usage: ${usageOf(definition)}`, `Options:\n${table(rows)}`];
  if (notes) parts.push(await notes());
  return parts.join("\n\n") + "\n";
}

function parse<O extends Options>(definition: Definition<O>, argv: readonly string[]): Given<O> {
  const { name, options, operands } = definition;
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([key, { value, multiple }]) => [
        key,
        { type: value ? ("string" as const) : ("boolean" as const), multiple: multiple ?? false },
      ]),
    ),
    strict: false, // node's own messages do not suggest what was meant
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === "option") checkOption(name, options, token);
  if (positionals.length > operands.max)
    throw new InputError(`argument "${positionals[operands.max]}" is one too many. Usage: ${usageOf(definition)}`);
  if (positionals.length < operands.min) throw new InputError(`an argument is missing. Usage: ${usageOf(definition)}`);
  return { options: values as Given<O>["options"], operands: positionals };
}

const usageOf = ({ name, call = `dmo-lab ${name}`, usage }: Pick<Description, "name" | "call" | "usage">): string =>
  `${call} ${usage}`.trimEnd();

type OptionToken = { name: string; rawName: string; value?: string; inlineValue?: boolean };

function checkOption(command: string, options: Options, { name, rawName, value, inlineValue }: OptionToken): void {
  oneOf(
    `${command}: option`,
    rawName,
    Object.keys(options).map((key) => `--${key}`),
  );
  const { value: wanted } = options[name];
  if (wanted && (value === undefined || (!inlineValue && value.startsWith("--"))))
    throw new InputError(`option --${name} needs a value: --${name} ${wanted}.`);
  if (!wanted && value !== undefined)
    throw new InputError(`option --${name} is a switch and takes no value; it was given "${value}".`);
}

/** The value of an option that has to be there. */
export function required(option: string, value: string | undefined): string {
  if (value === undefined) throw new InputError(`option --${option} is missing.`);
  return value;
}

/** The value of an option as a whole number. */
export function wholeNumber(option: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  const range = max < Number.MAX_SAFE_INTEGER ? `from ${min} to ${max}` : `from ${min}`;
  if (!(value >= min && value <= max))
    throw new InputError(`option --${option} is "${text}"; allowed: a whole number ${range}.`);
  return value;
}
