// Which of many runs a comparison shows.
import { oneOf } from "@dmo-lab/input/errors";
import { distinct, methodName, type ComparedRun } from "./compare-groups.js";

/** As many methods as lines that a reader tells apart. */
const FEW = 6;

/** Runs on these tasks, with these methods. @throws InputError for a name that no run has */
export function choose<Run extends ComparedRun>(
  runs: readonly Run[],
  tasks?: readonly string[],
  methods?: readonly string[],
): Run[] {
  const [there, known] = [distinct(runs.map(({ task }) => task)), distinct(runs.map(methodName))];
  for (const task of tasks ?? []) oneOf("task", task, there);
  for (const method of methods ?? []) oneOf("method", method, known);
  return runs.filter((run) => (tasks?.includes(run.task) ?? true) && (methods?.includes(methodName(run)) ?? true));
}

/** At most six of the runs' methods, algorithms before their variants, with the most tasks, then runs; this one in any case. */
export function mainMethods(runs: readonly ComparedRun[], always?: string): string[] {
  const methods = distinct(runs.map(methodName));
  const weight = (method: string): number[] => {
    const own = runs.filter((run) => methodName(run) === method);
    return [
      Number(method === always),
      Number(own[0].variant === ""),
      distinct(own.map(({ task }) => task)).length,
      own.length,
    ];
  };
  const byWeight = methods
    .map((method) => ({ method, weight: weight(method) }))
    .sort((a, b) => b.weight.reduce((order, value, k) => order || value - a.weight[k], 0));
  const kept = byWeight.slice(0, FEW).map(({ method }) => method);
  return methods.filter((method) => kept.includes(method));
}
