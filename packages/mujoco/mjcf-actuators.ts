/** What drives a compiled model: motors of joints, and, where MuJoCo alone runs the file, whatever actuators it has. */
import type { MjcfModel } from "./mjcf-compiled.js";
import { range } from "./mujoco.js";
import { controlOf } from "./mjcf-controls.js";
import type { Actuator, Motor } from "@dmo-lab/physics/model";

/** The actuators of a file in their order; `linkOf` gives the link that a joint moves. */
export const actuatorsOf = (compiled: MjcfModel, linkOf: (joint: number) => string): Actuator[] =>
  range(0, compiled.m.nu).flatMap((actuator) => actuatorOf(compiled, actuator, linkOf));

/** An actuator; none where the file has it switched off and somebody else runs it. */
function actuatorOf(compiled: MjcfModel, actuator: number, linkOf: (joint: number) => string): Actuator[] {
  const { m, mujocoOnly } = compiled;
  const group = m.actuator_group[actuator];
  const off = !compiled.has("actuation") || (group >= 0 && group < 31 && (m.opt.disableactuator >> group) & 1);
  if (off && !mujocoOnly) return [];
  const joint = m.actuator_trnid[2 * actuator];
  const type = m.actuator_trntype[actuator] === 0 && compiled.jointType(joint);
  const motor = isMotor(compiled, actuator);
  if (motor && (type === "slide" || type === "hinge")) return [motorOf(compiled, actuator, linkOf(joint))];
  const name = nameOf(compiled, actuator);
  compiled.refuse(motor && type ? `${name} on a ${type} joint` : `${name} (only motors on joints)`);
  return [controlOf(compiled, actuator)];
}

const nameOf = ({ name, m }: MjcfModel, actuator: number): string =>
  `actuator "${name(m.name_actuatoradr, actuator) || actuator}"`;

/** Whether an actuator's force is a multiple of its control, from -limit to limit. */
function isMotor(compiled: MjcfModel, actuator: number): boolean {
  const { m } = compiled;
  const kinds = [m.actuator_trntype, m.actuator_dyntype, m.actuator_gaintype, m.actuator_biastype];
  if (kinds.some((kind) => kind[actuator] !== 0)) return false;
  const [low, high] = controlRange(compiled, actuator);
  if (low === -high) return true;
  compiled.refuse(`${nameOf(compiled, actuator)} with control range ${low} to ${high} (only symmetric ones)`);
  return false;
}

/** Controls of actions -1 and 1. */
const controlRange = ({ m, pair }: MjcfModel, actuator: number): [number, number] =>
  m.actuator_ctrllimited[actuator] ? pair(m.actuator_ctrlrange, actuator) : [-1, 1];

/** A motor on a joint: force = gear * gain * control. */
function motorOf(compiled: MjcfModel, actuator: number, link: string): Motor {
  const { m, pair } = compiled;
  const [, high] = controlRange(compiled, actuator);
  const strength = m.actuator_gear[6 * actuator] * m.actuator_gainprm[10 * actuator] * high;
  const joint = m.actuator_trnid[2 * actuator];
  const below = ([weakest, strongest]: [number, number]) => Math.min(-weakest, strongest) < Math.abs(strength);
  if (m.actuator_forcelimited[actuator] && below(pair(m.actuator_forcerange, actuator)))
    compiled.refuse(`${nameOf(compiled, actuator)} with a force range below its strength`);
  if (m.jnt_actfrclimited[joint] && below(pair(m.jnt_actfrcrange, joint)))
    compiled.refuse(
      `${nameOf(compiled, actuator)} with a strength beyond the actuatorfrcrange of joint "${compiled.jointName(joint)}"`,
    );
  return { link, strength };
}
