/** What a policy asks of a Go2: of its motors, its battery and its feet, in samples of a control step. */
import type { Motor } from "@dmo-lab/physics/model";
import { GAIT_FREQUENCY } from "./go2-conditions.js";
import { OFFSETS } from "./go2-robot.js";
import type { Task } from "../../lib/tasks/task.js";

/** Of hip, thigh and calf, by Unitree's description [rad/s]. */
const FASTEST = [30.1, 30.1, 15.7];

/** A step: torques that the motors are asked for and joints' speeds at its beginning, the feet and the base (x, y) after it. */
export type Effort = { torques: number[]; speeds: number[]; feet: number[][]; base: number[]; contacts: boolean[] };

/** Means over all steps of all episodes, but for the first two. */
export type Safety = {
  /** The largest that there was, over the joint's limit. */
  peakTorque: number;
  peakSpeed: number;
  /** Change of a motor's torque [N m/s]. */
  torqueRate: number;
  /** Work that motors do, without what they take up, over the way of the base [J/m]. */
  energy: number;
  /** Speed of feet that stay on the ground [m/s]. */
  slip: number;
  /** Share of time on the ground: FL, FR, RL, RR. */
  duty: number[];
  /** Share of feet that are where the clock wants them, on the ground or in the air. */
  onClock: number;
};

/** The largest torque that position control asks of each joint: the motor's strength, or the control's own limit [N m]. */
export const strengthsOf = ({ mujoco, model }: Task): number[] =>
  model.actuators.map((actuator) => Math.min((actuator as Motor).strength, mujoco!.control!.limit));

/** Torques of position control at this state, cut at {@link strengthsOf}, of this action in force [N m]. */
export function torquesOf(
  task: Task,
  q: ArrayLike<number>,
  qd: ArrayLike<number>,
  action: ArrayLike<number>,
): number[] {
  const { stiffness, damping, rest, range } = task.mujoco!.control!;
  return strengthsOf(task).map((strength, i) => {
    const torque = stiffness * (rest[i] + range * action[i] - q[7 + i]) - damping * qd[6 + i];
    return Math.min(Math.max(torque, -strength), strength);
  });
}

/** Where feet are in the world (x, y), of where they are from the base in its heading; q is of the robot. */
export function feetInWorld(q: ArrayLike<number>, feet: readonly number[]): number[][] {
  const [x, y, , , , z, w] = Array.from(q);
  const [cos, sin] = [(w * w - z * z) / (w * w + z * z), (2 * w * z) / (w * w + z * z)];
  return [0, 2, 4, 6].map((i) => [x + cos * feet[i] - sin * feet[i + 1], y + sin * feet[i] + cos * feet[i + 1]]);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const apart = (a: readonly number[], b: readonly number[]): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** Over episodes, each a list of steps. */
export function safetyOf(task: Task, episodes: readonly (readonly Effort[])[]): Safety {
  const dt = task.model.timeStep;
  const [steps, pairs] = [episodes.flat(), episodes.flatMap((all) => all.slice(1).map((now, t) => [all[t], now]))];
  const strengths = strengthsOf(task);
  const share = (of: "torques" | "speeds", limit: (joint: number) => number): number =>
    steps.reduce((most, step) => Math.max(most, ...step[of].map((x, i) => Math.abs(x) / limit(i))), 0);
  const work = steps.flatMap(({ torques, speeds }) => torques.map((torque, i) => Math.max(0, torque * speeds[i]) * dt));
  const standing = (now: Effort, before: Effort, foot: number) => now.contacts[foot] && before.contacts[foot];
  const slips = pairs.flatMap(([before, now]) =>
    now.feet.flatMap((at, foot) => (standing(now, before, foot) ? [apart(at, before.feet[foot]) / dt] : [])),
  );
  const wanted = (t: number, foot: number): boolean => ((t + 1) * dt * GAIT_FREQUENCY + OFFSETS[foot]) % 1 < 0.5;
  return {
    peakTorque: share("torques", (joint) => strengths[joint]),
    peakSpeed: share("speeds", (joint) => FASTEST[joint % 3]),
    torqueRate: mean(pairs.flatMap(([before, now]) => now.torques.map((x, i) => Math.abs(x - before.torques[i]) / dt))),
    energy:
      work.reduce((a, b) => a + b, 0) / pairs.reduce((way, [before, now]) => way + apart(before.base, now.base), 0),
    slip: mean(slips),
    duty: OFFSETS.map((_, foot) => mean(steps.map(({ contacts }) => Number(contacts[foot])))),
    onClock: mean(
      episodes.flatMap((all) =>
        all.flatMap(({ contacts }, t) => contacts.map((on, foot) => Number(on === wanted(t, foot)))),
      ),
    ),
  };
}
