import { tf } from "@dmo-lab/jit/tf";
import { expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { card } from "./cards.js";

test("many rows are told in a line, few are shown as they are", () => {
  const rows = Array.from({ length: 10 }, (_, epoch) => ({ epoch, return: -epoch }));
  expect(card(rows)).toBe("10 rows of epoch, return");
  expect(card(rows.slice(1))).toBeUndefined();
  expect(card(rows.map(({ epoch }) => epoch))).toBeUndefined();
  expect(card([...rows, null])).toBeUndefined();
  expect(card(rows.map((row) => [row, row]))).toBe("10 lists of 2 with epoch, return");
  expect(card(rows.map(() => []))).toBeUndefined();
  expect(card(Array.from({ length: 101 }, (_, i) => i))).toBe("101 numbers from 0 to 100");
});

test("lines are as long as JupyterLab shows them, broken between words; wide tensors have four digits", async () => {
  await useBackend();
  const columns = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`column_${i}`, i]));
  const lines = card(Array.from({ length: 10 }, () => columns))!.split("\n");
  expect(lines.length).toBe(4);
  expect(lines.every((line) => line.length <= 102 && !line.endsWith("column_"))).toBe(true);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(`10 rows of ${Object.keys(columns).join(", ")}`);
  const narrow = card(tf.tensor2d([[1 / 3, 2 / 3]]))!;
  expect(narrow).toContain("0.3333333, 0.6666667");
  const wide = card(tf.tensor2d([Array.from({ length: 11 }, (_, i) => (i - 5) / 3)]))!;
  expect(wide).toMatch(/^Tensor float32 \[1, 11\]\n {5}\[\[-1.667 , -1.333 , -1 {5}, -0.6667, /);
  expect(wide.split("\n").every(({ length }) => length <= 110)).toBe(true);
});
