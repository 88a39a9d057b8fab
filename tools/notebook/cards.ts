/** What a value that ends a cell shows of itself, in place of its fields. Importing this teaches Node and the kernel to. */
import { tf } from "@dmo-lab/jit/tf";
import type { Task } from "../../lib/tasks/task.js";
import { Policy } from "../../lib/training/policy.js";
import { Training } from "../../lib/training/train.js";
import type { Result } from "../study/results.js";

/** The text to show of a value, or undefined where its fields tell as much. */
export function card(value: unknown): string | undefined {
  return value instanceof tf.Tensor ? tensorCard(value as tf.Tensor) : wrapped(textOf(value));
}

/** JupyterLab breaks longer lines, in the middle of words and numbers. */
const WIDTH = 100;
const wrapped = (text: string | undefined): string | undefined =>
  text?.replaceAll(new RegExp(`(?=.{${WIDTH + 1}})(.{1,${WIDTH}}) `, "g"), "$1\n  ");

function textOf(value: unknown): string | undefined {
  if (value instanceof Policy) return policyCard(value);
  if (value instanceof Training) return `Training of ${runText(value.config)}`;
  if (isTask(value)) return taskCard(value);
  if (isResult(value)) return resultCard(value);
  if (isRows(value)) return `${value.length} rows of ${columnsOf(value)}`;
  if (isMany(value) && value.every(isList))
    return `${value.length} lists of ${value[0].length} with ${columnsOf(value[0])}`;
  if (isNumbers(value)) return `${value.length} numbers from ${Math.min(...value)} to ${Math.max(...value)}`;
}

/** So many rows are told, not shown. */
const MANY = 10;
/** Of so many numbers Node would show the first ones alone. */
const MOST = 100;

const isMany = (value: unknown): value is unknown[] => Array.isArray(value) && value.length >= MANY;
const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Such as those of a training, which `watch` gives back to a cell that has just drawn them. */
const isRows = (value: unknown): value is object[] => isMany(value) && value.every(isRecord);
/** Of several trainings, row by row. */
const isList = (value: unknown): value is object[] => Array.isArray(value) && value.length > 0 && value.every(isRecord);
const isNumbers = (value: unknown): value is number[] =>
  isMany(value) && value.length > MOST && value.every((x) => typeof x === "number");
const columnsOf = (rows: readonly object[]): string => Object.keys(rows[rows.length - 1]).join(", ");

const headOf = ({ dtype, shape }: tf.Tensor): string => `Tensor ${dtype} [${shape.join(", ")}]`;

function tensorCard(tensor: tf.Tensor): string {
  if (tensor.isDisposed) return `${headOf(tensor)}, disposed`;
  const [, ...rows] = tensor.toString().split("\n");
  const wide = rows.some(({ length }) => length > WIDTH);
  return [headOf(tensor), ...(wide ? rows.map((row) => row.replaceAll(NUMBER, rounded)) : rows)].join("\n");
}

/** Seven digits, as TensorFlow.js writes them, with the spaces that make a column of them; and four. */
const NUMBER = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)? *(?=[,\]])/g;
const rounded = (text: string): string => String(Number(Number(text).toPrecision(4))).padEnd(7);

function policyCard({ task, network, actor, observationSize, actionSize }: Policy): string {
  const widths = Object.entries(actor).flatMap(([name, { shape }]) =>
    /^layer\d+\.weight$/.test(name) ? [shape[1]] : [],
  );
  return `Policy of ${task}: ${[observationSize, ...widths, actionSize].join(" -> ")}, ${network}`;
}

const runText = ({ algorithm, task, seed, epochs, envs, horizon }: Training["config"]): string =>
  `${algorithm} on ${task}, seed ${seed}: ${epochs} epochs of ${envs} environments and ${horizon} steps`;

const isTask = (value: unknown): value is Task =>
  typeof value === "object" && value !== null && "rewardTerms" in value && "observationSize" in value;

function taskCard({
  name,
  observation,
  observationSize,
  actionSize,
  episodeLength,
  model,
  rewardTerms,
  ends = {},
}: Task): string {
  const seconds = (episodeLength * model.timeStep).toFixed(0);
  return [
    `Task ${name}: ${observationSize} observations, ${actionSize} actions, episodes of ${episodeLength} steps (${seconds} s)`,
    `observation: ${observation.map((row) => row.name).join(", ")}`,
    `reward: ${Object.entries(rewardTerms)
      .map(([term, { weight }]) => `${weight} ${term}`)
      .join(", ")}`,
    `ends: ${Object.keys(ends).join(", ") || "never before its time"}`,
  ].join("\n");
}

const isResult = (value: unknown): value is Result =>
  typeof value === "object" && value !== null && "rows" in value && "config" in value && "machine" in value;

function resultCard({ config, rows }: Result): string {
  const last = rows.findLast((row) => row.return !== undefined);
  const end = last ? `, return ${last.return!.toFixed(0)} at ${((last.samples ?? 0) / 1e6).toFixed(2)} M samples` : "";
  return `Run of ${runText(config)}; ${rows.length} rows${end}`;
}

/** Within other values, such as the parameters of a network, a tensor is its type and shape. */
Object.defineProperty(tf.Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: tf.Tensor, depth: number, options: { depth: number }) {
    return depth === options.depth ? tensorCard(this) : headOf(this);
  },
});

// Under this name the kernel finds it (scripts/kernel/handler.mjs).
Object.assign(globalThis, { [Symbol.for("dmo-lab.cards")]: card });
