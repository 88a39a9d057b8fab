/** Penalty contact of points with the ground plane. */
import { type Scalar, add, div, max, min, mul, neg, sqrt } from "./expression.js";
import type { Material } from "./model.js";
import { type Vec3, dot, minus, plus, scale } from "./vector.js";

/** Below this sliding speed [m/s] the friction's direction is no longer normalised. */
const SLOW = 1e-6;

/**
 * Force of the ground on a point at a height, moving with a velocity. With depth e = max(-height, 0): normal force
 * (ke + kd max(-v_n, 0)) e, friction -v_t min(kf, mu ke e / |v_t|). Everything stays finite at e = 0 and at v_t = 0,
 * so that neither the force nor its derivative needs a mask.
 */
export function contactForce({ ke, kd, kf, mu }: Material, up: Vec3, height: Scalar, velocity: Vec3): Vec3 {
  const depth = max(neg(height), 0);
  const rising = dot(up, velocity);
  const normal = mul(depth, add(ke, mul(kd, max(neg(rising), 0))));
  const sliding = minus(velocity, scale(rising, up));
  const speed = sqrt(max(dot(sliding, sliding), SLOW * SLOW));
  const friction = min(div(mul(mu * ke, depth), speed), kf);
  return plus(scale(normal, up), scale(neg(friction), sliding));
}
