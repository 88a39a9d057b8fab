// What a task was when something was learned from it, small enough to be kept with each run: its numbers and tables as
// checksums, and what its functions give at fixed inputs. Functions are compared by what they give, not by how they are
// written: a constant elsewhere in a file changes them as well.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dictionary, list, number, record, text, type Output } from "@dmo-lab/input/schema";
import type { Scalar } from "@dmo-lab/physics/expression";
import { RandomStream, streams } from "../tensor/random.js";
import { rows } from "../tensor/rows.js";
import { tf } from "@dmo-lab/jit/tf";
import { isUserFile } from "@dmo-lab/input/user-file";
import { findTask } from "../tasks/index.js";
import { contextOf, sensorsOf, type Ends, type State, type Task } from "../tasks/task.js";

const checked = { episode: text, robot: text, observation: text, start: text };
const measured = { rewards: dictionary(list(number)), ends: dictionary(list(number)) };

/** What a {@link TaskDigest} in a file has to be. */
export const taskDigestSchema = record({ ...checked, ...measured });

/** Checksums, and means of what functions of tensors give, over {@link PROBES} inputs a number. */
export type TaskDigest = Output<typeof taskDigestSchema>;

const [CHUNKS, PROBES] = [16, 16];
/** Backends differ by rounding, up to 1e-6 of the largest number. */
const TOLERANCE = 1e-4;

/** Parts of a digest as one would say them. */
const PARTS = {
  episode: "its length, floor or limits",
  robot: "the robot",
  observation: "the observation",
  start: "the starts",
} as const satisfies { [part in keyof typeof checked]: string };

/** Needs a tensor backend. */
export function taskDigest(task: Task): TaskDigest {
  const random = streams(0)("task digest");
  const { episodeLength, rewardFloor, stateLimit, model, mujoco, observation, context, sensors } = task;
  const starts = [task.start(), ...Array.from({ length: 4 }, () => task.reset(random))];
  const happens = task.between && starts.map((start) => task.between!({ context: [], ...start }, random));
  const observed = starts.map((start) => numbersOf(task.observe(around(task, start, random))));
  return {
    episode: checksum({ episodeLength, rewardFloor, stateLimit }),
    robot: checksum({ model, mujoco: { ...mujoco, mjcf: mujoco?.mjcf && readFileSync(mujoco.mjcf, "utf8") } }),
    observation: checksum({ observation, context, sensors, observed }),
    start: checksum({ starts, happens }),
    ...tf.tidy(() => functionsOf(task, observed, starts, random)),
  };
}

const digests = new Map<string, TaskDigest>();

/** {@link taskDigest} of the task of that name: computed once, but for a user's file, which may be loaded anew. */
export function digestOf(name: string): TaskDigest {
  if (isUserFile(name)) return taskDigest(findTask(name));
  const digest = digests.get(name) ?? taskDigest(findTask(name));
  digests.set(name, digest);
  return digest;
}

/** What differs between two digests, as one would say it; nothing where they are of the same task. */
export function taskChanges(there: TaskDigest, here: TaskDigest): string[] {
  const changed = (part: "rewards" | "ends", what: string): string[] =>
    [...new Set([there, here].flatMap((digest) => Object.keys(digest[part])))]
      .filter((name) => !alike(there[part][name] ?? [], here[part][name] ?? []))
      .map((name) => `${what} "${name}"`);
  const parts = Object.keys(PARTS) as (keyof typeof PARTS)[];
  return [
    ...parts.filter((part) => there[part] !== here[part]).map((part) => PARTS[part]),
    ...changed("rewards", "the reward's term"),
    ...changed("ends", "the end"),
  ];
}

function alike(a: readonly number[], b: readonly number[]): boolean {
  const size = Math.max(...a.map(Math.abs));
  return a.length === b.length && a.every((x, i) => Math.abs(x - b[i]) <= TOLERANCE * size);
}

/** A state near a start, with speed, action and sensors. */
function around(task: Task, { q, qd, context = [] }: State, random: RandomStream) {
  const normals = (size: number): number[] => [...random.normals(size)];
  return {
    q: q.map((x) => x + 0.3 * random.normal()),
    qd: qd.map((x) => x + random.normal()),
    action: normals(task.actionSize),
    context: context as readonly Scalar[],
    sensors: normals(task.sensorSize),
  };
}

/** Rewards with their weights, and ends, at observations of all sizes about those that were seen. */
function functionsOf(task: Task, seen: readonly number[][], starts: readonly State[], random: RandomStream) {
  const count = CHUNKS * PROBES;
  const probes = Array.from({ length: count }, (_, k) => k);
  const reals = (size: number) => rows(count, random.normals(count * size));
  const near = probes.flatMap((k) => seen[k % seen.length].map((x) => x + 4 ** ((k % 5) - 3) * random.normal()));
  const obs = rows(count, Float32Array.from(near));
  const [action, previous, beforePrevious] = [1, 2, 3].map(() => tf.tanh(reals(task.actionSize)));
  const contexts = probes.flatMap((k) => starts[k % starts.length].context ?? []);
  const context = contextOf(task, Float32Array.from(contexts));
  const sensors = sensorsOf(task, random.normals(count * task.sensorSize));
  const over = <F>(functions: { readonly [name: string]: F }, of: (each: F) => tf.Tensor) =>
    Object.fromEntries(Object.entries(functions).map(([name, each]) => [name, chunkMeans(of(each))]));
  const ends: Ends = { ...task.ends, ...(task.success && { success: task.success }) };
  return {
    rewards: over(task.rewardTerms, ({ weight, term }) =>
      tf.mul(term(obs, { action, previous, beforePrevious }, context), weight),
    ),
    ends: over(ends, (end) => end(obs, sensors)),
  };
}

/** Means of [env] over every {@link PROBES} of them; what is not finite counts as 0. */
function chunkMeans(values: tf.Tensor): number[] {
  const all = Array.from(values.dataSync(), (x) => (Number.isFinite(x) ? x : 0));
  return Array.from({ length: CHUNKS }, (_, k) => {
    const sum = all.slice(k * PROBES, (k + 1) * PROBES).reduce((a, b) => a + b, 0);
    return rounded(sum / PROBES);
  });
}

const numbersOf = (values: readonly Scalar[]): number[] => values.map(Number);

/** Without the last digits, in which processors' sines and files' origins may differ. */
const rounded = (x: number): number => Number(x.toPrecision(6));

/** What a model's looks and notes are, and where its files lie, changes nothing that is learned. */
const LOOKS = new Set(["shapes", "meshes", "notes", "file"]);

/** Of what is in a value: no functions, no looks. */
function checksum(value: object): string {
  const told = JSON.stringify(value, (key, part: unknown) => {
    if (LOOKS.has(key)) return undefined;
    return typeof part === "number" ? rounded(part) : part;
  });
  return createHash("sha256").update(told).digest("hex").slice(0, 16);
}
