/** Sine and cosine by operations that SIMD WebAssembly has. */
import { type Scalar, add, floor, less, mul, neg, select, sub } from "./expression.js";
import type { Lanes } from "./wasm.js";

/** n!, as the Taylor coefficients need it. */
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const taylor = (first: number, count: number, sign: number) =>
  Array.from({ length: count }, (_, k) => (k % 2 ? -sign : sign) / factorial(first + 2 * k));

/** pi/2 in parts whose multiples are exact, and coefficients of sin and cos from r^3 and r^4 on, for |r| <= pi/4. */
const sincosTables = {
  f32x4: {
    parts: [1.5703125, Math.PI / 2 - 1.5703125],
    sin: [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4], // minimax, as in the Cephes library
    cos: [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5],
  },
  f64x2: {
    parts: [1.57079632673412561417, 6.0771005063039659766e-11, 2.02226624879595063154e-21],
    sin: taylor(3, 7, -1),
    cos: taylor(4, 7, 1),
  },
};

/** sin and cos of x by primitive operations: reduction to |r| <= pi/4 (Cody-Waite) and polynomials. */
export function sincos(x: Scalar, lanes: Lanes): { sin: Scalar; cos: Scalar } {
  const table = sincosTables[lanes];
  const quarters = floor(add(mul(x, 2 / Math.PI), 0.5));
  const r = table.parts.reduce<Scalar>((rest, part) => sub(rest, mul(quarters, part)), x);
  const r2 = mul(r, r);
  const polynomial = (coefficients: number[]) => coefficients.reduceRight<Scalar>((p, c) => add(mul(p, r2), c), 0);
  const s = add(r, mul(mul(r, r2), polynomial(table.sin)));
  const c = add(sub(1, mul(r2, 0.5)), mul(mul(r2, r2), polynomial(table.cos)));
  const half = mul(quarters, 0.5);
  const odd = less(floor(half), half);
  const quarter = mul(floor(half), 0.5);
  const sign = sub(1, mul(4, sub(quarter, floor(quarter)))); // -1 in the half-turns where both change sign
  return { sin: mul(select(odd, c, s), sign), cos: mul(select(odd, neg(s), c), sign) };
}
