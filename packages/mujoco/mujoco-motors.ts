/** How actions become forces in MuJoCo, and the physics that differs between environments. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import type { MujocoBatch } from "./mujoco-batch.js";
import type { Variations } from "@dmo-lab/physics/engine";
import { arrays, range } from "./mujoco.js";

/**
 * Motors that hold positions, renewed in every step of MuJoCo: of action a the torque
 * stiffness * (rest + range * a - q) - damping * qd, cut at `limit`, less the joint's friction (see `Variation`),
 * cut at the actuator's control range.
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
  { stiction, viscosity }: Variations,
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
      const own = (row: number | undefined, i: number): number =>
        row === undefined ? 0 : context[env * sizes.context + row + i];
      motors.forEach(({ q, dof, effort, damper }, i) => {
        const speed = qvel[dof];
        const wanted = stiffness * (rest[i] + range * clip(action[at + i], 1) - qpos[q]) - damping * speed;
        const torque = clip(wanted, limit);
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
  const [friction, load] = [variations["ground friction"], variations["added mass"]];
  if (friction === undefined && load === undefined) return () => undefined;
  const { geom_bodyid, geom_priority, body_mass } = arrays(model);
  const ground = range(0, model.ngeom).filter((geom) => geom_bodyid[geom] === 0);
  const mass = body_mass[1];
  if (friction !== undefined) ground.forEach((geom) => (geom_priority[geom] = 1)); // its friction, not the larger one
  return (env) => {
    const at = env * sizes.context;
    const { geom_friction, body_mass: masses } = arrays(model);
    if (friction !== undefined) ground.forEach((geom) => (geom_friction[3 * geom] = context[at + friction]));
    if (load === undefined || masses[1] === mass + context[at + load]) return;
    masses[1] = mass + context[at + load];
    deriveConstants();
  };
}
