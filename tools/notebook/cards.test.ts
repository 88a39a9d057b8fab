import { expect, test } from "vitest";
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
