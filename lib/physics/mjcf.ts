/** The model record of an MJCF or URDF file, by MuJoCo's compiler: physical inertias, joints, limits, motors, contacts. */
import path from "node:path";
import type { MjModel } from "mujoco-js";
import { InputError } from "../errors.js";
import type { ContactPoint, Form, Joint, Link, Material, Model, Motor, Point, Quaternion, Shape } from "./model.js";
import { compileFile, compileModel } from "./mujoco.js";
import { type Mat3, type Vec3, apply3, minus, plus, product, rotation, transpose, zero3 } from "./vector.js";

/** What MJCF does not say about a penalty simulator. */
export interface MjcfOptions {
  /** Control step [s] and its substeps. */
  readonly timeStep?: number;
  readonly substeps?: number;
  /** Contact with the ground; the coefficient of friction is the geom's own. */
  readonly contact?: Omit<Material, "mu">;
  /** Stiffness beyond joint limits [N/m or N m/rad]. */
  readonly limitStiffness?: number;
  /**
   * For a task that MuJoCo runs from this very file: what the differentiable simulator does not have is left out of the
   * record instead of refused, and so is contact. Its joints, motors and shapes are the file's.
   */
  readonly mujocoOnly?: boolean;
}

const defaults: Required<MjcfOptions> = {
  timeStep: 1 / 60,
  substeps: 16,
  contact: { ke: 2e4, kd: 1e3, kf: 1e3 },
  limitStiffness: 1e3,
  mujocoOnly: false,
};

/**
 * Reads a model file. Every body becomes a link of its name; where a body has several joints, those before the last
 * become massless links `body/joint`. Coordinates of slide and hinge joints are relative to the file's pose (0 there),
 * free joints are absolute. z is up, and the ground is the plane at height 0, whether the file draws it or not. What the
 * simulator does not have (tendons, mesh contact, ...) is refused by name, with an {@link InputError}.
 */
export async function readModel(file: string, options: MjcfOptions = {}): Promise<Model> {
  return convert(await compileFile(file), file, options);
}

/** As {@link readModel}, from the text of a file; `file` names it in errors. */
export async function parseModel(text: string, file: string, options: MjcfOptions = {}): Promise<Model> {
  return convert(await compileModel(text, file), file, options);
}

function convert(model: MjModel, file: string, options: MjcfOptions): Model {
  try {
    return new Converter(model as CompiledModel, file, { ...defaults, ...options }).model();
  } finally {
    model.delete();
  }
}

type Numbers = readonly [Point, Point, Point];

/** Arrays of the compiled model, which its declarations leave untyped. */
type NumberArray = Extract<keyof MjModel, `${"actuator" | "body" | "dof" | "geom" | "jnt" | "qpos"}${string}`>;
type AddressArray = Extract<keyof MjModel, `name_${string}`>;
type CompiledModel = Omit<MjModel, NumberArray | AddressArray | "names"> &
  Readonly<Record<NumberArray, Float64Array> & Record<AddressArray, Int32Array> & { names: Int8Array }>;

