/** Three-dimensional algebra over {@link Scalar}: vectors, matrices as three rows, quaternions (x, y, z, w). */
import { type Scalar, add, cos, mul, neg, sin, sub, sum } from "./expression.js";

export type Vec3 = readonly [Scalar, Scalar, Scalar];
export type Mat3 = readonly [Vec3, Vec3, Vec3];
export type Quat = readonly [Scalar, Scalar, Scalar, Scalar];

export const zero3: Vec3 = [0, 0, 0];
export const identity3: Mat3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

export const plus = (a: Vec3, b: Vec3): Vec3 => [add(a[0], b[0]), add(a[1], b[1]), add(a[2], b[2])];
export const minus = (a: Vec3, b: Vec3): Vec3 => [sub(a[0], b[0]), sub(a[1], b[1]), sub(a[2], b[2])];
export const scale = (s: Scalar, a: Vec3): Vec3 => [mul(s, a[0]), mul(s, a[1]), mul(s, a[2])];
export const dot = (a: readonly Scalar[], b: readonly Scalar[]): Scalar => sum(a.map((x, i) => mul(x, b[i])));
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  sub(mul(a[1], b[2]), mul(a[2], b[1])),
  sub(mul(a[2], b[0]), mul(a[0], b[2])),
  sub(mul(a[0], b[1]), mul(a[1], b[0])),
];

export const apply3 = (m: Mat3, v: Vec3): Vec3 => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
export const transpose = (m: Mat3): Mat3 => [
  [m[0][0], m[1][0], m[2][0]],
  [m[0][1], m[1][1], m[2][1]],
  [m[0][2], m[1][2], m[2][2]],
];
/** The matrix product a b. */
export const product = (a: Mat3, b: Mat3): Mat3 => {
  const columns = transpose(b);
  return transpose([apply3(a, columns[0]), apply3(a, columns[1]), apply3(a, columns[2])]);
};

/** The rotation matrix of a unit quaternion (x, y, z, w). */
export function rotation([x, y, z, w]: Quat): Mat3 {
  const two = (a: Scalar, b: Scalar) => mul(2, mul(a, b));
  const diagonal = (a: Scalar, b: Scalar) => sub(1, mul(2, add(mul(a, a), mul(b, b))));
  return [
    [diagonal(y, z), sub(two(x, y), two(z, w)), add(two(x, z), two(y, w))],
    [add(two(x, y), two(z, w)), diagonal(x, z), sub(two(y, z), two(x, w))],
    [sub(two(x, z), two(y, w)), add(two(y, z), two(x, w)), diagonal(x, y)],
  ];
}

/** The rotation matrix about a constant unit axis by an angle [rad] (Rodrigues): I + sin K + (1 - cos) K^2. */
export function rotationAbout(axis: Vec3, angle: Scalar): Mat3 {
  const [s, c] = [sin(angle), cos(angle)];
  const entry = (i: number, j: number): Scalar => {
    const aa = mul(axis[i], axis[j]);
    if (i === j) return add(aa, mul(c, sub(1, aa)));
    const k = 3 - i - j; // the remaining axis; cyclic order decides the sign of sin
    const turn = (j - i + 3) % 3 === 1 ? neg(axis[k]) : axis[k];
    return add(mul(sub(1, c), aa), mul(s, turn));
  };
  return [
    [entry(0, 0), entry(0, 1), entry(0, 2)],
    [entry(1, 0), entry(1, 1), entry(1, 2)],
    [entry(2, 0), entry(2, 1), entry(2, 2)],
  ];
}

/** The Hamilton product a b of quaternions (x, y, z, w): the rotation b, then a. */
export const quatProduct = (a: Quat, b: Quat): Quat => {
  const [ax, ay, az, aw] = a;
  const [bx, by, bz, bw] = b;
  return [
    sum([mul(aw, bx), mul(ax, bw), mul(ay, bz), neg(mul(az, by))]),
    sum([mul(aw, by), neg(mul(ax, bz)), mul(ay, bw), mul(az, bx)]),
    sum([mul(aw, bz), mul(ax, by), neg(mul(ay, bx)), mul(az, bw)]),
    sum([mul(aw, bw), neg(mul(ax, bx)), neg(mul(ay, by)), neg(mul(az, bz))]),
  ];
};
