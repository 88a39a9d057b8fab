/** What the control of an actuator is, for whoever gives it, in words and units: any actuator that MuJoCo has. */
import type { MjcfModel } from "./mjcf-compiled.js";
import type { Control } from "@dmo-lab/physics/model";

/** MuJoCo's enumerations: what an actuator acts on, and how its control becomes an activation, its activation a force. */
const TRANSMISSIONS = ["joint", "jointinparent", "slidercrank", "tendon", "site", "body"] as const;
const DYNAMICS = ["none", "integrator", "filter", "filterexact", "muscle", "user"] as const;
const GAINS = ["fixed", "affine", "muscle", "user"] as const;
const BIASES = ["none", "affine", "muscle", "user"] as const;

/** What an actuator acts on, with the units of its length and of a force along it. */
type Target = { readonly what: string; readonly length: string; readonly force: string };

/** An actuator of a file that MuJoCo runs: actions -1 and 1 are the ends of its control range, or the control itself. */
export function controlOf(compiled: MjcfModel, actuator: number): Control {
  const { m, name, pair } = compiled;
  const target = targetOf(compiled, actuator);
  const { control, unit, scale } = meaningOf(compiled, actuator, target);
  const ends = m.actuator_ctrllimited[actuator] ? pair(m.actuator_ctrlrange, actuator) : ([-1, 1] as const);
  const activations = m.actuator_actnum[actuator];
  return {
    name: name(m.name_actuatoradr, actuator) || `actuator ${actuator}`,
    control: `${control} of ${target.what}${filterOf(compiled, actuator)}`,
    unit,
    range: [ends[0] * scale, ends[1] * scale],
    ...(activations > 0 ? { activations } : {}),
  };
}

function targetOf(compiled: MjcfModel, actuator: number): Target {
  const { m, name } = compiled;
  const id = m.actuator_trnid[2 * actuator];
  const named = (kind: string, addresses: Int32Array): string => `${kind} ${name(addresses, id) || id}`;
  const transmission = TRANSMISSIONS[m.actuator_trntype[actuator]];
  switch (transmission) {
    case "joint":
    case "jointinparent": {
      const turns = compiled.jointType(id) !== "slide";
      const what = `joint ${compiled.jointName(id)}`;
      return turns ? { what, length: "rad", force: "N m" } : { what, length: "m", force: "N" };
    }
    case "tendon":
      return { what: named("tendon", m.name_tendonadr), length: "m", force: "N" };
    case "slidercrank":
    case "site": {
      const gear = m.actuator_gear.subarray(6 * actuator, 6 * actuator + 6);
      const turns = transmission === "site" && gear.subarray(0, 3).every((x) => x === 0);
      const what = named("site", m.name_siteadr);
      return turns ? { what, length: "rad", force: "N m" } : { what, length: "m", force: "N" };
    }
    case "body":
      return { what: `body ${compiled.bodyName(id)}`, length: "m", force: "N" };
  }
}

type Meaning = { readonly control: string; readonly unit: string; readonly scale: number };

/**
 * A servo holds a target where its force is gain * (target - what there is); everything else whose force is a multiple of its
 * control is a force. Gears turn lengths of the transmission into the target's: `scale` is the target for a control of 1.
 */
function meaningOf({ m }: MjcfModel, actuator: number, { length, force }: Target): Meaning {
  const numbers = (of: ArrayLike<number>): number[] => [0, 1, 2].map((k) => of[10 * actuator + k]);
  const [gain, , slope] = numbers(m.actuator_gainprm);
  const [, position, velocity] = numbers(m.actuator_biasprm);
  const [gear] = largest(m.actuator_gear.subarray(6 * actuator, 6 * actuator + 6));
  const [gainType, biasType] = [GAINS[m.actuator_gaintype[actuator]], BIASES[m.actuator_biastype[actuator]]];
  const dynamics = DYNAMICS[m.actuator_dyntype[actuator]];
  const quantity = length === "rad" ? "angle" : "position";
  if (TRANSMISSIONS[m.actuator_trntype[actuator]] === "body") return { control: "adhesion", unit: "N", scale: gain };
  if (dynamics === "muscle" || gainType === "muscle") return { control: "excitation", unit: "1", scale: 1 };
  if (gainType === "affine" && slope !== 0)
    return { control: "damping", unit: `${force} / (${length}/s)`, scale: -slope };
  if (gainType !== "fixed") return { control: "control", unit: "1", scale: 1 };
  if (biasType === "affine" && position !== 0) {
    const scale = -gain / position / gear;
    if (dynamics === "integrator") return { control: `rate of the target ${quantity}`, unit: `${length}/s`, scale };
    return { control: `target ${quantity}`, unit: length, scale };
  }
  if (biasType === "affine" && velocity !== 0)
    return { control: "target velocity", unit: `${length}/s`, scale: -gain / velocity / gear };
  if (dynamics === "integrator")
    return { control: `rate of the ${torque(force)}`, unit: `${force}/s`, scale: gain * gear };
  return { control: torque(force), unit: force, scale: gain * gear };
}

const torque = (force: string): string => (force === "N m" ? "torque" : "force");

/** The largest component by size, with its sign: forces at sites and on balls have several gears. */
const largest = (gear: ArrayLike<number>): number[] => Array.from(gear).sort((a, b) => Math.abs(b) - Math.abs(a));

function filterOf({ m }: MjcfModel, actuator: number): string {
  const dynamics = DYNAMICS[m.actuator_dyntype[actuator]];
  if (dynamics !== "filter" && dynamics !== "filterexact") return "";
  return `, filtered over ${m.actuator_dynprm[10 * actuator]} s`;
}
