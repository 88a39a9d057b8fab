/** The model record of an MJCF or URDF file, by MuJoCo's compiler: physical inertias, joints, limits, motors, contacts. */
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { actuatorsOf } from "./mjcf-actuators.js";
import { MjcfModel } from "./mjcf-compiled.js";
import { contactsOf } from "./mjcf-contacts.js";
import { notesOf } from "./mjcf-notes.js";
import { shapesOf } from "./mjcf-shapes.js";
import type { Joint, Link, Model, Point } from "@dmo-lab/physics/model";
import { compileModel, range, readModelFile } from "./mujoco.js";
import { checkOptions, defaults, type FilledOptions, type MjcfOptions } from "./mjcf-options.js";
import { isUrdf, urdfToMjcf } from "./mjcf-urdf.js";
import {
  type Mat3,
  type Vec3,
  apply3,
  minus,
  plus,
  product,
  rotation,
  transpose,
  zero3,
} from "@dmo-lab/physics/vector";

export type { MjcfOptions };

/** The link that stands for the world where there is something to see of it. */
const WORLD = "world";

/**
 * Reads a model file. Every body becomes a link of its name; where a body has several joints, those before the last
 * become massless links `body/joint`. Coordinates of slide and hinge joints are relative to the file's pose (0 there),
 * free joints are absolute. z is up, and the ground is the plane at height 0, whether the file draws it or not. What the
 * simulator does not have (tendons, mesh contact, ...) is refused by name, with an {@link InputError}; what the engines do
 * otherwise is in the model's `notes`.
 * @param file the path of an MJCF or URDF file @param options what the file does not say: step, substeps, ground
 */
export async function readModel(file: string, options: MjcfOptions = {}): Promise<Model> {
  return parseModel(readModelFile(file), file, options);
}

/**
 * As {@link readModel}, from the text of a file.
 * @param text MJCF or URDF @param file names the text in errors; other files that it names are looked for beside it
 * @param options what the text does not say
 */
export async function parseModel(text: string, file: string, options: MjcfOptions = {}): Promise<Model> {
  checkOptions(options, file);
  const urdf = isUrdf(text);
  if (!urdf && (options.freeRoot || options.motors))
    throw new InputError(`${file}: freeRoot and motors are for URDF; MJCF has them in the file.`);
  const mjcf = urdf ? await urdfToMjcf(text, file, options) : text;
  const model = await compileModel(mjcf, file);
  try {
    const record = new Converter(new MjcfModel(model, file, options.mujocoOnly), { ...defaults, ...options }).model();
    return options.mujocoOnly ? { ...record, mjcf: { text: mjcf, file: path.resolve(file) } } : record;
  } finally {
    model.delete();
  }
}

type Numbers = readonly [Point, Point, Point];

class Converter {
  private readonly m: MjcfModel["m"];
  /** By body: its last link's name, and where that link's origin is in the body's frame. */
  private readonly linkOf: string[] = [WORLD];
  private readonly originOf: Vec3[] = [zero3];
  /** By joint: the name of the link that it moves. */
  private readonly linkOfJoint: string[] = [];

  constructor(
    private readonly compiled: MjcfModel,
    private readonly options: FilledOptions,
  ) {
    this.m = compiled.m;
  }

  model(): Model {
    const { compiled, m, options } = this;
    this.refuseUnknown();
    const links = range(1, m.nbody).flatMap((body) => this.links(body));
    const place = (body: number, point: Vec3) => ({
      link: this.linkOf[body],
      position: minus(point, this.originOf[body]) as Point,
    });
    const { contacts, materials } = contactsOf(compiled, options.contact, options.contactBetweenBodies, place);
    const { shapes, meshes } = shapesOf(compiled, place);
    const inWorld = shapes.some(({ link }) => link === WORLD);
    const notes = compiled.mujocoOnly ? [] : notesOf(compiled);
    return {
      name: path.parse(compiled.file).name,
      up: "z",
      gravity: compiled.has("gravity") ? compiled.point(m.opt.gravity as Float64Array, 0) : [0, 0, 0],
      timeStep: options.timeStep,
      substeps: options.substeps,
      links: inWorld ? [{ name: WORLD, joint: { type: "fixed" } }, ...links] : links,
      materials,
      contacts,
      actuators: actuatorsOf(compiled, (joint) => this.linkOfJoint[joint]),
      shapes,
      ...(meshes ? { meshes } : {}),
      ...(notes.length > 0 ? { notes } : {}),
    };
  }

