/** Whether the numbers and names of a model, whose form is checked, make a robot. */
import { InputError, oneOf } from "../errors.js";
import { jointTypes, type Link, type Model } from "./model.js";

export function checkSteps({ timeStep, substeps, massMatrixEvery = substeps }: Model): void {
  if (!(timeStep > 0)) throw new InputError(`timeStep is ${timeStep}; allowed: more than 0 seconds.`);
  if (!Number.isInteger(substeps) || substeps < 1 || substeps > 1000)
    throw new InputError(`substeps is ${substeps}; allowed: 1, 2, 3, ... 1000.`);
  if (!Number.isInteger(substeps / massMatrixEvery))
    throw new InputError(`massMatrixEvery is ${massMatrixEvery}; allowed: a divisor of substeps, ${substeps}.`);
}

/** A link that moves: the index of its parent (-1: the world), its mass [kg], and its joint's armature [kg or kg m^2]. */
type MovingLink = {
  readonly name: string;
  readonly parent: number;
  readonly mass: number;
  readonly joint: { readonly armature: number };
};

/**
 * Checks that every joint has something to move: otherwise the mass matrix is singular.
 * @throws InputError that names the first link that has neither mass, nor armature, nor a link with mass below it
 */
export function checkMasses(links: readonly MovingLink[]): void {
  const carried = links.map((link) => link.mass);
  for (let i = links.length - 1; i >= 0; i--) {
    const { name, parent, joint } = links[i];
    if (carried[i] === 0 && joint.armature === 0)
      throw new InputError(`link "${name}" carries no mass and has no armature; allowed: one of them.`);
    if (parent >= 0) carried[parent] += carried[i];
  }
}

/** The entry of that name; an {@link InputError} that names the field and the choices where there is none. */
export const lookup = <T>(field: string, name: string, known: ReadonlyMap<string, T>): T =>
  known.get(oneOf(field, name, [...known.keys()])) as T;

/** Checks a link against those `above` it in the list, by name. */
export function checkLink({ name, parent, joint, mass = 0 }: Link, above: ReadonlyMap<string, unknown>): void {
  oneOf(`joint of link "${name}"`, joint.type, jointTypes);
  if (above.has(name)) throw new InputError(`links: the name "${name}" is used twice.`);
  if (parent !== undefined) lookup(`parent of link "${name}"`, parent, above);
  if (!(mass >= 0 && mass < Infinity)) throw new InputError(`mass of link "${name}" is ${mass}; allowed: 0 or more.`);
  const length = Math.hypot(...(joint.axis ?? [0, 0, 0]));
  if ((joint.type === "slide" || joint.type === "hinge") && !(Math.abs(length - 1) < 1e-6))
    throw new InputError(`axis of link "${name}" has length ${length}; allowed: 1.`);
  const turned = joint.position?.some((x) => x !== 0) || joint.rotation?.some((x, i) => x !== (i === 3 ? 1 : 0));
  if (joint.type === "free" && (parent !== undefined || turned))
    throw new InputError(`joint of link "${name}": a free joint moves in the world, without a pose of its own.`);
  if (joint.type === "free" && (joint.armature || joint.damping || joint.stiffness))
    throw new InputError(`joint of link "${name}": a free joint has no armature, damping or stiffness.`);
}
