import { describe, expect, test } from "vitest";
import { symbolicVjp } from "./autodiff.js";
import { Program } from "./codegen.js";
import { overGroups } from "./loops.js";
import {
  Expr,
  type Op,
  type Scalar,
  add,
  clip,
  cos,
  div,
  floor,
  inputs,
  less,
  max,
  min,
  mul,
  neg,
  reachable,
  select,
  sin,
  sqrt,
  sub,
} from "./expression.js";

const functionsByName = { add, sub, mul, div, min, max, less, select, neg, sqrt, sin, cos, floor };

/** Values of a graph in double precision: its operations, applied to numbers. */
function evaluate(outputs: readonly Scalar[], given: ReadonlyMap<Expr, number>): number[] {
  const values = new Map<Expr, Scalar>(given);
  const valueOf = (y: Scalar): Scalar => (typeof y === "number" ? y : values.get(y)!);
  for (const node of reachable(outputs)) {
    if (node.op === "input") continue;
    const apply = functionsByName[node.op as Exclude<Op, "input">] as (...args: Scalar[]) => Scalar;
    values.set(node, apply(...node.args.map(valueOf)));
  }
  return outputs.map(valueOf) as number[];
}

const x = inputs(3);
const [a, b, c] = x;

/** Every operation, away from its kinks at the test points. */
const functions: Record<string, Scalar> = {
  add: add(a, mul(b, b)),
  sub: sub(mul(a, a), mul(b, c)),
  div: div(add(a, 1), mul(b, c)),
  sqrt: sqrt(add(mul(a, a), 2)),
  trigonometric: mul(sin(mul(3, a)), cos(sub(b, c))),
  nested: sin(mul(4, cos(mul(a, b)))),
  select: select(less(a, b), mul(a, c), sin(b)),
  masked: add(select(less(a, b), mul(a, a), 0), select(less(b, a), 0, mul(b, c))),
  extremes: add(min(mul(a, c), b), max(a, mul(b, c))),
  clip: mul(clip(a, -1, 1), c),
  floor: mul(floor(mul(5, a)), b),
  neg: neg(mul(a, neg(sub(b, mul(a, c))))),
};
const points = [
  [0.3, -0.7, 1.9],
  [-1.35, 0.6, 0.8],
  [2.25, 1.1, -0.5],
  [8.25, -7.5, 3.125],
];
const at = (point: number[]) => new Map(x.map((v, i): [Expr, number] => [v, point[i]]));

describe("folding", () => {
  test("equal expressions are one object", () => {
    expect(add(a, b)).toBe(add(b, a));
    expect(mul(sin(a), 2)).toBe(mul(2, sin(a)));
    expect(sub(a, neg(b))).toBe(add(a, b));
  });
  test("zeros, ones and signs disappear", () => {
    expect(mul(a, 0)).toBe(0);
    expect(add(mul(a, 1), 0)).toBe(a);
    expect(neg(neg(a))).toBe(a);
    expect(sub(a, a)).toBe(0);
    expect(mul(mul(a, 2), 3)).toBe(mul(a, 6));
    expect(mul(neg(a), neg(b))).toBe(mul(a, b));
  });
  test("numbers are computed at once", () => {
    expect(add(mul(2, 3), sqrt(4))).toBe(8);
    expect(select(less(1, 2), a, b)).toBe(a);
  });
});

describe("derivatives", () => {
  for (const [name, f] of Object.entries(functions))
    test(`${name} agrees with central differences`, () => {
      const gradient = symbolicVjp([f], [1], x);
      for (const point of points.slice(0, 3)) {
        const exact = evaluate(gradient, at(point));
        point.forEach((value, i) => {
          const shifted = (h: number) => evaluate([f], at(point.with(i, value + h)))[0];
          expect(exact[i]).toBeCloseTo((shifted(1e-6) - shifted(-1e-6)) / 2e-6, 6);
        });
      }
    });
  test("cotangents weight the outputs, and unused variables get 0", () => {
    expect(symbolicVjp([add(a, b), mul(2, a)], [3, 5], x)).toEqual([13, 3, 0]);
  });
});

describe("generated code", () => {
  const outputs = [...Object.values(functions), 7];
  for (const [lanes, tolerance] of [
    ["f64x2", 1e-13],
    ["f32x4", 2e-5],
  ] as const)
    test(`${lanes} agrees with evaluation, lane by lane`, () => {
      const program = new Program(lanes);
      const f = overGroups(program, "f", { inputs: { x }, outputs: { y: outputs } }, 1);
      const memory = new WebAssembly.Memory({ initial: 1 });
      program.instantiate(memory);
      const data = lanes === "f32x4" ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
      const [width, start] = [16 / data.BYTES_PER_ELEMENT, program.reserved / data.BYTES_PER_ELEMENT];
      const lanePoints = points.slice(0, width);
      lanePoints.forEach((point, lane) => point.forEach((value, i) => (data[start + width * i + lane] = value)));
      f({ x: program.reserved, y: program.reserved + 256 });
      lanePoints.forEach((point, lane) => {
        evaluate(outputs, at(point)).forEach((value, k) => {
          const got = data[start + 256 / data.BYTES_PER_ELEMENT + width * k + lane];
          expect(Math.abs(got - value), `output ${k}`).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
        });
      });
    });
  test("a block that is written in place is refused where it is read after it was written", () => {
    const routine = (outputs: Record<string, Scalar[]>) =>
      new Program("f32x4").routine("f", { inputs: { x, y: [] }, outputs });
    expect(() => routine({ x: [add(a, 1), b, mul(c, c)], y: [sin(c)] })).toThrow("overwritten");
    expect(() => routine({ x: [b, a, c] })).toThrow("overwritten");
    expect(() => routine({ y: [sin(c)], x: [add(a, 1), b, mul(c, c)] })).not.toThrow();
  });
  test("shared work is done once", () => {
    const s = sin(a);
    expect(reachable([mul(s, b), mul(s, c), s]).filter((node) => node.op === "sin")).toHaveLength(1);
  });
});
