/** How actions become forces in MuJoCo, and the physics that differs between environments. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import type { MujocoBatch } from "./mujoco-batch.js";
import type { Variations } from "@dmo-lab/physics/engine";
import { arrays, range } from "./mujoco.js";

/**
 * Motors that hold positions, renewed in every step of MuJoCo: of action a the torque
 * strength * (stiffness * (rest + range * a - q) - damping * qd), cut at `limit`, less the joint's friction, cut at
 * strength times the actuator's control range. Strength is 1, and friction 0, where they do not vary (see `Variation`).
 */
export interface PositionControl {
  /** [N m/rad], [N m s/rad]. */
  readonly stiffness: number;
  readonly damping: number;
  /** Positions of action 0 by actuator, and what action 1 adds [rad]. */
  readonly rest: readonly number[];
  readonly range: number;
  /** [N m]. */
  readonly limit: number;
}

/** Sets the controls for the next step of MuJoCo, by the actions at `at` of `action`. */
type Motors = (env: number, action: Float32Array, at: number) => void;

/** What does it in a round of the batch: arrays of MuJoCo are looked up anew, because its memory may have moved. */
export type MotorsOfRound = () => Motors;

const clip = (x: number, limit: number): number => Math.min(Math.max(x, -limit), limit);

/** Forces: an action from -1 to 1 covers an actuator's control range; without one it is the control. */
export function forceMotors(model: MjModel, data: MjData): MotorsOfRound {
  const { actuator_ctrllimited: limited, actuator_ctrlrange: range } = arrays(model);
  const controls = Array.from({ length: model.nu }, (_, i) => {
    if (!limited[i]) return { centre: 0, scale: 1 };
    const [low, high] = [range[2 * i], range[2 * i + 1]];
    return { centre: (low + high) / 2, scale: (high - low) / 2 };
  });
  return () => {
    const { ctrl } = arrays(data);
    return (_, action, at) =>
      controls.forEach(({ centre, scale }, i) => (ctrl[i] = centre + scale * clip(action[at + i], 1)));
  };
}

/** Speed at which friction has turned round [rad/s]. */
const TURN = 0.1;

/**
 * See {@link PositionControl}. Friction is a damper whose coefficient is renewed in every step, because MuJoCo integrates
 * dampers implicitly: as a torque it would be far too stiff for the step (2.5 N m per 0.1 rad/s on a calf of 0.005 kg m^2).
 */
export function positionMotors(
  mujoco: MainModule,
  model: MjModel,
  data: MjData,
  { stiffness, damping, rest, range, limit }: PositionControl,
  { context, sizes }: Pick<MujocoBatch, "context" | "sizes">,
  { stiction, viscosity, ...factors }: Variations,
): MotorsOfRound {
  const { actuator_trnid, actuator_ctrlrange, jnt_qposadr, jnt_dofadr, dof_damping } = arrays(model);
  const motors = rest.map((_, i) => {
    const joint = actuator_trnid[2 * i];
    const dof = jnt_dofadr[joint];
    return { q: jnt_qposadr[joint], dof, effort: actuator_ctrlrange[2 * i + 1], damper: dof_damping[dof] };
  });
  model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CLAMPCTRL.value; // the range holds after friction
  return () => {
    const [{ ctrl, qpos, qvel }, { dof_damping: dampers }] = [arrays(data), arrays(model)];
    return (env, action, at) => {
      const own = (row: number | undefined, i: number, otherwise = 0): number =>
        row === undefined ? otherwise : context[env * sizes.context + row + i];
      const strength = own(factors.strength, 0, 1);
      const kp = stiffness * own(factors.stiffness, 0, 1);
      const kd = damping * own(factors.damping, 0, 1);
      motors.forEach(({ q, dof, effort: most, damper }, i) => {
        const [speed, effort] = [qvel[dof], strength * most];
        const wanted = kp * (rest[i] + range * clip(action[at + i], 1) - qpos[q]) - kd * speed;
        const torque = clip(strength * wanted, limit);
        const dry = speed === 0 ? 1 / TURN : Math.tanh(speed / TURN) / speed;
        const slope = own(stiction, i) * dry + own(viscosity, i);
        const net = torque - slope * speed;
        const saturated = Math.abs(net) > effort;
        ctrl[i] = saturated ? clip(net, effort) : torque;
        dampers[dof] = saturated ? damper : damper + slope;
      });
    };
  };
}

/** Puts the model into the physics of an environment, before its state is set. */
export function surroundings(
  model: MjModel,
  { context, sizes }: MujocoBatch,
  variations: Variations,
  deriveConstants: () => void,
): (env: number) => void {
  const { "ground friction": friction, "added mass": load, "centre of mass": shift } = variations;
  const { geom_bodyid, geom_priority, body_mass, body_ipos } = arrays(model);
  const ground = range(0, model.ngeom).filter((geom) => geom_bodyid[geom] === 0);
  const [mass, centre] = [body_mass[1], [...body_ipos.slice(3, 6)]];
  if (friction !== undefined) ground.forEach((geom) => (geom_priority[geom] = 1)); // its friction, not the larger one
  return (env) => {
    const own = (row: number | undefined, k = 0): number =>
      row === undefined ? 0 : context[env * sizes.context + row + k];
    const { geom_friction, body_mass: masses, body_ipos: places } = arrays(model);
    if (friction !== undefined) ground.forEach((geom) => (geom_friction[3 * geom] = own(friction)));
    const [wanted, at] = [mass + own(load), centre.map((x, k) => x + own(shift, k))];
    if (masses[1] === wanted && at.every((x, k) => x === places[3 + k])) return;
    masses[1] = wanted;
    places.set(at, 3);
    deriveConstants();
  };
}
