import { afterEach, expect, test, vi } from "vitest";
import type { DisplayData } from "../../lib/kernel.js";
import { watch } from "./display.js";
import { progress } from "./progress.js";

const OFFER = Symbol.for("dmo-lab.kernel");
afterEach(() => {
  Reflect.deleteProperty(globalThis, OFFER);
  vi.restoreAllMocks();
});

/** A kernel, the texts that it shows of all, and a clock that goes on by ten seconds whenever it is read. */
function kernel() {
  const shown: unknown[] = [];
  const interruption = new AbortController();
  const display = ({ data }: DisplayData): void => void shown.push(data["text/plain"] ?? data["text/html"]);
  Object.assign(globalThis, { [OFFER]: { display, interruption: interruption.signal } });
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 10_000));
  return { shown, interruption };
}

test("progress goes through items, says how long the rest will take, and leaves nothing behind", async () => {
  const { shown } = kernel();
  const seen: string[] = [];
  for await (const item of progress(["a", "b", "c"])) seen.push(item);
  expect(seen).toEqual(["a", "b", "c"]);
  expect(shown).toEqual(["1 of 3, 20 s left", "2 of 3, 10 s left", "3 of 3, 0 s left", ""]);
});

test("an interrupt ends it between two items", async () => {
  const { interruption } = kernel();
  const seen: number[] = [];
  const all = (async () => {
    for await (const item of progress([1, 2, 3])) {
      seen.push(item);
      if (item === 2) interruption.abort(new Error("interrupted"));
    }
  })();
  await expect(all).rejects.toThrow("interrupted");
  expect(seen).toEqual([1, 2]);
});

test("what is watched says how many rows are left, with those that were there before", async () => {
  const { shown } = kernel();
  async function* rows() {
    for (const row of [2, 3]) yield await Promise.resolve(row);
  }
  const collected = [1];
  await watch(rows(), () => ({ data: [], layout: {} }), collected, 3);
  expect(collected).toEqual([1, 2, 3]);
  expect(shown.filter((text) => typeof text === "string" && text.endsWith("left"))).toEqual([
    expect.stringMatching(/^1 of 2, \d+ s left$/),
    expect.stringMatching(/^2 of 2, 0 s left$/),
  ]);
});
