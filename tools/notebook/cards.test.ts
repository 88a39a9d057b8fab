import { expect, test } from "vitest";
import { card } from "./cards.js";

test("many rows are told in a line, few are shown as they are", () => {
  const rows = Array.from({ length: 10 }, (_, epoch) => ({ epoch, return: -epoch }));
  expect(card(rows)).toBe("10 rows of epoch, return");
  expect(card(rows.slice(1))).toBeUndefined();
  expect(card(rows.map(({ epoch }) => epoch))).toBeUndefined();
  expect(card([...rows, null])).toBeUndefined();
});
