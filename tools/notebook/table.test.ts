import { afterEach, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import type { DisplayData } from "../../lib/kernel.js";
import { dataFrame, showTable } from "./table.js";

const OFFER = Symbol.for("dmo-lab.kernel");
afterEach(() => {
  Reflect.deleteProperty(globalThis, OFFER);
});

const rows = [
  { group: "a", value: 1 },
  { group: "b", value: 2.34567 },
  { group: "a", value: 4 },
];

test("data frames group rows, beside the tensors of this process", async () => {
  const { name } = await useBackend();
  const means = dataFrame(rows).groupby(["group"]).col(["value"]).mean();
  expect(means.columns).toEqual(["group", "value_mean"]);
  expect(means.values).toEqual([
    ["a", 2.5],
    ["b", 2.34567],
  ]);
  expect(tf.getBackend()).toBe(name);
});

test("a table is shown as HTML and as text, rounded and escaped", () => {
  const shown: DisplayData[] = [];
  const display = (content: DisplayData): void => void shown.push(content);
  (globalThis as { [key: symbol]: unknown })[OFFER] = { display, interruption: new AbortController().signal };
  showTable(dataFrame([{ name: "<b>", value: 2.34567 }]), 3);
  expect(shown[0].data["text/html"]).toContain(">&lt;b&gt;</td>");
  expect(shown[0].data["text/html"]).toContain(">2.35</td>");
  expect(shown[0].data["text/plain"]).toBe("name  value\n<b>  2.35");
});
