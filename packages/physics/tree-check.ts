/** Whether the numbers and names of a model, whose form is checked, make a robot. */
import { InputError, oneOf } from "@dmo-lab/input/errors";
import type { Link, Model } from "./model.js";

/** @throws InputError unless the mass matrix is renewed after the same number of substeps every time */
export function checkRenewals({ substeps, massMatrixEvery = substeps }: Model): void {
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
export function checkLink({ name, parent, joint }: Link, above: ReadonlyMap<string, unknown>): void {
  if (above.has(name)) throw new InputError(`links: the name "${name}" is used twice.`);
  if (parent !== undefined) lookup(`parent of link "${name}"`, parent, above);
  const length = Math.hypot(...(joint.axis ?? [0, 0, 0]));
  if ((joint.type === "slide" || joint.type === "hinge") && !(Math.abs(length - 1) < 1e-6))
    throw new InputError(`axis of link "${name}" has length ${length}; allowed: 1.`);
  const turned = joint.position?.some((x) => x !== 0) || joint.rotation?.some((x, i) => x !== (i === 3 ? 1 : 0));
  if (joint.type === "free" && (parent !== undefined || turned))
    throw new InputError(`joint of link "${name}": a free joint moves in the world, without a pose of its own.`);
  if (joint.type === "free" && (joint.armature || joint.damping || joint.stiffness))
    throw new InputError(`joint of link "${name}": a free joint has no armature, damping or stiffness.`);
}
