/** Reward terms that the Go2 tasks share: `[env]` of observations, actions and context (`go2-robot.ts`, `go2-conditions.ts`). */
import { tf } from "@dmo-lab/jit/tf";
import { OFFSETS, read } from "./go2-robot.js";
import { type Actions, type Context, sumOfSquares } from "../../lib/tasks/task.js";

type Matrix = tf.Tensor2D;
type Vector = tf.Tensor1D;

/** Components `first` .. `first + size - 1` of every row. */
export const part = (x: Matrix, first: number, size: number): Matrix => tf.slice(x, [0, first], [-1, size]);

/** In the base's axes [m/s], [rad/s]. */
export const velocity = (obs: Matrix): Matrix => tf.div(read(obs, "base velocity"), 2);
export const spin = (obs: Matrix): Matrix => tf.mul(read(obs, "base angular velocity"), 4);
export const gravity = (obs: Matrix): Matrix => read(obs, "direction of gravity");

/** Commanded velocity `[env, 2]` [m/s] and turning `[env, 1]` [rad/s]. */
export const command = (context: Context): { velocity: Matrix; turning: Matrix } => {
  const all = context["command"] as Matrix;
  return { velocity: part(all, 0, 2), turning: part(all, 2, 1) };
};

/**
 * Turns vectors `[env, 3]` of the base's axes into those of its heading: forward, left, up. The heading is where the base
 * faces after the shortest turn that levels it, about k = up cross z: v + k cross v + k cross (k cross v) / (1 + up.z).
 * So it is defined, and smooth, for a base that stands on its nose too; upside down alone it is not.
 */
export function level(v: Matrix, obs: Matrix): Matrix {
  const [gx, gy, gz] = tf.split(gravity(obs), 3, 1);
  const [vx, vy, vz] = tf.split(v, 3, 1);
  const along = tf.div<Matrix>(tf.sub(tf.mul(gx, vy), tf.mul(gy, vx)), tf.maximum(tf.sub(1, gz), 1e-3)); // k.v / (1 + up.z)
  const forward = tf.sub<Matrix>(tf.sub(tf.mul(gx, vz), tf.mul(gz, vx)), tf.mul(gy, along));
  const left = tf.add<Matrix>(tf.sub(tf.mul(gy, vz), tf.mul(gz, vy)), tf.mul(gx, along));
  return tf.concat2d([forward, left, upward(v, obs)], 1);
}

/** The vertical part of such vectors, `[env, 1]`. */
const upward = (v: Matrix, obs: Matrix): Matrix => tf.neg<Matrix>(tf.sum<Matrix>(tf.mul(v, gravity(obs)), 1, true));

/** The base's velocity in its heading [m/s], and its turning about the vertical `[env, 1]` [rad/s], in any posture. */
export const headingVelocity = (obs: Matrix): { along: Matrix; turning: Matrix } => ({
  along: level(velocity(obs), obs),
  turning: upward(spin(obs), obs),
});

/** exp(-|x - target|^2 / width). */
export const tracking = (x: Matrix, target: Matrix, width = 0.25): Vector =>
  tf.exp(tf.mul<Vector>(-1 / width, sumOfSquares(tf.sub(x, target))));

/** Of the commanded joint angles [rad]: first and second differences, squared. */
export function actionRate({ action, previous, beforePrevious }: Actions): Vector {
  const first = tf.sub<Matrix>(action, previous);
  const second = tf.sub<Matrix>(first, tf.sub(previous, beforePrevious));
  return tf.mul(RADIANS ** 2, tf.add(sumOfSquares(first), sumOfSquares(second)));
}
const RADIANS = 0.5; // of action 1

/** Of the joints [rad^2/s^2]. */
export const jointSpeed = (obs: Matrix): Vector => sumOfSquares(tf.mul(20, read(obs, "joint velocities")));

/** Of the feet: below 0.5 stance, above swing. */
export const phases = (context: Context): Matrix => tf.mod(tf.add(context["phase"], tf.tensor2d([[...OFFSETS]])), 1);

/** 1 where a foot should be on the ground, 0 where in the air, smooth between: F(p)(1 - F(p - 0.5)) + F(p - 1)(1 - F(p - 1.5)). */
export function desiredContact(phase: Matrix): Matrix {
  const normal = (shift: number): Matrix =>
    tf.mul(0.5, tf.add(1, tf.erf(tf.div(tf.sub(phase, shift), SMOOTHNESS * Math.SQRT2))));
  const between = (from: number, to: number): Matrix => tf.mul(normal(from), tf.sub(1, normal(to)));
  return tf.add(between(0, 0.5), between(1, 1.5));
}
const SMOOTHNESS = 0.07; // standard deviation of F

/** How far the first `feet` feet are from their heights in swing, squared [m^2]. */
export function clearanceError(obs: Matrix, context: Context, feet: number): Vector {
  const phase = part(phases(context), 0, feet);
  const swing = tf.sub(1, tf.abs(tf.sub(1, tf.mul(2, tf.clipByValue(tf.sub(tf.mul(2, phase), 1), 0, 1)))));
  const target = tf.add<Matrix>(tf.mul(SWING_HEIGHT, swing), FOOT_RADIUS);
  const error = tf.square(tf.sub(target, part(read(obs, "heights of the feet"), 0, feet)));
  return tf.sum(tf.mul(tf.sub(1, desiredContact(phase)), error), 1);
}
const SWING_HEIGHT = 0.08; // m
const FOOT_RADIUS = 0.02; // m

/** From 0 to 1: how hard each foot presses. */
export const pressed = (obs: Matrix): Matrix =>
  tf.sub(1, tf.exp(tf.mul(-100, tf.square(read(obs, "contact forces of the feet"))))); // -F^2 / 100, in units of 100 N

/** How hard the first `feet` feet press while they should swing. */
export function swingForce(obs: Matrix, context: Context, feet: number): Vector {
  const swinging = tf.sub<Matrix>(1, desiredContact(part(phases(context), 0, feet)));
  return tf.mean(tf.mul(swinging, part(pressed(obs), 0, feet)), 1);
}
