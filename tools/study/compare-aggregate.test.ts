import { describe, expect, test } from "vitest";
import { streams } from "../../lib/tensor/random.js";
import { largestBlock } from "./largest-block.js";

type Tasks = { [method: string]: string };

/** Tasks are letters. */
const pairsOf = (tasks: Tasks) =>
  Object.entries(tasks).flatMap(([method, list]) => list.split("").map((task) => ({ task, method })));

const cells = (block: ReturnType<typeof largestBlock>): number =>
  block ? block.tasks.length * block.methods.length : 0;

/** Cells of the largest block by trying every set of methods. */
function bruteForce(tasks: Tasks, baseline: string): number {
  const methods = Object.keys(tasks).filter((method) => method !== baseline);
  const sets = Array.from({ length: 2 ** methods.length }, (_, bits) => methods.filter((_, i) => bits & (1 << i)));
  const common = (others: readonly string[]): string[] =>
    tasks[baseline].split("").filter((task) => others.every((method) => tasks[method].includes(task)));
  return Math.max(...sets.map((others) => (1 + others.length) * common(others).length));
}

describe("the largest block without a gap", () => {
  test("may have tasks that are those of no single method", () => {
    const pairs = pairsOf({ dmo: "ABCDEF", a: "ABC", b: "ABD", c: "ABE", d: "ABF" });
    expect(largestBlock(pairs, "dmo")).toEqual({ tasks: ["A", "B"], methods: ["dmo", "a", "b", "c", "d"] });
  });

  test("has the most tasks of equally large ones, and is absent where the baseline has none", () => {
    expect(largestBlock(pairsOf({ a: "A", dmo: "AB" }), "dmo")).toEqual({ tasks: ["A", "B"], methods: ["dmo"] });
    expect(largestBlock(pairsOf({ a: "A" }), "dmo")).toBeUndefined();
  });

  test("has no gap, holds the baseline and is as large as that of a search through all sets of methods", () => {
    const random = streams(1)("blocks");
    for (let k = 0; k < 200; k++) {
      const methods = ["dmo", "a", "b", "c", "d", "e", "f"].slice(0, 2 + random.integer(6));
      const draw = (): string =>
        "ABCDEF"
          .split("")
          .filter(() => random.uniform(0, 1) < 0.6)
          .join("");
      const tasks = Object.fromEntries(methods.map((method) => [method, draw()]));
      const block = largestBlock(pairsOf(tasks), "dmo");
      expect(cells(block), JSON.stringify(tasks)).toBe(bruteForce(tasks, "dmo"));
      if (!block) continue;
      expect(block.methods).toContain("dmo");
      for (const method of block.methods) for (const task of block.tasks) expect(tasks[method]).toContain(task);
    }
  });
});
