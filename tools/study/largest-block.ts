// What can be compared without a gap.
import { distinct } from "./compare-groups.js";

/** Tasks and methods without a gap: all the methods have all the tasks. */
export type Block = {
  /** That all of the methods have. */
  tasks: string[];
  /** That have all of the tasks. */
  methods: string[];
};

/**
 * The largest block of these pairs, the baseline among its methods; of equally large ones that with the most tasks. A block
 * can only be the largest if its tasks are all that some methods have in common with the baseline, so no others are tried.
 * @param pairs of which there are runs @param baseline has to be in the block
 * @returns tasks and methods in the order in which they come; undefined where the baseline has no task
 */
export function largestBlock(
  pairs: readonly { readonly task: string; readonly method: string }[],
  baseline: string,
): Block | undefined {
  const methods = distinct(pairs.map(({ method }) => method));
  const tasksOf = new Map(
    methods.map((method) => [method, new Set(pairs.filter((pair) => pair.method === method).map(({ task }) => task))]),
  );
  const common = new Map<string, string[]>();
  const keep = (tasks: string[]): unknown => tasks.length > 0 && common.set(JSON.stringify(tasks), tasks);
  keep([...(tasksOf.get(baseline) ?? [])]);
  for (const own of tasksOf.values())
    for (const tasks of [...common.values()]) keep(tasks.filter((task) => own.has(task)));
  const blocks = [...common.values()].map((tasks) => ({
    tasks,
    methods: methods.filter((method) => tasks.every((task) => tasksOf.get(method)!.has(task))),
  }));
  const size = ({ tasks, methods }: Block): number => tasks.length * methods.length;
  return blocks.sort((a, b) => size(b) - size(a) || b.tasks.length - a.tasks.length)[0];
}
