/** The canonical state of an environment (see `engine.ts`) as MuJoCo has it, and back. */
import type { JointType } from "@dmo-lab/physics/model";

/** A joint: where its numbers are in q, qd and in MuJoCo's qpos, qvel, and qpos where q is 0 (slide, hinge). */
export type JointMap = {
  readonly type: Exclude<JointType, "fixed">;
  readonly q: number;
  readonly qd: number;
  readonly qpos: number;
  readonly qvel: number;
  readonly rest: number;
};

type Reals = Float32Array | Float64Array;

/** Writes the state at offsets a of `q` and b of `qd` into `qpos` and `qvel`. */
export function toMujoco(
  map: readonly JointMap[],
  q: Reals,
  a: number,
  qd: Reals,
  b: number,
  qpos: Reals,
  qvel: Reals,
) {
  for (const { type, q: i, qd: j, qpos: m, qvel: n, rest } of map) {
    const [from, rate] = [a + i, b + j];
    if (type === "slide" || type === "hinge") {
      qpos[m] = q[from] + rest;
      qvel[n] = qd[rate];
      continue;
    }
    const free = type === "free" ? 3 : 0; // numbers before the rotation
    const [x, y, z, w] = unit(q, from + free);
    qpos[m + free] = w;
    qpos[m + free + 1] = x;
    qpos[m + free + 2] = y;
    qpos[m + free + 3] = z;
    turn(-x, -y, -z, w, qd, rate, qvel, n + free); // into the body's axes
    if (!free) continue;
    // The velocity of the body's origin p is v + w x p.
    for (let k = 0; k < 3; k++) {
      const [l, r] = [(k + 1) % 3, (k + 2) % 3];
      qpos[m + k] = q[from + k];
      qvel[n + k] = qd[rate + 3 + k] + qd[rate + l] * q[from + r] - qd[rate + r] * q[from + l];
    }
  }
}

/** The way back. */
export function fromMujoco(
  map: readonly JointMap[],
  qpos: Reals,
  qvel: Reals,
  q: Reals,
  a: number,
  qd: Reals,
  b: number,
) {
  for (const { type, q: i, qd: j, qpos: m, qvel: n, rest } of map) {
    const [to, rate] = [a + i, b + j];
    if (type === "slide" || type === "hinge") {
      q[to] = qpos[m] - rest;
      qd[rate] = qvel[n];
      continue;
    }
    const free = type === "free" ? 3 : 0;
    const [w, x, y, z] = unit(qpos, m + free);
    q[to + free] = x;
    q[to + free + 1] = y;
    q[to + free + 2] = z;
    q[to + free + 3] = w;
    turn(x, y, z, w, qvel, n + free, spin, 0);
    for (let k = 0; k < 3; k++) {
      const [l, r] = [(k + 1) % 3, (k + 2) % 3];
      qd[rate + k] = spin[k];
      if (!free) continue;
      q[to + k] = qpos[m + k];
      qd[rate + 3 + k] = qvel[n + k] - (spin[l] * qpos[m + r] - spin[r] * qpos[m + l]);
    }
  }
}

const spin = new Float64Array(3);

/** Four numbers, normalised. */
function unit(values: Reals, at: number): [number, number, number, number] {
  const [a, b, c, d] = [values[at], values[at + 1], values[at + 2], values[at + 3]];
  const scale = 1 / Math.sqrt(a * a + b * b + c * c + d * d);
  return [a * scale, b * scale, c * scale, d * scale];
}

/** Rotates the vector at `from` by a unit quaternion: v + 2 u x (u x v + w v). */
function turn(x: number, y: number, z: number, w: number, v: Reals, from: number, result: Reals, to: number): void {
  const [a, b, c] = [v[from], v[from + 1], v[from + 2]];
  const [p, q, r] = [y * c - z * b + w * a, z * a - x * c + w * b, x * b - y * a + w * c];
  result[to] = a + 2 * (y * r - z * q);
  result[to + 1] = b + 2 * (z * p - x * r);
  result[to + 2] = c + 2 * (x * q - y * p);
}