/** MuJoCo's enumerations. */
const JOINTS = ["free", "ball", "slide", "hinge"] as const;
const GEOMS = ["plane", "height field", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh", "sdf"] as const;

class Converter {
  private readonly decoder = new TextDecoder();
  /** By body: its last link's name, and where that link's origin is in the body's frame. */
  private readonly linkOf: string[] = [];
  private readonly originOf: Vec3[] = [zero3];
  /** By joint: the name of the link that it moves. */
  private readonly linkOfJoint: string[] = [];

  constructor(
    private readonly m: CompiledModel,
    private readonly file: string,
    private readonly options: Required<MjcfOptions>,
  ) {}

  model(): Model {
    const { m, options } = this;
    this.refuseUnknown();
    const links = this.range(1, m.nbody).flatMap((body) => this.links(body));
    const materials: Record<string, Material> = {};
    const contacts = this.range(0, m.ngeom).flatMap((geom) => this.contacts(geom, materials));
    return {
      name: path.parse(this.file).name,
      up: "z",
      gravity: this.point(m.opt.gravity as Float64Array, 0),
      timeStep: options.timeStep,
      substeps: options.substeps,
      links,
      materials,
      contacts,
      actuators: this.range(0, m.nu).map((actuator) => this.actuator(actuator)),
      shapes: this.range(0, m.ngeom).flatMap((geom) => this.shapes(geom)),
    };
  }

  private refuse(what: string): void {
    if (!this.options.mujocoOnly) throw new InputError(`${this.file}: ${what} cannot be simulated here.`);
  }

  private refuseUnknown(): void {
    const { m } = this;
    const counts = {
      tendons: m.ntendon,
      "equality constraints": m.neq,
      "flexible bodies": m.nflex,
      plugins: m.nplugin,
    };
    for (const [what, count] of Object.entries(counts)) if (count > 0) this.refuse(what);
    if (m.nmocap > 0) this.refuse("mocap bodies");
    if (m.npair > 0) this.refuse("contact pairs");
    if (m.opt.density !== 0 || m.opt.viscosity !== 0) this.refuse("a fluid (density, viscosity)");
    if (m.body_gravcomp.some((x) => x !== 0)) this.refuse("gravity compensation");
  }

  /** The links of a body: one for each joint, or a fixed one. */
  private links(body: number): Link[] {
    const { m } = this;
    const name = this.name(m.name_bodyadr, body) || `body ${body}`;
    const parent = m.body_parentid[body];
    const pose = { position: this.point(m.body_pos, body), rotation: this.quaternion(m.body_quat, body) };
    const atParent = minus(pose.position, this.originOf[parent]);
    const first = m.body_jntadr[body];
    const joints = this.range(first, first + m.body_jntnum[body]);
    const links: Link[] = joints.map((joint, k) => {
      const anchor = this.point(m.jnt_pos, joint);
      const before = k === 0 ? undefined : this.point(m.jnt_pos, joints[k - 1]);
      const last = k === joints.length - 1;
      const position = before ? minus(anchor, before) : plus(atParent, apply3(rotation(pose.rotation), anchor));
      const frame = { position: position as Point, ...(before ? {} : { rotation: pose.rotation }) };
      const own = last ? name : `${name}/${this.name(m.name_jntadr, joint) || `joint ${k}`}`;
      this.linkOfJoint[joint] = own;
      return { name: own, joint: this.joint(joint, name, frame) };
    });
    if (joints.length === 0) links.push({ name, joint: { type: "fixed", ...pose, position: atParent as Point } });
    this.linkOf[body] = name;
    this.originOf[body] = joints.length === 0 ? zero3 : this.point(m.jnt_pos, joints[joints.length - 1]);
    const parents = [this.linkOf[parent], ...links.map((link) => link.name)];
    return links.map((link, k) => ({
      ...link,
      ...(parents[k] === undefined ? {} : { parent: parents[k] }),
      ...(k === links.length - 1 ? this.inertia(body) : {}),
    }));
  }

  private joint(joint: number, body: string, frame: Pick<Joint, "position" | "rotation">): Joint {
    const { m } = this;
    const type = JOINTS[m.jnt_type[joint]];
    const name = `joint "${this.name(m.name_jntadr, joint) || body}"`;
    const [dof, at] = [m.jnt_dofadr[joint], m.jnt_qposadr[joint]];
    const armature = m.dof_armature[dof];
    const damping = m.dof_damping[dof];
    const stiffness = m.jnt_stiffness[joint];
    const limited = Boolean(m.jnt_limited[joint]);
    if (m.dof_frictionloss[dof] !== 0) this.refuse(`friction loss of ${name}`);
    if (type === "free") {
      for (const [what, value] of Object.entries({ armature, damping, stiffness }))
        if (value !== 0) this.refuse(`${what} of the free ${name}`);
      return { type };
    }
    if (type === "ball") {
      if (stiffness !== 0) this.refuse(`a spring on the ball ${name}`);
      if (limited) this.refuse(`limits of the ball ${name}`);
      return { type, ...frame, armature, damping };
    }
    const rest = m.qpos0[at];
    const target = m.qpos_spring[at] - rest;
    const [lower, upper] = [0, 1].map((k) => m.jnt_range[2 * joint + k] - rest);
    const limits = limited ? { limits: { lower, upper, stiffness: this.options.limitStiffness } } : {};
    return { type, ...frame, axis: this.point(m.jnt_axis, joint), armature, damping, stiffness, target, ...limits };
  }

  private inertia(body: number): Pick<Link, "mass" | "com" | "inertia"> {
    const { m } = this;
    const axes = rotation(this.quaternion(m.body_iquat, body));
    const [x, y, z] = this.point(m.body_inertia, body);
    const diagonal: Mat3 = [
      [x, 0, 0],
      [0, y, 0],
      [0, 0, z],
    ];
    const [[xx, xy, xz], [, yy, yz], [, , zz]] = product(product(axes, diagonal), transpose(axes)) as Numbers;
    const com = minus(this.point(m.body_ipos, body), this.originOf[body]) as Point;
    return { mass: m.body_mass[body], com, inertia: [xx, yy, zz, xy, xz, yz] };
  }

  /** The contact points of a geom, and their material. */
  private contacts(geom: number, materials: Record<string, Material>): ContactPoint[] {
    const { m } = this;
    if (this.options.mujocoOnly || (!m.geom_contype[geom] && !m.geom_conaffinity[geom])) return [];
    const body = m.geom_bodyid[geom];
    const type = GEOMS[m.geom_type[geom]];
    const name = `${type} "${this.name(m.name_geomadr, geom) || `geom ${geom}`}"`;
    const [position, axes] = [this.point(m.geom_pos, geom), rotation(this.quaternion(m.geom_quat, geom))];
    if (m.body_weldid[body] === 0) {
      const level =
        type === "plane" && body === 0 && Math.abs(position[2]) < 1e-9 && Math.abs(1 - (axes[2][2] as number)) < 1e-9;
      if (!level) this.refuse(`contact with the immovable ${name} (only the ground at height 0)`);
      return [];
    }
    const friction = m.geom_friction[3 * geom];
    const material = `friction ${friction}`;
    materials[material] = { ...this.options.contact, mu: friction };
    const [a, b, c] = this.point(m.geom_size, geom);
    const at = (offset: Vec3, radius: number): ContactPoint => {
      const inBody = plus(position, apply3(axes, offset));
      return { link: this.linkOf[body], position: minus(inBody, this.originOf[body]) as Point, radius, material };
    };
    if (type === "sphere") return [at(zero3, a)];
    if (type === "capsule") return [at([0, 0, -b], a), at([0, 0, b], a)];
    const signs = [-1, 1];
    if (type === "box")
      return signs.flatMap((x) => signs.flatMap((y) => signs.map((z) => at([x * a, y * b, z * c], 0))));
    this.refuse(`contact of the ${name} (only spheres, capsules and boxes)`);
    return [];
  }

  /** What a geom looks like, where a viewer can draw it. */
  private shapes(geom: number): Shape[] {
    const { m } = this;
    const body = m.geom_bodyid[geom];
    const form = this.form(GEOMS[m.geom_type[geom]], this.point(m.geom_size, geom), {
      position: minus(this.point(m.geom_pos, geom), this.originOf[body]) as Point,
      rotation: this.quaternion(m.geom_quat, geom),
    });
    return form && body > 0 ? [{ link: this.linkOf[body], ...form }] : [];
  }

  private form(
    type: (typeof GEOMS)[number],
    [a, b, c]: Point,
    { position, rotation: turn }: { position: Point; rotation: Quaternion },
  ): Form | undefined {
    if (type === "sphere") return { type, radius: a, position };
    if (type === "box") return { type, size: [2 * a, 2 * b, 2 * c], position, rotation: turn };
    if (type !== "capsule") return undefined;
    const end = (z: number): Point => plus(position, apply3(rotation(turn), [0, 0, z])) as Point;
    return { type, radius: a, from: end(-b), to: end(b) };
  }

  /** A motor on a joint: force = gear * gain * control. */
  private actuator(actuator: number): Motor {
    const { m } = this;
    const name = `actuator "${this.name(m.name_actuatoradr, actuator) || actuator}"`;
    const kinds = [m.actuator_trntype, m.actuator_dyntype, m.actuator_gaintype, m.actuator_biastype];
    if (kinds.some((kind) => kind[actuator] !== 0)) this.refuse(`${name} (only motors on joints)`);
    const joint = m.actuator_trnid[2 * actuator];
    const type = JOINTS[m.jnt_type[joint]];
    if (type !== "slide" && type !== "hinge") this.refuse(`${name} on a ${type} joint`);
    const [low, high] = m.actuator_ctrllimited[actuator] ? this.pair(m.actuator_ctrlrange, actuator) : [-1, 1];
    if (low !== -high) this.refuse(`${name} with control range ${low} to ${high} (only symmetric ones)`);
    const strength = (m.actuator_gear[6 * actuator] * m.actuator_gainprm[10 * actuator] * (high - low)) / 2;
    const [weakest, strongest] = this.pair(m.actuator_forcerange, actuator);
    if (m.actuator_forcelimited[actuator] && Math.min(-weakest, strongest) < Math.abs(strength))
      this.refuse(`${name} with a force range below its strength`);
    return { link: this.linkOfJoint[joint], strength };
  }

  private name(addresses: Int32Array, index: number): string {
    const { names } = this.m;
    const start = addresses[index];
    return this.decoder.decode(Uint8Array.from(names.subarray(start, names.indexOf(0, start))));
  }

  private pair = (values: ArrayLike<number>, i: number): [number, number] => [values[2 * i], values[2 * i + 1]];
  private point = (values: ArrayLike<number>, i: number): Point => [
    values[3 * i],
    values[3 * i + 1],
    values[3 * i + 2],
  ];
  /** MuJoCo's order is w, x, y, z. */
  private quaternion = (values: ArrayLike<number>, i: number): Quaternion => [
    values[4 * i + 1],
    values[4 * i + 2],
    values[4 * i + 3],
    values[4 * i],
  ];
  private range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
}
