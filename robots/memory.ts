/** Actors that remember: the last few observations and actions as rows of a task. */
import { oneOf } from "@dmo-lab/input/errors";
import type { Scalar } from "@dmo-lab/physics/expression";
import { placed, total } from "../lib/tasks/read.js";
import type { State, TaskDefinition } from "../lib/tasks/task.js";

/** The name of a row as it was `steps` control steps ago, and the other way round. */
const ago = (row: string, steps: number): string => `${row}, t-${steps}`;
export function whenOf(name: string): { row: string; stepsAgo: number } {
  const [, row, steps] = /^(.*), t-(\d+)$/.exec(name) ?? [undefined, name, 0];
  return { row, stepsAgo: Number(steps) };
}

/**
 * The task with rows that say what some of its rows were 1 to `steps` control steps ago; at the start of an episode, what
 * they are. Actor, critic and model see them; where the actor sees a row with noise, it remembers it with as much.
 */
export function remembering(task: TaskDefinition, names: readonly string[], steps: number): TaskDefinition {
  const { observation, context = [], observe, model, sensors = [] } = task;
  const known = new Map(placed(observation).map((row) => [row.name, row]));
  const now = names.map((name) => known.get(oneOf("row to remember", name, [...known.keys()]))!);
  const [width, seen, contextSize] = [total(now), total(observation), total(context)];
  const current = now.flatMap(({ first, size }) => Array.from({ length: size }, (_, i) => first + i));
  const zeros = (size: number): number[] => Array<number>(size).fill(0);
  const begin = ({ q, qd, context: drawn = [] }: State): State => {
    const state = { q, qd, context: drawn, action: zeros(model.actuators.length), sensors: zeros(total(sensors)) };
    const first = observe(state) as number[];
    return { q, qd, context: [...drawn, ...Array.from({ length: steps }, () => current.map((i) => first[i])).flat()] };
  };
  return {
    ...task,
    observation: [
      ...observation,
      ...Array.from({ length: steps }, (_, k) =>
        now.map(({ first: _, ...row }) => ({ ...row, name: ago(row.name, k + 1) })),
      ).flat(),
    ],
    context: [...context, { name: "memory", size: steps * width, unit: "as observed" }],
    memory: [...current, ...Array.from({ length: (steps - 1) * width }, (_, i) => seen + i)],
    observe: (state): Scalar[] => [...observe(state), ...state.context.slice(contextSize)],
    start: () => begin(task.start()),
    reset: (random) => begin(task.reset(random)),
  };
}
