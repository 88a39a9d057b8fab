import { expect, it } from "vitest";
import { streams } from "../tensor/random.js";
import { bootstrapInterval, mean, quantile } from "./statistics.js";

const stream = streams(3);
const normals = (n: number, name: string): number[] => [...stream(name).normals(n)];

it("quantiles are linear between the values", () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((f) => quantile([1, 2, 3, 5], f))).toEqual([1, 1.75, 2.5, 4.4, 5]);
  expect(quantile([7], 0.3)).toBe(7);
});

it("the interval of a mean is about 1.96 standard errors to each side, and the same for the same stream", () => {
  const values = normals(200, "sample");
  const centre = mean(values);
  const error = Math.sqrt(mean(values.map((x) => (x - centre) ** 2)) / values.length);
  const [low, high] = bootstrapInterval(values, stream("bootstrap"));
  for (const side of [centre - low, high - centre]) expect(Math.abs(side / error - 1.96)).toBeLessThan(0.15);
  expect(bootstrapInterval(values, stream("bootstrap"))).toEqual([low, high]);
  expect(bootstrapInterval([4, 4, 4], stream("bootstrap"))).toEqual([4, 4]);
});

it("a 90 % interval holds the true mean in about nine of ten samples", () => {
  let held = 0;
  for (let k = 0; k < 200; k++) {
    const [low, high] = bootstrapInterval(normals(40, `sample ${k}`), stream(`draws ${k}`), {
      level: 0.9,
      resamples: 300,
    });
    held += Number(low <= 0 && high >= 0);
  }
  expect(held / 200).toBeGreaterThan(0.84);
  expect(held / 200).toBeLessThan(0.95);
});