  private refuseUnknown(): void {
    const { compiled, m } = this;
    const touching = compiled.has("contact");
    const there: { [what: string]: boolean } = {
      tendons: m.ntendon > 0,
      "equality constraints": compiled.has("equality") && m.eq_active0.some(Boolean),
      "flexible bodies": m.nflex > 0,
      plugins: m.nplugin > 0,
      "mocap bodies": m.nmocap > 0,
      "contact pairs": touching && m.npair > 0,
      "contact parameters of the flag override": touching && (m.opt.enableflags & 1) !== 0,
      "a fluid (density, viscosity)": m.opt.density !== 0 || m.opt.viscosity !== 0,
      "gravity compensation": compiled.has("gravity") && m.body_gravcomp.some((x) => x !== 0),
    };
    for (const [what, present] of Object.entries(there)) if (present) compiled.refuse(what);
  }

  /** The links of a body: one for each joint, or a fixed one. */
  private links(body: number): Link[] {
    const { compiled, m } = this;
    const name = compiled.bodyName(body);
    const parent = m.body_parentid[body];
    const pose = { position: compiled.point(m.body_pos, body), rotation: compiled.quaternion(m.body_quat, body) };
    const atParent = minus(pose.position, this.originOf[parent]);
    const first = m.body_jntadr[body];
    const joints = range(first, first + m.body_jntnum[body]);
    const links: Link[] = joints.map((joint, k) => {
      const anchor = compiled.point(m.jnt_pos, joint);
      const before = k === 0 ? undefined : compiled.point(m.jnt_pos, joints[k - 1]);
      const last = k === joints.length - 1;
      const position = before ? minus(anchor, before) : plus(atParent, apply3(rotation(pose.rotation), anchor));
      const frame = { position: position as Point, ...(before ? {} : { rotation: pose.rotation }) };
      const own = last ? name : `${name}/${compiled.name(m.name_jntadr, joint) || `joint ${k}`}`;
      this.linkOfJoint[joint] = own;
      return { name: own, joint: this.joint(joint, frame) };
    });
    if (joints.length === 0) links.push({ name, joint: { type: "fixed", ...pose, position: atParent as Point } });
    this.linkOf[body] = name;
    this.originOf[body] = joints.length === 0 ? zero3 : compiled.point(m.jnt_pos, joints[joints.length - 1]);
    const parents = [parent === 0 ? undefined : this.linkOf[parent], ...links.map((link) => link.name)];
    return links.map((link, k) => ({
      ...link,
      ...(parents[k] === undefined ? {} : { parent: parents[k] }),
      ...(k === links.length - 1 ? this.inertia(body) : {}),
    }));
  }

  private joint(joint: number, frame: Pick<Joint, "position" | "rotation">): Joint {
    const { compiled, m } = this;
    const type = compiled.jointType(joint);
    const name = `joint "${compiled.jointName(joint)}"`;
    const [dof, at] = [m.jnt_dofadr[joint], m.jnt_qposadr[joint]];
    const armature = m.dof_armature[dof];
    const damping = compiled.has("damper") ? m.dof_damping[dof] : 0;
    const stiffness = compiled.has("spring") ? m.jnt_stiffness[joint] : 0;
    const frictionloss = compiled.has("frictionloss") ? m.dof_frictionloss[dof] : 0;
    const limited = compiled.has("limit") && Boolean(m.jnt_limited[joint]);
    if (type === "free") {
      for (const [what, value] of Object.entries({ armature, damping, stiffness, frictionloss }))
        if (value !== 0) this.compiled.refuse(`${what} of the free ${name}`);
      return { type };
    }
    if (type === "ball") {
      if (stiffness !== 0) this.compiled.refuse(`a spring on the ball ${name}`);
      if (frictionloss !== 0) this.compiled.refuse(`frictionloss of the ball ${name}`);
      if (limited) this.compiled.refuse(`limits of the ball ${name}`);
      return { type, ...frame, armature, damping };
    }
    const rest = m.qpos0[at];
    const target = m.qpos_spring[at] - rest;
    const [lower, upper] = compiled.pair(m.jnt_range, joint).map((x) => x - rest);
    const axis = compiled.point(m.jnt_axis, joint);
    return {
      ...{ type, ...frame, axis, armature, damping, stiffness, target },
      ...(frictionloss === 0 ? {} : { frictionloss }),
      ...(limited ? { limits: { lower, upper, stiffness: this.options.limitStiffness } } : {}),
    };
  }

  private inertia(body: number): Pick<Link, "mass" | "com" | "inertia"> {
    const { compiled, m } = this;
    const axes = rotation(compiled.quaternion(m.body_iquat, body));
    const [x, y, z] = compiled.point(m.body_inertia, body);
    const diagonal: Mat3 = [
      [x, 0, 0],
      [0, y, 0],
      [0, 0, z],
    ];
    const [[xx, xy, xz], [, yy, yz], [, , zz]] = product(product(axes, diagonal), transpose(axes)) as Numbers;
    const com = minus(compiled.point(m.body_ipos, body), this.originOf[body]) as Point;
    return { mass: m.body_mass[body], com, inertia: [xx, yy, zz, xy, xz, yz] };
  }
}
