/** A model as MuJoCo's compiler gives it: its numbers by index, its names, and which parts of the physics are on. */
import type { MjModel } from "mujoco-js";
import { InputError } from "@dmo-lab/input/errors";
import type { Point, Quaternion } from "@dmo-lab/physics/model";
import { JOINTS } from "./mujoco.js";

/** Arrays of the compiled model, which its declarations leave untyped. */
type Prefix = "actuator" | "body" | "dof" | "eq" | "exclude" | "geom" | "hfield" | "jnt" | "mesh" | "qpos";
type NumberArray = Extract<keyof MjModel, `${Prefix}${string}`>;
type AddressArray = Extract<keyof MjModel, `name_${string}`>;
type Arrays = Omit<MjModel, NumberArray | AddressArray | "names"> &
  Readonly<Record<NumberArray, Float64Array> & Record<AddressArray, Int32Array> & { names: Int8Array }>;

/** MuJoCo's enumeration of shapes. */
const GEOMS = ["plane", "height field", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh", "sdf"] as const;

/** Parts of the physics that a file can turn off: the bits of MuJoCo's disable flags. */
const PARTS = {
  ...{ constraint: 0, equality: 1, frictionloss: 2, limit: 3, contact: 4, spring: 5, damper: 6, gravity: 7 },
  ...{ filterparent: 10, actuation: 11, eulerdamp: 15 },
} as const;
type Part = keyof typeof PARTS;

export class MjcfModel {
  readonly m: Arrays;
  private readonly decoder = new TextDecoder();

  /** @param mujocoOnly what cannot be simulated here is left out instead of refused */
  constructor(
    model: MjModel,
    readonly file: string,
    readonly mujocoOnly = false,
  ) {
    this.m = model as Arrays;
  }

  refuse(what: string): void {
    if (!this.mujocoOnly) throw new InputError(`${this.file}: ${what} cannot be simulated here.`);
  }

  /** Whether the file leaves a part of the physics on (`<option><flag/>`), a constraint only with all of them. */
  has(part: Part): boolean {
    const off = (name: Part): boolean => Boolean((this.m.opt.disableflags >> PARTS[name]) & 1);
    const constraint = ["equality", "frictionloss", "limit", "contact"].includes(part);
    return !off(part) && !(constraint && off("constraint"));
  }

  jointType = (joint: number): (typeof JOINTS)[number] => JOINTS[this.m.jnt_type[joint]];
  geomType = (geom: number): (typeof GEOMS)[number] => GEOMS[this.m.geom_type[geom]];

  bodyName = (body: number): string => this.name(this.m.name_bodyadr, body) || (body === 0 ? "world" : `body ${body}`);
  /** A joint's own name; one without is called after its body. */
  jointName = (joint: number): string =>
    this.name(this.m.name_jntadr, joint) || this.bodyName(this.m.jnt_bodyid[joint]);
  geomName = (geom: number): string =>
    `${this.geomType(geom)} "${this.name(this.m.name_geomadr, geom) || `geom ${geom}`}"`;

  /** A name as the file has it; one that has none is "". */
  name = (addresses: Int32Array, index: number): string => {
    const { names } = this.m;
    const start = addresses[index];
    return this.decoder.decode(Uint8Array.from(names.subarray(start, names.indexOf(0, start))));
  };

  pair = (values: ArrayLike<number>, i: number): [number, number] => [values[2 * i], values[2 * i + 1]];
  point = (values: ArrayLike<number>, i: number): Point => [values[3 * i], values[3 * i + 1], values[3 * i + 2]];
  /** MuJoCo's order is w, x, y, z. */
  quaternion = (values: ArrayLike<number>, i: number): Quaternion => [
    values[4 * i + 1],
    values[4 * i + 2],
    values[4 * i + 3],
    values[4 * i],
  ];
}
