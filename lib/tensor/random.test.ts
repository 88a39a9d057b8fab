import { expect, test } from "vitest";
import { type RandomState, RandomStream, streams } from "./random.js";

const draw = (stream: RandomStream, n: number) => Array.from({ length: n }, () => stream.uniform());

test("equal seed and name give equal numbers, other seeds and names give others", () => {
  expect(draw(streams(1)("actor"), 5)).toEqual(draw(streams(1)("actor"), 5));
  expect(draw(streams(1)("actor"), 5)).not.toEqual(draw(streams(2)("actor"), 5));
  expect(draw(streams(1)("actor"), 5)).not.toEqual(draw(streams(1)("reset"), 5));
});

test("streams of one seed are uncorrelated", () => {
  const [a, b] = ["actor", "reset"].map((name) => streams(7)(name).normals(20_000));
  const mean = a.reduce((sum, x, i) => sum + x * b[i], 0) / a.length;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(a.length));
});

test("a restored stream continues where it was saved, between the two normals of a pair as well", () => {
  for (const drawn of [0, 1, 2, 7]) {
    const stream = streams(3)("noise");
    stream.normals(drawn);
    const state = JSON.parse(JSON.stringify(stream.save())) as RandomState;
    const restored = streams(99)("another");
    restored.load(state);
    expect(restored.normals(5)).toEqual(stream.normals(5));
    expect(restored.integer(1000)).toBe(stream.integer(1000));
  }
});

test("a saved state does not change with later draws", () => {
  const stream = streams(3)("noise");
  const state = stream.save();
  const text = JSON.stringify(state);
  stream.normals(3);
  expect(JSON.stringify(state)).toBe(text);
});

test("uniform, integer and normal have their distributions", () => {
  const stream = streams(0)("test");
  const n = 40_000;
  const uniform = Array.from({ length: n }, () => stream.uniform(-2, 3));
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...uniform)).toBeLessThan(3);
  expect(Math.abs(uniform.reduce((a, b) => a + b) / n - 0.5)).toBeLessThan((4 * 5) / Math.sqrt(12 * n));
  const counts = [0, 0, 0];
  for (let i = 0; i < n; i++) counts[stream.integer(3)]++;
  for (const count of counts) expect(Math.abs(count - n / 3)).toBeLessThan(4 * Math.sqrt((n * 2) / 9));
  const normal = [...stream.normals(n)];
  const moment = (power: number) => normal.reduce((sum, x) => sum + x ** power, 0) / n;
  expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
});
