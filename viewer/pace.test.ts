import { expect, test } from "vitest";
import { Pace } from "./pace.js";

test("pictures that come in time stay as they are, slow ones get coarser, and at last rarer", () => {
  const pace = new Pace();
  const note = (gap: number, times: number) => {
    const scales = new Set<number>();
    for (let i = 0; i < times; i++) if (pace.note(gap)) scales.add(pace.scale);
    return [...scales].map((scale) => Number(scale.toFixed(2)));
  };
  expect([note(17, 100), note(400, 1), note(17, 100)]).toEqual([[], [], []]); // one pause is no pace
  expect(note(90, 10)).toEqual([0.6]);
  expect(note(90, 100)).toEqual([0.4]);
  expect(pace.rest).toBe(50);
  expect(note(17, 100)).toEqual([]);
});

test("where pictures are known to be slow, the first ones are coarse and rare", () => {
  const { scale, rest } = new Pace(true);
  expect({ scale, rest }).toEqual({ scale: 0.4, rest: 50 });
});
