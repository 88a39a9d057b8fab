/** Whether what a user wrote is a task: its fields, what its functions return, and how its tables add up. */
import * as v from "valibot";
import { InputError } from "@dmo-lab/input/errors";
import { Expr, inputs } from "@dmo-lab/physics/expression";
import { activationsOf, type Model } from "@dmo-lab/physics/model";
import { buildTree } from "@dmo-lab/physics/tree";
import {
  type Output,
  allow,
  check,
  dictionary,
  flag,
  list,
  notNegative,
  number,
  numbers,
  optional,
  positive,
  record,
  text,
  whole,
} from "@dmo-lab/input/schema";
import { RandomStream } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { total } from "./read.js";

type Definition = Output<typeof schema>;

const func = allow("a function", v.function());
const anything = v.optional(v.unknown());
const row = { name: text, size: whole(), unit: v.string() };
const rowOf = <E extends { [name: string]: v.GenericSchema }>(more: E) => record({ ...row, ...more });

const schema = record({
  name: text,
  model: allow("a model (await physics.readModel(...))", v.custom<Model>(isModel)),
  engines: optional(list(text, "a list of engines", 1)),
  mujoco: optional(record({ steps: optional(whole()), mjcf: optional(text), control: anything })),
  episodeLength: whole(),
  observation: list(rowOf({ privileged: optional(flag), noise: optional(notNegative) }), "a list of rows", 1),
  context: optional(list(rowOf({ range: optional(numbers(2)), varies: optional(text), rate: optional(number) }))),
  sensors: optional(list(rowOf({}))),
  ...{ observe: func, start: func, reset: func, between: optional(func), success: optional(func) },
  ...{ memory: optional(list(number)), unrandomized: optional(func) },
  rewardTerms: dictionary(record({ weight: number, term: func })),
  ...{ rewardFloor: optional(number), rewardBonus: optional(number), stateLimit: optional(positive) },
  measures: optional(list(record({ name: text, unit: v.string(), of: func, target: optional(func) }))),
  ends: optional(dictionary(func)),
  // what `defineTask` adds, so that a task can be defined by another one: { ...task, rewardTerms }
  ...{ actionSize: anything, observationSize: anything, contextSize: anything, sensorSize: anything },
  ...{ variations: anything, actorSees: anything, actorPart: anything },
  ...{ reward: anything, earned: anything, terminated: anything },
});

function isModel(value: unknown): boolean {
  return typeof value === "object" && value !== null && "links" in value;
}

/**
 * Checks all that needs no tensors.
 * @throws InputError that names the field, the value and what is allowed
 */
export function checkDefinition(definition: unknown): void {
  if ((definition as { model?: unknown } | undefined)?.model instanceof Promise)
    throw new InputError("task.model is a promise; write: model: await physics.readModel(...).");
  const task = check(schema, definition, "task");
  const { name, model, rewardTerms, context = [], sensors = [] } = task;
  const refuse = (what: string): never => {
    throw new InputError(`task "${name}": ${what}`);
  };
  if (Object.keys(rewardTerms).length === 0) refuse("rewardTerms is empty; allowed: one term or more.");
  if (model.actuators.length === 0) refuse("its model has no actuators, so there is nothing to learn.");
  const { nq, nqd } = buildTree(model);
  const sizes = { q: nq + activationsOf(model), qd: nqd, context: total(context) };
  checkObservation(task, { ...sizes, sensors: total(sensors) }, refuse);
  checkState("start", task.start(), sizes, refuse);
  checkState("reset", task.reset(new RandomStream("a task's check")), sizes, refuse);
}

type Refuse = (what: string) => never;

function checkObservation(
  { observe, observation, model }: Definition,
  sizes: { q: number; qd: number; context: number; sensors: number },
  refuse: Refuse,
): void {
  const [q, qd, context, sensors] = [sizes.q, sizes.qd, sizes.context, sizes.sensors].map(inputs);
  const observed: unknown = observe({ q, qd, context, sensors, action: inputs(model.actuators.length) });
  if (!Array.isArray(observed)) return refuse(`observe returns ${named(observed)}; allowed: a list.`);
  observed.forEach((value: unknown, i) => {
    if (value instanceof Expr || Number.isFinite(value)) return;
    refuse(
      `observe: component ${i} is ${named(value)}; allowed: numbers, parts of the state, and physics.add(...) of them.`,
    );
  });
  if (observed.length !== total(observation))
    refuse(`the rows of observation have ${total(observation)} components, but observe returns ${observed.length}.`);
}

function checkState(field: string, state: unknown, sizes: { readonly [part: string]: number }, refuse: Refuse): void {
  if (state instanceof Promise || typeof state !== "object" || state === null)
    return refuse(`${field} returns ${named(state)}; allowed: { q, qd }.`);
  for (const [part, size] of Object.entries(sizes)) {
    const values: unknown = (state as { [part: string]: unknown })[part] ?? (part === "context" ? [] : undefined);
    if (!Array.isArray(values) && !ArrayBuffer.isView(values))
      return refuse(`${field}: ${part} is ${named(values)}; allowed: ${size} numbers.`);
    const all = Array.from(values as unknown as ArrayLike<unknown>);
    if (all.length !== size) refuse(`${field}: ${part} has ${all.length} numbers; allowed: ${size}.`);
    const at = all.findIndex((x) => !Number.isFinite(x));
    if (at >= 0) refuse(`${field}: ${part}[${at}] is ${named(all[at])}; allowed: a number.`);
  }
}

/** What a value is, for whoever returned it by mistake. */
export function named(value: unknown): string {
  if (value instanceof Promise) return "a promise (an await is missing, or async is too much)";
  if (value instanceof tf.Tensor) return "a tensor";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
